"""The linear head: an independent softmax over the labels of each sub-word, as `AutoModelForTokenClassification` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tagline.labels.alignment import IGNORED
from tagline.labels.label_list import Decoding, Labels
from tagline.model.decoding import decode
from tagline.model.heads.head import Floats, Ints

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LinearHead:
    """See `head.Head`. Scores are log-probabilities.

    Attributes:
        labels: the label list.
        decoding: how labels are chosen.
    """

    labels: Labels
    decoding: Decoding = "greedy"
    name: str = "linear"

    def loss(self, logits: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
        from torch.nn.functional import cross_entropy  # here, so that onnxruntime backends start without PyTorch

        return cross_entropy(
            logits.flatten(0, 1).float(),
            labels.flatten(),
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=label_smoothing,
        )

    def scores(self, logits: Floats) -> Floats:
        # scipy has log_softmax too, but takes as long to import as a small model takes to answer.
        shifted = logits - logits.max(-1, keepdims=True)
        normed: Floats = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
        return normed

    def decode(self, scores: Floats, lengths: Ints) -> Ints:
        return decode(scores, lengths, self.labels, self.decoding)

    def probabilities(self, scores: Floats, lengths: Ints, chosen: Ints) -> Floats:
        probabilities: Floats = np.exp(scores[np.arange(len(chosen)), chosen])
        return probabilities

    def negative_log_likelihood(self, scores: Floats, lengths: Ints, gold: Ints, known: npt.NDArray[np.bool_]) -> float:
        return -float(scores[known, gold[known]].sum(dtype=np.float64))

    def exported(self) -> dict[str, Any]:
        return {"head": self.name}
