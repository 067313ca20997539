"""Validation: the score of every word of a split while a model is trained, shared among all processes."""

from __future__ import annotations

from typing import cast

from accelerate import Accelerator
from torch import nn
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split
from tagline.labels.label_list import Labels
from tagline.labels.tagged import tagged_sentences
from tagline.metrics.counts import count
from tagline.metrics.scores import score
from tagline.model.backends.torch_model import TorchModel
from tagline.model.heads.head import Head
from tagline.model.precision import Resolved
from tagline.model.prediction import Predictor
from tagline.training.learning import SCORES
from tagline.training.processes import SHARDED
from tagline.training.shared_model import SharedModel

# Sub-words of a forward pass, padding included: what the caches of a processor hold, and what fills a larger device.
SUBWORDS_PER_BATCH = {"cpu": 1024}
OTHERWISE = 8192


class Validation:
    """The validation split, ready to be labelled again and again.

    Args:
        split: its sentences and windows.
        head: turns logits into labels.
        labels: the task's labels.
        precision: number format of matrix products.
        subwords_per_device: most sub-words of a forward pass; None: what suits the device.
    """

    def __init__(
        self, split: Split, head: Head, labels: Labels, precision: Resolved, subwords_per_device: int | None
    ) -> None:
        self.split, self.head, self.labels = split, head, labels
        self.precision, self.subwords_per_device = precision, subwords_per_device
        self.gold = split.gold()
        self.lengths = split.lengths()

    def scores(self, accelerator: Accelerator, model: nn.Module) -> dict[str, float]:
        """Label every word and score the labels.

        Args:
            accelerator: of the run; all processes call this, share the work and get the same scores.
            model: as the accelerator prepared it; it is in training mode afterwards.

        Returns:
            ``{precision, recall, f1, accuracy, loss}``, loss being the mean negative log-likelihood of the words'
            gold labels, as the sub-words say that speak for them.

        Raises:
            NonFiniteError: a score is no number.
        """
        model.eval()
        found = self._predictor(accelerator, model).predict(
            self.lengths,
            self.split.windows["sentence"][:],
            self.split.windows["input_ids"],
            self.split.windows["word_ids"],
            gold=self.gold,
        )
        model.train()
        sentences = list(tagged_sentences(self.labels, self.lengths, found.labels, found.scores, self.gold))
        overall = score(count(sentences, self.labels.kind))["overall"]
        seen = len(self.gold) - found.without_subwords
        return {**{name: overall[name] for name in SCORES}, "loss": round(found.loss / max(1, seen), 6)}

    def _predictor(self, accelerator: Accelerator, model: nn.Module) -> Predictor:
        # In pieces the model fetches what a process lacks, as long as it is called by its wrapper.
        whole = model if accelerator.distributed_type in SHARDED else accelerator.unwrap_model(model)
        backend = TorchModel(cast(PreTrainedModel, whole), self.precision)
        most = self.subwords_per_device or SUBWORDS_PER_BATCH.get(accelerator.device.type, OTHERWISE)
        if accelerator.num_processes == 1:
            return Predictor(backend, self.head, self.labels, most)
        return Predictor(SharedModel(backend, accelerator), self.head, self.labels, most * accelerator.num_processes)
