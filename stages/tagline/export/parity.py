"""Parity: compares the predictions of an exported backend with those of the trained model, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tagline.artifacts.tokenized import Split
from tagline.core.errors import UserError
from tagline.labels.label_list import NO_BIASES, Biases, Labels
from tagline.labels.tagged import TaggedSentences
from tagline.metrics.counts import count
from tagline.metrics.scores import DIGITS, score
from tagline.model.backends import Backend
from tagline.model.heads.head import Head
from tagline.model.prediction import NonFiniteError, Predictions, Predictor, predict_split

# Sub-words per forward pass, padding included.
SUBWORDS_PER_BATCH = 256

Rows = Sequence[npt.NDArray[np.integer[Any]]]
Positions = Sequence[npt.NDArray[np.int64]]
Floats = npt.NDArray[np.float32]


class Parity:
    """The trained model's predictions for a split, to compare backends with.

    Its logits are kept in memory, float32 (words, labels).

    Args:
        trained: the trained model.
        split: its sentences and windows.
        labels: in the model's order.
        head: how labels are chosen.
        biases: see `Predictor`.
    """

    def __init__(self, trained: Backend, split: Split, labels: Labels, head: Head, biases: Biases = NO_BIASES) -> None:
        self.split, self.labels, self.head, self.biases = split, labels, head, biases
        recording = _RecordingBackend(trained)
        self.expected = self._predict(recording, "trained")
        self.logits = recording.logits_of_batches
        self.f1 = self._f1(self.expected)
        self.words = len(self.expected.labels)

    def report(self, backend: Backend, name: str) -> dict[str, float]:
        """Compare a backend with the trained model.

        Args:
            backend: to compare; it gets the same batches in the same order.
            name: of the backend, for the progress bar and messages.

        Returns:
            ``{same_labels, largest_logit_difference, f1}``: the share of words with the same label, the largest
            absolute difference of a logit, and the F1 of the backend.

        Raises:
            UserError: the backend produces NaN or infinite logits.
        """
        comparing = _ComparingBackend(backend, iter(self.logits))
        try:
            predicted = self._predict(comparing, name)
        except NonFiniteError:
            raise UserError(
                f"backend {name}: NaN or infinite logits; expected finite ones; float16 may overflow: set export.dtype "
                "to float32 or bfloat16"
            ) from None
        return {
            "same_labels": round(int(np.count_nonzero(predicted.labels == self.expected.labels)) / self.words, DIGITS),
            "largest_logit_difference": round(comparing.largest, DIGITS),
            "f1": self._f1(predicted),
        }

    def _predict(self, backend: Backend, name: str) -> Predictions:
        predictor = Predictor(backend, self.head, self.labels, SUBWORDS_PER_BATCH, biases=self.biases)
        return predict_split(predictor, self.split, name)

    def _f1(self, predicted: Predictions) -> float:
        lengths, gold = self.split.lengths(), self.split.gold()
        sentences = TaggedSentences(self.labels, lengths, predicted.labels, predicted.scores, gold)
        f1: float = score(count(sentences, self.labels.kind))["overall"]["f1"]
        return f1


class _RecordingBackend:
    """A backend that records its logits, batch by batch."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.logits_of_batches: list[Floats] = []

    def logits(self, rows: Rows, positions: Positions) -> Floats:
        self.logits_of_batches.append(self.backend.logits(rows, positions))
        return self.logits_of_batches[-1]


class _ComparingBackend:
    """A backend whose logits are compared with those of another one for the same batches."""

    def __init__(self, backend: Backend, expected: Iterator[Floats]) -> None:
        self.backend, self.expected = backend, expected
        self.largest = 0.0

    def logits(self, rows: Rows, positions: Positions) -> Floats:
        logits = self.backend.logits(rows, positions)
        self.largest = max(self.largest, float(np.abs(logits - next(self.expected)).max(initial=0)))
        return logits
