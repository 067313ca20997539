"""Interface of classifier heads. Only this folder knows how logits become labels.

All heads take their logits from the linear layer of transformers' token classifiers, so that any pipeline can use the
exported model. A head may add weights, such as transitions, in head.safetensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from tagline.core import reading
from tagline.labels import HEAD_FILE, IGNORED, Bools, Floats, Ints, Labels
from tagline.labels.label_list import possible

if TYPE_CHECKING:  # exported models predict without importing PyTorch
    from torch import Tensor, nn

# A head's own weights, by name.
Weights = Mapping[str, Floats]

# The attribute of a model in training that has them; no model of transformers has one of this name.
OWN_WEIGHTS = "tagger_head"


class Head(Protocol):
    """A classifier head for one label list.

    Arrays of words hold the words of all sentences one after the other; ``lengths``, int64, has the number of words of
    each.
    """

    @property
    def labels(self) -> Labels: ...

    @property
    def name(self) -> str:
        """Its key in `HEADS` and in tagger.json of an exported model."""

    @property
    def scores_sequences(self) -> bool:
        """Whether it scores sequences of labels: it learns from first sub-words only."""

    def new_weights(self) -> Weights:
        """The head's own weights before training, float32; empty if it has none."""

    def with_weights(self, weights: Weights) -> Self:
        """The same head with trained weights, for the methods below except `loss`.

        Raises:
            ValueError: their names or shapes differ from those of `new_weights`, or they are not usable.
        """

    def loss(self, logits: Tensor, labels: Tensor, weights: Tensor, model: nn.Module) -> Tensor:
        """Sum the loss over the labelled words of a batch, in float32.

        Args:
            logits: (windows, sub-words, labels).
            labels: int64 (windows, sub-words), ids of labels or of the label list's sets, whose labels are summed over;
                `IGNORED` for sub-words without a label.
            weights: float32 (windows, sub-words), the share of a sub-word in its word; unused if the head scores
                sequences.
            model: in training; its attribute `OWN_WEIGHTS` has the head's own weights, if any.
        """

    def scores(self, logits: Floats) -> Floats:
        """Turn the logits of words, float32 (words, labels), into scores of the same shape for decoding.

        `Predictor` adds rows for words without sub-words: 0 for the fallback label, -inf for all others.
        """

    def decode(self, scores: Floats, lengths: Ints) -> Ints:
        """Choose the label id of each word, int64 (words,); a score of -inf forbids a label."""

    def probabilities(self, scores: Floats, lengths: Ints) -> Floats:
        """Compute the probability of each label, float32 (words, labels)."""

    def negative_log_likelihood(self, scores: Floats, lengths: Ints, gold: Ints, known: Bools) -> float:
        """Sum it over the words with a known gold label, which have sub-words."""


def write_head(folder: Path, head: str, weights: Weights) -> None:
    """Write the weights of a head, with its name as metadata."""
    save_file(dict(weights), folder / HEAD_FILE, metadata={"head": head})


def read_head(folder: Path, made_by: str) -> tuple[str, Weights]:
    """Read the name of the head and its weights; ``linear`` without any if there is no file.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / HEAD_FILE
    if not path.is_file():
        return "linear", {}
    with reading(path, made_by), safe_open(path, framework="numpy") as file:
        weights = {name: file.get_tensor(name) for name in sorted(file.keys())}
        return (file.metadata() or {})["head"], weights


def possible_logits(logits: Tensor, labels: Tensor, of: Labels) -> Tensor:
    """Set the logits of impossible labels to -inf; sub-words without a label keep all.

    Args:
        logits: (..., labels).
        labels: int64 (...), ids of labels or sets, or `IGNORED`.
    """
    import torch  # imported here so that inference starts without PyTorch

    any_label = np.ones((1, len(of.names)), bool)
    table = torch.from_numpy(np.append(possible(of), any_label, axis=0)).to(logits.device)
    allowed = table[torch.where(labels == IGNORED, len(table) - 1, labels)]
    return logits.masked_fill(~allowed, -torch.inf)
