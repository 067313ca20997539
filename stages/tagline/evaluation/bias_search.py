"""Bias search: biases with which types reach their targets on validation.

A bias is added to the scores of all labels of a type before decoding. The number of words with the type never decreases
with it, whatever the head and the decoding: all of them choose the sequence with the largest sum of scores. Recall and
precision are not monotone, since larger entities have other boundaries. So all biases of a grid are tried, from 0
outwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.core.errors import UserError
from tagline.core.reading import full_disk
from tagline.evaluation.operating_point import Found, Goal
from tagline.labels.arrays import Doubles, Floats, Ints
from tagline.labels.label_list import Labels
from tagline.labels.model_settings import Biases
from tagline.labels.tagged import TaggedSentences
from tagline.metrics.counts import count, ratios
from tagline.model.heads.head import Head
from tagline.model.prediction import Chunk, LabelIds, bias_of_labels

# Biases are multiples of 1/16, which float32 represents exactly.
STEPS_PER_UNIT = 16
# The borders of the ranges that are searched one after the other, in steps: biases up to 1, 2, 4, 8 and 16.
BORDERS = (0, 16, 32, 64, 128, 256)
# Maximum number of searches per type: a bias also moves the scores of the other types, so all are searched again until
# none changes.
ROUNDS = 5


@contextmanager
def stored(chunks: Iterable[Chunk], folder: Path) -> Iterator[Iterable[Chunk]]:
    """Store chunks in a temporary file of a folder, which the system removes even if the process is killed.

    Raises:
        UserError: the disk is full.
    """
    with TemporaryFile(dir=folder) as file:
        try:
            on_disk = _StoredChunks(chunks, file)
        except OSError as error:
            if (reason := full_disk(error)) is None:
                raise
            raise UserError(
                f"{folder}: {reason}; expected room for the scores of validation, 4 bytes per word and label; free "
                "some, then run the stage again"
            ) from None
        yield on_disk


def find_biases(
    chunks: Iterable[Chunk], gold: LabelIds, head: Head, labels: Labels, targets: Sequence[Goal]
) -> dict[str, Found]:
    """Find, for the type of each target, the bias closest to 0 that reaches it.

    Biases for recall are 0 or positive, those for precision 0 or negative. Without a bias that reaches the target, the
    type keeps 0, since the highest recall or precision may cost most of the other.

    Args:
        chunks: the scores of validation, which are iterated several times.
        gold: int32 (words,), their gold label ids.
        head: chooses labels.
        labels: the label list.
        targets: what to reach, at most one per type.
    """
    found = {target.type: Found(0.0) for target in targets}
    settled = 0  # consecutive searches that changed nothing
    for target in islice(cycle(targets), ROUNDS * len(targets)):
        before = found[target.type]
        biases = {name: of_type.bias for name, of_type in found.items()}
        found[target.type] = _search(target, chunks, gold, _Sweep(head, labels, target, biases))
        settled = settled + 1 if found[target.type].bias == before.bias else 1
        if settled == len(targets):
            break
    return found


def _search(target: Goal, chunks: Iterable[Chunk], gold: LabelIds, sweep: _Sweep) -> Found:
    values: list[float] = []  # of the target's measure, at each step from 0 on
    for first, last in pairwise(BORDERS):
        counts = np.zeros((last - first + 1, 3))
        for sentences in _sentences(chunks, gold):
            counts += sweep.counts(sentences, first, last)
        values[first:] = getattr(ratios(*counts.T), target.measure).tolist()
        for step, value in enumerate(values):
            if value >= target.value:
                return Found(sweep.bias(step))
    return Found(0.0, max(values))


class _StoredChunks:
    """Chunks whose scores are in a file; each iteration reads one at a time."""

    def __init__(self, chunks: Iterable[Chunk], file: IO[bytes]) -> None:
        self._file, self._without_scores = file, list[Chunk]()
        for chunk in chunks:
            file.write(chunk.scores.tobytes())
            self._without_scores.append(chunk._replace(scores=np.empty((0, chunk.scores.shape[1]), np.float32)))
        file.flush()

    def __iter__(self) -> Iterator[Chunk]:
        self._file.seek(0)
        for chunk in self._without_scores:
            labels = chunk.scores.shape[1]
            content = self._file.read(len(chunk.seen) * labels * chunk.scores.itemsize)
            yield chunk._replace(scores=np.frombuffer(content, np.float32).reshape(-1, labels))


class _Sentences(NamedTuple):
    """The scores (words, labels), lengths and gold label ids of some sentences."""

    scores: Floats
    lengths: Ints
    gold: LabelIds

    def where(self, chosen: npt.NDArray[np.bool_]) -> tuple[_Sentences, npt.NDArray[np.bool_]]:
        """Choose some sentences; the second value says which words are theirs."""
        words = np.repeat(chosen, self.lengths)
        return _Sentences(self.scores[words], self.lengths[chosen], self.gold[words]), words


def _sentences(chunks: Iterable[Chunk], gold: LabelIds) -> Iterator[_Sentences]:
    first = 0  # the first word of the chunk
    for chunk in chunks:
        last = first + len(chunk.seen)
        yield _Sentences(chunk.scores, chunk.lengths, gold[first:last])
        first = last


class _Sweep:
    """Counts of correct, predicted and gold entities (or words) of a target's type at many biases, in steps from 0.

    Args:
        head: chooses labels.
        labels: the label list.
        target: for recall the biases are positive, for precision negative.
        biases: of the other types.
    """

    def __init__(self, head: Head, labels: Labels, target: Goal, biases: Biases) -> None:
        self.head, self.labels, self.type = head, labels, target.type
        self.others = {name: bias for name, bias in biases.items() if name != target.type}
        self.step = (1 if target.measure == "recall" else -1) / STEPS_PER_UNIT

    def bias(self, step: int) -> float:
        return self.step * step + 0.0  # not -0.0

    def counts(self, sentences: _Sentences, first: int, last: int) -> Doubles:
        """Count at the steps from ``first`` to ``last``, a row each: (steps, 3)."""
        low, high = (self._decode(sentences, step) for step in (first, last))
        counts = np.zeros((last - first + 1, 3))
        counts[0], counts[-1] = self._count(sentences, low), self._count(sentences, high)
        self._fill(counts[1:-1], first + 1, sentences, low, high)
        return counts

    def _fill(self, counts: Doubles, first: int, sentences: _Sentences, low: Ints, high: Ints) -> None:
        """Add the counts at the steps from ``first`` on, a row each, given the labels at the steps before and after.

        A sequence that is the best at both of these is the best in between, too, since its score is linear in the bias,
        and the best score convex. So each step decodes only the sentences that change near it.
        """
        if not len(counts):
            return
        owners = np.repeat(np.arange(len(sentences.lengths)), sentences.lengths)
        changing = np.bincount(owners[low != high], minlength=len(sentences.lengths)) > 0
        constant, words = sentences.where(~changing)
        counts += self._count(constant, low[words])
        if not changing.any():
            return
        sentences, words = sentences.where(changing)
        half = len(counts) // 2
        middle = self._decode(sentences, first + half)
        counts[half] += self._count(sentences, middle)
        self._fill(counts[:half], first, sentences, low[words], middle)
        self._fill(counts[half + 1 :], first + half + 1, sentences, middle, high[words])

    def _decode(self, sentences: _Sentences, step: int) -> Ints:
        biases = bias_of_labels(self.labels, {**self.others, self.type: self.bias(step)})
        return self.head.decode(sentences.scores + biases, sentences.lengths)

    def _count(self, sentences: _Sentences, ids: Ints) -> Doubles:
        scores = np.empty(len(ids), np.float32)  # not used
        tagged = TaggedSentences(self.labels, sentences.lengths.tolist(), ids, scores, sentences.gold)
        counts = count(tagged, self.labels.kind)
        column, total = [name == self.type for name in counts.types], counts.total()
        return np.array([numbers[column].sum() for numbers in (total.correct, total.predicted, total.gold)])
