"""Bias search: biases with which types reach their targets on validation, or can promise them for later texts.

A bias is added to the scores of all labels of a type before decoding. The number of words with the type never decreases
with it, whatever the head and the decoding: all of them choose the sequence with the largest sum of scores. Recall is
not monotone, since larger entities have other boundaries. So all biases of a grid are tried, from 0 outwards; for
promises, from the safest bias to 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice, pairwise
from typing import NamedTuple

import numpy as np

from tagline.evaluation.promise import ShareTest, least_step
from tagline.evaluation.targets import TypeBias, TypeTarget, count_found
from tagline.labels.label_list import Biases
from tagline.labels.tagged import TaggedSentences
from tagline.labels.windows import Bools, Doubles, Floats, Ints, LabelIds
from tagline.metrics.scores import divide
from tagline.model.heads.head import Head
from tagline.model.prediction import Chunk, bias_of_labels

# Biases are multiples of 1/16, which float32 represents exactly.
STEPS_PER_UNIT = 16
# The borders of the ranges that are searched one after the other, in steps: biases up to 1, 2, 4, 8 and 16.
BORDERS = (0, 16, 32, 64, 128, 256)
# Maximum number of searches per type: a bias also moves the scores of the other types, so all are searched again until
# none changes.
ROUNDS = 5
# The steps at which the tests of a promise start. If entities must only be covered, the largest bias is the safest:
# with it, entities of the type cover nearly all words. They are then too long to be exact. Which bias is the safest for
# exact entities is not known in advance, so several starts are tested, each at a fraction of the allowed error
# (Bonferroni).
STARTS = {"covered": BORDERS[-1:], "exact": BORDERS[1:-1]}


def find_biases(
    chunks: Iterable[Chunk], gold: LabelIds, head: Head, targets: Sequence[TypeTarget]
) -> dict[str, TypeBias]:
    """Find, for the type of each target, the bias closest to 0 that reaches it.

    Biases are 0 or positive. Without a bias that reaches the target, the type keeps 0, since the highest recall may
    cost most of the precision.

    Args:
        chunks: the scores of validation, which are iterated several times.
        gold: int32 (words,), their gold label ids.
        head: chooses labels.
        targets: what to reach, at most one per type.
    """
    biases = {target.type: TypeBias(0.0) for target in targets}
    settled = 0  # consecutive searches that changed nothing
    for target in islice(cycle(targets), ROUNDS * len(targets)):
        before = biases[target.type].bias
        of_types = {name: of_type.bias for name, of_type in biases.items()}
        biases[target.type] = _search(target, chunks, gold, _Sweep(head, [target], of_types))
        if biases[target.type].bias == before:
            settled += 1
        else:
            settled = 1
        if settled == len(targets):
            break
    return biases


def promised_biases(counts: Doubles, targets: Sequence[TypeTarget], of_documents: bool = False) -> dict[str, TypeBias]:
    """Find the least bias with which all recalls can be promised; without one, the types keep 0 and promise nothing.

    The types have one bias in common, since a bias of one type also moves the entities of the others: so the hypotheses
    have one order, and a bias passes if the recall of each type does. The promises then hold together.

    Args:
        counts: of validation, see `count_at_each_step`.
        targets: recalls with a confidence, at most one per type.
        of_documents: whether the last axis of ``counts`` are documents, which are taken as independent of each other.
    """
    steps = []
    for found, number in np.moveaxis(counts, 2, 1):  # a step at a time, since ``counts`` can be large
        if of_documents:
            found = divide(found, number)
            number = np.minimum(number, 1)
        steps.append((number - found).sum(-1))
    missed = np.array(steps).T  # (targets, steps)
    is_exact = any(target.found == "exact" for target in targets)
    starts = STARTS["exact" if is_exact else "covered"]
    tests = []
    for target, size in zip(targets, number.sum(-1), strict=True):  # which is the same at each step
        tests.append(ShareTest(target.value, target.confidence or 0, len(starts), of_documents, int(size)))
    passes = [test.passes(of_target) for test, of_target in zip(tests, missed, strict=True)]
    step = least_step(np.all(passes, axis=0), starts)
    at_steps = list(starts) if step is None else [step]
    biases = {}
    for target, test, of_target in zip(targets, tests, missed, strict=True):
        promise = test.promise(step is not None, float(of_target[at_steps].min()))
        biases[target.type] = TypeBias((step or 0) / STEPS_PER_UNIT, promise=promise)
    return biases


def count_at_each_step(
    chunks: Iterable[Chunk], gold: LabelIds, head: Head, targets: Sequence[TypeTarget], documents: Ints | None = None
) -> Doubles:
    """Count what `count_found` counts of each target at each bias, in steps of 1/16 from 0 to 16.

    Args:
        chunks: scores.
        gold: int32 (words,), their gold label ids.
        head: chooses labels.
        targets: what to count.
        documents: int64 (sentences,), the number of the document of each sentence, from 0; None if they are not known.

    Returns:
        (steps, targets, 2, documents), or 1 for all sentences if documents are not known.
    """
    sweep = _Sweep(head, targets, {})
    columns = 1 if documents is None else int(documents[-1]) + 1
    total = np.zeros((BORDERS[-1] + 1, len(targets), 2, columns))
    for sentences in _sentences(chunks, gold, documents):
        total[..., sentences.columns] += sweep.counts(sentences, 0, BORDERS[-1])
    return total


def _search(target: TypeTarget, chunks: Iterable[Chunk], gold: LabelIds, sweep: _Sweep) -> TypeBias:
    values: list[float] = []  # the recall at each step from 0 on
    for first, last in pairwise(BORDERS):
        counts = np.zeros((last - first + 1, 1, 2, 1))
        for sentences in _sentences(chunks, gold):
            counts += sweep.counts(sentences, first, last)
        found, number = counts[:, 0, :, 0].T
        values[first:] = divide(found, number).tolist()
        for step, value in enumerate(values):
            if value >= target.value:
                return TypeBias(step / STEPS_PER_UNIT)
    return TypeBias(0.0, max(values))


class _Sentences(NamedTuple):
    """Some sentences.

    Attributes:
        scores: (words, labels).
        lengths: the number of words of each sentence.
        gold: (words,), label ids.
        owners: the column of each sentence, to which it is counted.
        columns: where these columns are among those of all sentences.
    """

    scores: Floats
    lengths: Ints
    gold: LabelIds
    owners: Ints
    columns: slice

    def where(self, words: Bools, sentences: Bools) -> _Sentences:
        """Choose some sentences, given also which words are theirs."""
        return _Sentences(
            self.scores[words], self.lengths[sentences], self.gold[words], self.owners[sentences], self.columns
        )


def _sentences(chunks: Iterable[Chunk], gold: LabelIds, documents: Ints | None = None) -> Iterator[_Sentences]:
    """Yield the sentences of each chunk, with a column for each document, or one for all."""
    word = sentence = 0  # the first ones of the chunk
    for chunk in chunks:
        next_word = word + len(chunk.seen)
        next_sentence = sentence + len(chunk.lengths)
        owners = np.zeros(len(chunk.lengths), np.int64)
        if documents is not None:
            owners = documents[sentence:next_sentence]
        columns = slice(int(owners[0]), int(owners[-1]) + 1)
        yield _Sentences(chunk.scores, chunk.lengths, gold[word:next_word], owners - columns.start, columns)
        word = next_word
        sentence = next_sentence


class _Sweep:
    """Counts what is found of the targets at many biases, in steps from 0, as `count_found` does.

    Args:
        head: chooses labels.
        targets: whose types have the same bias.
        biases: of the other types.
    """

    def __init__(self, head: Head, targets: Sequence[TypeTarget], biases: Biases) -> None:
        self.head = head
        self.targets = targets
        self.biases = biases

    def counts(self, sentences: _Sentences, first: int, last: int) -> Doubles:
        """Count at the steps from ``first`` to ``last``: (steps, targets, 2, columns)."""
        low = self._decode(sentences, first)
        high = self._decode(sentences, last)
        number = sentences.columns.stop - sentences.columns.start
        counts = np.zeros((last - first + 1, len(self.targets), 2, number))
        self._add(counts[:-1], first, sentences, low, high)
        counts[-1] = self._count(sentences, high)
        return counts

    def _add(self, counts: Doubles, first: int, sentences: _Sentences, low: Ints, high: Ints) -> None:
        """Add the counts at some steps, a row each.

        If a sentence has the same labels at both ends of a range of biases, it has them everywhere in between; only the
        other sentences are decoded at the middle, and so on in both halves. (The score of a label sequence is linear in
        the bias, and the best score convex: what is the best at both ends is the best in between.)

        Args:
            counts: (steps, targets, 2, columns), at least one step.
            first: the first of these steps.
            sentences: to count.
            low: their labels at the first step, int (words,).
            high: their labels at the step after the last one.
        """
        changing = np.zeros(len(sentences.lengths), bool)
        of_words = np.repeat(np.arange(len(changing)), sentences.lengths)
        changing[of_words[low != high]] = True
        words = changing[of_words]
        counts += self._count(sentences.where(~words, ~changing), low[~words])
        if not changing.any():
            return
        sentences, low, high = sentences.where(words, changing), low[words], high[words]
        if len(counts) == 1:
            counts += self._count(sentences, low)
            return
        half = len(counts) // 2
        middle = self._decode(sentences, first + half)
        self._add(counts[:half], first, sentences, low, middle)
        self._add(counts[half:], first + half, sentences, middle, high)

    def _decode(self, sentences: _Sentences, step: int) -> Ints:
        moved = {target.type: step / STEPS_PER_UNIT for target in self.targets}
        added = bias_of_labels(self.head.labels, {**self.biases, **moved})
        return self.head.decode(sentences.scores + added, sentences.lengths)

    def _count(self, sentences: _Sentences, ids: Ints) -> Doubles:
        """Count what is found of each target with some labels: (targets, 2, columns)."""
        no_scores = np.empty(len(ids), np.float32)
        tagged = TaggedSentences(self.head.labels, sentences.lengths.tolist(), ids, no_scores, sentences.gold)
        number = sentences.columns.stop - sentences.columns.start
        counts = np.empty((len(self.targets), 2, number))
        for index, target in enumerate(self.targets):
            found, gold = count_found(tagged, target.type, target.found)
            counts[index, 0] = np.bincount(sentences.owners, weights=found, minlength=number)
            counts[index, 1] = np.bincount(sentences.owners, weights=gold, minlength=number)
        return counts
