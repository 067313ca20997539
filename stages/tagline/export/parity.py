"""Parity: whether another form of a model predicts what the trained model predicts, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tagline.artifacts.tokenized import Split
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.metrics.scores import DIGITS, score
from tagline.model.backends import Backend
from tagline.model.decoding import Decoding
from tagline.model.prediction import NonFiniteError, Predicted, Predictor, predict_split

# Sub-words of a forward pass, padding included.
SUBWORDS_PER_BATCH = 256

Rows = Sequence[npt.NDArray[np.integer[Any]]]
Places = Sequence[npt.NDArray[np.int64]]
Floats = npt.NDArray[np.float32]


class Parity:
    """What the trained model says of a split, against which its forms are held.

    Of its logits one row a word is kept, no more: float32, (words, labels).

    Args:
        trained: the trained model.
        split: sentences and windows.
        labels: in the model's order.
        decoding: how labels are chosen.
    """

    def __init__(self, trained: Backend, split: Split, labels: Labels, decoding: Decoding) -> None:
        self.split, self.labels, self.decoding = split, labels, decoding
        self.gold = split.gold(labels)
        kept = _RecordingBackend(trained)
        self.expected = self._predict(kept, "trained")
        self.answers = kept.answers
        self.f1 = self._f1(self.expected)
        self.words = sum(map(len, self.gold))

    def report(self, form: Backend, name: str) -> dict[str, float]:
        """How much alike a form predicts.

        Args:
            form: asked batch by batch, one after the other.
            name: what the progress bar, or a fault, calls it.

        Returns:
            ``{same_labels, largest_logit_difference, f1}``: the share of words with the same label, the largest
            difference of a logit, and the form's own F1.

        Raises:
            UserError: a score of the form is no number.
        """
        beside = _ComparingBackend(form, iter(self.answers))
        try:
            found = self._predict(beside, name)
        except NonFiniteError:
            raise UserError(
                f"the form {name} gives scores that are no numbers, as float16 can; the earlier export was kept"
            ) from None
        pairs = zip(self.expected.labels, found.labels, strict=True)
        same = sum(a == b for rows in pairs for a, b in zip(*rows, strict=True))
        return {
            "same_labels": round(same / self.words, DIGITS),
            "largest_logit_difference": round(beside.largest, DIGITS),
            "f1": self._f1(found),
        }

    def _predict(self, backend: Backend, name: str) -> Predicted:
        return predict_split(Predictor(backend, self.labels, self.decoding, SUBWORDS_PER_BATCH), self.split, name)

    def _f1(self, predicted: Predicted) -> float:
        f1: float = score(self.gold, predicted.labels, self.labels.kind)["overall"]["f1"]
        return f1


class _RecordingBackend:
    """A backend whose answers are kept, in the order in which it gave them."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.answers: list[Floats] = []

    def logits(self, rows: Rows, positions: Places) -> Floats:
        self.answers.append(self.backend.logits(rows, positions))
        return self.answers[-1]


class _ComparingBackend:
    """A backend whose answers are held against those of another one to the same questions."""

    def __init__(self, backend: Backend, expected: Iterator[Floats]) -> None:
        self.backend, self.expected = backend, expected
        self.largest = 0.0

    def logits(self, rows: Rows, positions: Places) -> Floats:
        found = self.backend.logits(rows, positions)
        self.largest = max(self.largest, float(np.abs(found - next(self.expected)).max(initial=0)))
        return found
