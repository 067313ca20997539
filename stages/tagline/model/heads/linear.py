"""Linear head: an independent softmax over labels, as in `AutoModelForTokenClassification`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tagline.labels import IGNORED, Bools, Floats, Ints, Labels
from tagline.model.decoding import decode
from tagline.model.heads.head import Weights, possible_logits

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class LinearHead:
    """Scores are log-probabilities."""

    name: ClassVar[str] = "linear"
    scores_sequences: ClassVar[bool] = False

    labels: Labels

    def new_weights(self) -> Weights:
        return {}

    def with_weights(self, weights: Weights) -> Self:
        if weights:
            raise ValueError(f"a linear head with the weights {', '.join(weights)}")
        return self

    def loss(self, logits: Tensor, labels: Tensor, weights: Tensor, model: nn.Module) -> Tensor:
        from torch.nn.functional import cross_entropy  # imported here so that inference starts without PyTorch

        if self.labels.sets:
            logits = logits.float()
            of_gold = possible_logits(logits, labels, self.labels).logsumexp(-1)
            return (weights * (logits.logsumexp(-1) - of_gold)).sum()
        losses = cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="none")
        return (weights.flatten() * losses).sum()

    def scores(self, logits: Floats) -> Floats:
        # Not scipy's log_softmax, whose import takes as long as a small model's prediction.
        shifted = logits - logits.max(-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))

    def decode(self, scores: Floats, lengths: Ints) -> Ints:
        return decode(scores, lengths, self.labels)

    def probabilities(self, scores: Floats, lengths: Ints) -> Floats:
        return np.exp(scores)

    def negative_log_likelihood(self, scores: Floats, lengths: Ints, gold: Ints, known: Bools) -> float:
        return -float(scores[known, gold[known]].sum(dtype=np.float64))
