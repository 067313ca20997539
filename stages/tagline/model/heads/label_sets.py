"""Words of which only a set of possible labels is known: their logits without the labels that are impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tagline.labels.alignment import IGNORED
from tagline.labels.arrays import Floats, Ints
from tagline.labels.label_list import Labels, possible

if TYPE_CHECKING:
    from torch import Tensor


def possible_logits(logits: Tensor, labels: Tensor, of: Labels) -> Tensor:
    """Set the logits of impossible labels to -inf; sub-words without a label keep all of theirs.

    Args:
        logits: (..., labels).
        labels: int64 (...), ids of labels or sets, or `IGNORED`.
        of: the label list.
    """
    import torch  # imported here so that inference starts without PyTorch

    table = torch.from_numpy(np.append(possible(of), np.ones((1, len(of.names)), bool), axis=0)).to(logits.device)
    allowed = table[torch.where(labels == IGNORED, len(table) - 1, labels)]
    return logits.masked_fill(~allowed, -torch.inf)


def possible_scores(scores: Floats, gold: Ints, of: Labels) -> Floats:
    """As `possible_logits`, of the scores of words (words, labels), given their gold ids (words,)."""
    return np.where(possible(of)[gold], scores, np.float32(-np.inf))
