"""Validation of a model during training, shared among all processes."""

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from typing import cast

import numpy as np
import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import gather, pad_across_processes
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split
from tagline.labels import AnyInts, Floats, Ints, TaggedSentences
from tagline.metrics.scores import count, score
from tagline.model.backends.torch_model import TorchModel, choose, workers
from tagline.model.batches import ALL_CORES, default_size
from tagline.model.classifier import arrays, own_weights
from tagline.model.heads.head import Head
from tagline.model.precision import Resolved
from tagline.model.prediction import Predictor, Progress, score_split
from tagline.training.history import SCORES


class Validation:
    """The validation split, to be scored after each epoch.

    Attributes:
        number: of gold entities, or of words if tags are plain.
    """

    def __init__(self, split: Split, head: Head, precision: Resolved, subwords_per_device: int | None) -> None:
        self.split = split
        self.head = head
        self.precision = precision
        self.subwords_per_device = subwords_per_device
        self.gold = split.gold()
        self.lengths = split.lengths()
        no_scores = np.zeros(len(self.gold), np.float32)
        sentences = TaggedSentences(head.labels, self.lengths, self.gold, no_scores, self.gold)
        self.number = len(sentences.gold_entities.start)

    def scores(self, accelerator: Accelerator, model: torch.nn.Module, progress: Progress = None) -> dict[str, float]:
        """Predict and score a label for each word; call it in all processes, which get the same scores.

        Args:
            model: as the accelerator prepared it; it is in training mode afterwards.
            progress: called after each batch with its number of words.

        Returns:
            ``{precision, recall, f1, accuracy, loss}``; the loss is the mean negative log-likelihood of gold labels, on
            the first sub-word of each word.

        Raises:
            NonFiniteError: a logit is NaN or infinite.
        """
        model.eval()
        # On a CPU all cores compute one batch; several processes must exchange their logits in one order.
        single_gpu = accelerator.device.type == "cuda" and accelerator.num_processes == 1
        with workers(accelerator.device) if single_gpu else nullcontext() as threads:
            unwrapped = accelerator.unwrap_model(model)
            backend = TorchModel(cast(PreTrainedModel, unwrapped), self.precision)
            head = self.head.with_weights(arrays(own_weights(unwrapped)))
            trained = predictor(backend, head, self.subwords_per_device, threads)
            labelled = trained.label(score_split(trained, self.split, None, progress), self.gold)
        model.train()
        sentences = TaggedSentences(head.labels, self.lengths, labelled.labels, labelled.scores, self.gold)
        overall = score(count(sentences, head.labels.kind))["overall"]
        scores = {name: overall[name] for name in SCORES}
        scores["loss"] = round(labelled.mean_loss, 6)
        return scores


def predictor(
    backend: TorchModel, head: Head, subwords_per_device: int | None, threads: Executor | None = None
) -> Predictor:
    """Make a predictor that all processes share.

    Args:
        subwords_per_device: most sub-words per forward pass and device, padding included; None: a default for it.
        threads: compute batches at once, in a single process only.
    """
    most = subwords_per_device or default_size(backend.device.type, ALL_CORES)
    processes = PartialState().num_processes
    if processes == 1:
        return Predictor(backend, head, head.labels, most, threads)
    return Predictor(SharedModel(backend), head, head.labels, most * processes)


class SharedModel:
    """A model of which each process has a copy; all processes ask for the same batches."""

    def __init__(self, backend: TorchModel) -> None:
        self.backend = backend
        self.state = PartialState()

    def logits(self, rows: Sequence[AnyInts], positions: Sequence[Ints]) -> Floats:
        rank = self.state.process_index
        processes = self.state.num_processes
        per_process = math.ceil(len(rows) / processes)
        # The last processes may lack rows; they compute the first one, and its logits are not used.
        # 5 rows in 2 processes: [0, 1, 2] and [3, 4, 0].
        filled = [*rows, *[rows[0]] * (per_process * processes - len(rows))]
        begin = rank * per_process
        share = self.backend.forward(filled[begin : begin + per_process])[:per_process]
        return choose(gather(pad_across_processes(share, dim=1)), positions)
