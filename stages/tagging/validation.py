"""Validation: the score of every word of a split while a model is trained, shared among all processes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from accelerate import Accelerator
from transformers import PreTrainedModel

from tagging.backends.torch_model import TorchModel
from tagging.labels import Labels
from tagging.learning import SCORES
from tagging.precision import Resolved
from tagging.prediction import Predictor
from tagging.scoring import score
from tagging.tokenized import Split

# Sub-words of a forward pass, padding included: what the caches of a processor hold, and what fills a larger device.
TOKENS_PER_BATCH = {"cpu": 1024}
OTHERWISE = 8192


class Validation:
    """The validation split, ready to be labelled again and again.

    Args:
        split: its sentences and windows.
        labels: the task's labels.
        precision: number format of matrix products.
        device_tokens: most sub-words of a forward pass; None: what suits the device.
    """

    def __init__(self, split: Split, labels: Labels, precision: Resolved, device_tokens: int | None) -> None:
        self.split, self.labels, self.precision, self.device_tokens = split, labels, precision, device_tokens
        self.gold = split.gold(labels)
        self.lengths = split.lengths()
        self.owners = np.asarray(split.windows.with_format("numpy")["sentence"][:], dtype=np.int64)

    def scores(self, accelerator: Accelerator, model: PreTrainedModel) -> dict[str, float]:
        """Label every word and score the labels.

        Args:
            accelerator: of the run; every process labels its own stretch of the sentences and gets all scores.
            model: not wrapped; it is in training mode afterwards.

        Returns:
            ``{precision, recall, f1, accuracy, loss}``, loss being the mean negative log-likelihood of the words'
            gold labels, as the sub-words say that speak for them.

        Raises:
            NotFinite: a score is no number.
        """
        model.eval()
        borders = np.linspace(0, len(self.lengths), accelerator.num_processes + 1).astype(int)
        stretches: list[tuple[int, int]] = list(pairwise(borders.tolist()))
        labelled, loss = self._label(stretches[accelerator.process_index], model, accelerator.device)
        model.train()
        words = [sum(self.lengths[begin:end]) for begin, end in stretches]
        gathered = accelerator.gather(accelerator.pad_across_processes(labelled, pad_index=-1)).view(len(words), -1)
        ids = np.concatenate([row[:count] for row, count in zip(gathered.cpu().numpy(), words, strict=True)])
        losses = accelerator.gather(loss).double().cpu()
        names = np.array(self.labels.names, dtype=object)[ids]
        predicted = [row.tolist() for row in np.split(names, np.cumsum(self.lengths)[:-1])]
        overall = score(self.gold, predicted, self.labels.kind)["overall"]
        counted, total = losses.view(-1, 2).sum(0).tolist()
        return {**{name: overall[name] for name in SCORES}, "loss": round(total / max(1, counted), 6)}

    def _label(
        self, stretch: tuple[int, int], model: PreTrainedModel, device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The label id of each word of a stretch of sentences, and how many words the loss is the sum of, and it."""
        most = self.device_tokens or TOKENS_PER_BATCH.get(device.type, OTHERWISE)
        predictor = Predictor(TorchModel(model, self.precision), self.labels, "greedy", most)
        begin, end = stretch
        first, last = np.searchsorted(self.owners, [begin, end])
        windows = self.split.windows.select(range(first, last))
        found = predictor.predict(
            self.lengths[begin:end],
            (self.owners[first:last] - begin).tolist(),
            windows["input_ids"],
            windows["word_ids"],
            gold=self.gold[begin:end],
        )
        ids = self.labels.label2id
        numbers = torch.tensor([ids[name] for row in found.labels for name in row], dtype=torch.int64, device=device)
        words = len(numbers) - found.unseen
        return numbers, torch.tensor([words, found.loss], dtype=torch.float32, device=device)
