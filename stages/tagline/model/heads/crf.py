"""CRF head: a linear-chain conditional random field (Lafferty et al., 2001) over the words of a sentence.

The score of a sequence is the sum of its labels' logits and of a learnt transition for each pair of neighbours. In
training the chain is that of a window, at inference that of a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from tagline.labels import IGNORED, Bools, Doubles, Floats, Ints, Labels
from tagline.model.decoding import decode, words_by_index
from tagline.model.heads.head import OWN_WEIGHTS, Weights, possible_logits

if TYPE_CHECKING:
    from torch import Tensor, nn

TRANSITIONS = "transitions"
# Larger transitions can't be learnt, and their exponentials would leave the range of float64.
LARGEST = 300.0


@dataclass(frozen=True)
class CrfHead:
    """Scores are logits, and probabilities are marginals of the chain.

    Attributes:
        learnt: float64 (labels, labels), the score of a label (column) after another one (row); None: all are 0.
    """

    name: ClassVar[str] = "crf"
    scores_sequences: ClassVar[bool] = True

    labels: Labels
    learnt: Doubles | None = None

    @property
    def transitions(self) -> Doubles:
        size = len(self.labels.names)
        return np.zeros((size, size)) if self.learnt is None else self.learnt

    def new_weights(self) -> Weights:
        return {TRANSITIONS: self.transitions.astype(np.float32)}

    def with_weights(self, weights: Weights) -> Self:
        transitions = weights[TRANSITIONS]
        size = len(self.labels.names)
        if transitions.shape != (size, size) or not (np.abs(transitions) <= LARGEST).all():
            raise ValueError(f"transitions are not {size} x {size} numbers from -{LARGEST:g} to {LARGEST:g}")
        return replace(self, learnt=transitions.astype(np.float64))

    def loss(self, logits: Tensor, labels: Tensor, weights: Tensor, model: nn.Module) -> Tensor:
        """Sum the negative log-likelihood of the labels of each window.

        Sums of products instead of indexing make the gradient the same in each run; no shape depends on the labels.
        """
        import torch  # imported here so that inference starts without PyTorch

        transitions = model.get_parameter(f"{OWN_WEIGHTS}.{TRANSITIONS}").float()
        logits = logits.float()
        labelled = (labels != IGNORED)[..., None]
        if self.labels.sets:
            of_gold = _sum_of_sequences(possible_logits(logits, labels, self.labels), labelled, transitions)
            return _sum_of_sequences(logits, labelled, transitions) - of_gold
        gold = (labels[..., None] == torch.arange(logits.shape[-1], device=labels.device)).float()
        # Over the positions so far: the last label, and the numbers of pairs of labels.
        before = torch.zeros_like(logits[:, 0])
        pairs = torch.zeros_like(transitions)
        for here, of_gold in zip(labelled.unbind(1), gold.unbind(1), strict=True):
            pairs = pairs + before.T @ of_gold
            before = torch.where(here, of_gold, before)
        of_all = _sum_of_sequences(logits, labelled, transitions)
        return of_all - (gold * logits).sum() - (pairs * transitions).sum()

    def scores(self, logits: Floats) -> Floats:
        return logits

    def decode(self, scores: Floats, lengths: Ints) -> Ints:
        return decode(scores, lengths, self.labels, self.transitions)

    def probabilities(self, scores: Floats, lengths: Ints) -> Floats:
        forward = self._forward(scores, lengths)
        backward = np.zeros_like(forward)
        factors = np.exp(self.transitions.T)
        for words in reversed(words_by_index(lengths)[1:]):
            backward[words - 1] = _log_product(scores[words] + backward[words], factors)
        log_marginals = forward + backward
        log_marginals -= _log_sum(log_marginals)[:, None]  # the same for all words of a sentence
        return np.exp(log_marginals).astype(np.float32)

    def negative_log_likelihood(self, scores: Floats, lengths: Ints, gold: Ints, known: Bools) -> float:
        sentences = np.repeat(np.arange(len(lengths)), lengths)[known]
        # As in training, words without sub-words are not in the chain.
        lengths = np.bincount(sentences, minlength=len(lengths))
        scores = scores[known]
        gold = gold[known]
        last = (np.cumsum(lengths) - 1)[lengths > 0]
        of_all = _log_sum(self._forward(scores, lengths)[last]).sum()
        of_gold = scores[np.arange(len(gold)), gold].sum(dtype=np.float64)
        inside = np.diff(sentences) == 0  # pairs of neighbours in one sentence
        of_pairs = self.transitions[gold[:-1][inside], gold[1:][inside]].sum()
        return float(of_all - of_gold - of_pairs)

    def _forward(self, scores: Floats, lengths: Ints) -> Doubles:
        """For each word and label, the log-sum-exp of the scores of all sequences that end there."""
        forward = scores.astype(np.float64)
        factors = np.exp(self.transitions)
        for words in words_by_index(lengths)[1:]:
            forward[words] += _log_product(forward[words - 1], factors)
        return forward


def _sum_of_sequences(logits: Tensor, labelled: Tensor, transitions: Tensor) -> Tensor:
    """The log-sum-exp of the scores of all sequences of a window, summed over the windows."""
    import torch

    # Over the positions so far: the log-sums by last label, and whether there was a label.
    sums = torch.zeros_like(logits[:, 0])
    begun = torch.zeros_like(labelled[:, 0])
    for here, of_logits in zip(labelled.unbind(1), logits.unbind(1), strict=True):
        extended = torch.logsumexp(sums[:, :, None] + transitions, dim=1)
        sums = torch.where(here, of_logits + torch.where(begun, extended, 0.0), sums)
        begun = begun | here
    return torch.where(begun[:, 0], torch.logsumexp(sums, dim=-1), 0.0).sum()


def _log_sum(values: Doubles) -> Doubles:
    """Log-sum-exp over the last axis; each row has a finite value."""
    largest = values.max(-1, keepdims=True)
    return largest[..., 0] + np.log(np.exp(values - largest).sum(-1))


def _log_product(values: Doubles, factors: Doubles) -> Doubles:
    """Logarithm of exp (rows, labels) @ factors (labels, labels)."""
    largest = values.max(-1, keepdims=True)
    return largest + np.log(np.exp(values - largest) @ factors)
