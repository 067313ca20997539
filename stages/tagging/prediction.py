"""Prediction: a model's label for every word, windows sorted by length, no logits kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm
from transformers import PreTrainedModel

from tagging.faults import Fault
from tagging.labels import Labels
from tagging.stitching import choose_windows, count_unseen, stitch
from tagging.tokenized import Split


@dataclass(frozen=True)
class Predicted:
    """The predictions for one split.

    Attributes:
        labels: label names, a list a sentence, one a word.
        scores: for each of them the probability that the model gave it, float32; 0 where no sub-word stands for the
            word, since the model never saw it.
        unseen: how many words those are; they have the task's fallback label.
    """

    labels: list[list[str]]
    scores: list[npt.NDArray[np.float32]]
    unseen: int


def predict(model: PreTrainedModel, split: Split, labels: Labels, batch_size: int, name: str) -> Predicted:
    """Label every word of a split.

    Args:
        model: on any device; it is moved to the one that this host offers.
        split: the sentences and their windows.
        labels: the task's labels, in the model's order.
        batch_size: windows a forward pass.
        name: what the progress bar says.
    """
    best, scores = classify(model, split.windows["input_ids"][:], batch_size, name)
    chosen = choose_windows(split.lengths(), split.windows["sentence"][:], split.windows["word_ids"][:])
    ids = stitch(chosen, best, labels.label2id[labels.fallback])
    return Predicted(
        labels=[[labels.names[number] for number in row] for row in ids],
        scores=[row.astype(np.float32) for row in stitch(chosen, scores, 0.0)],
        unseen=count_unseen(chosen[0]),
    )


@torch.inference_mode()
def classify(
    model: PreTrainedModel, input_ids: list[list[int]], batch_size: int, name: str
) -> tuple[list[npt.NDArray[np.int64]], list[npt.NDArray[np.float32]]]:
    """The likeliest label id of every sub-word, and its probability.

    Labels are reduced on the device, so memory does not grow with the number of windows times labels.

    Returns:
        For each window, in the order given, two arrays of its number of sub-words (int64, float32).
    """
    device = PartialState().device
    model = model.to(device)
    padding = model.config.pad_token_id or 0
    # A tokenizer without special tokens gives empty windows for sentences that tokenise to nothing.
    filled = [window for window, ids in enumerate(input_ids) if ids]
    order = sorted(filled, key=lambda window: len(input_ids[window]), reverse=True)
    best: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)] * len(input_ids)
    scores: list[npt.NDArray[np.float32]] = [np.empty(0, np.float32)] * len(input_ids)
    with tqdm(total=len(order), desc=name, unit=" windows", disable=None) as bar:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            rows = [torch.tensor(input_ids[window]) for window in batch]
            padded = pad_sequence(rows, batch_first=True, padding_value=padding).to(device)
            lengths = torch.tensor([len(row) for row in rows], device=device)
            mask = (torch.arange(padded.shape[1], device=device) < lengths[:, None]).long()
            logits = model(input_ids=padded, attention_mask=mask).logits.float()
            top, label = logits.softmax(-1).max(-1)
            if not top.isfinite().all():
                raise Fault("the model's scores are no numbers: its weights are damaged, run `dvc repro train`")
            for window, ids, values, row in zip(batch, label.cpu().numpy(), top.cpu().numpy(), rows, strict=True):
                best[window], scores[window] = ids[: len(row)], values[: len(row)]
            bar.update(len(batch))
    return best, scores
