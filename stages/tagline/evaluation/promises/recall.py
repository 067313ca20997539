"""Recall: the least bias with which types reach their recall on validation, or can promise it for later texts.

A bias is added to the scores of all labels of these types before decoding. Recall is not monotone in it, since larger
entities have other boundaries, so all biases of a grid are tried. The types share one bias, so that the hypotheses have
one order and the promises hold together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tagline.evaluation.promises.promises_params import FoundIf, RecallPromise
from tagline.evaluation.promises.share_test import ShareTest, least_step, of_documents
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import Doubles, Ints, LabelIds, TaggedSentences, flatten, is_outside, ranges
from tagline.metrics.resampling import RESAMPLES, SEED, interval, weights
from tagline.metrics.scores import divide, rounded
from tagline.model.heads.head import Head
from tagline.model.prediction import Chunk, bias_of_labels

# Biases are multiples of 1/16, which float32 represents exactly, from 0 to 16.
STEPS_PER_UNIT = 16
STEPS = 256
# The steps at which the tests of promises start. If entities must only be covered, the largest bias is the safest: with
# it, entities of the type cover nearly all words. They are then too long to be exact. Which bias is the safest for
# exact entities is not known in advance, so several starts are tested, each at a fraction of the allowed error
# (Bonferroni).
STARTS = {"covered": [STEPS], "exact": [16, 32, 64, 128]}
FOUND = {"covered": "are found (each word is in a predicted entity)", "exact": "are found (type and boundaries)"}


class ChosenBias(NamedTuple):
    """The bias of all types with a promised recall.

    Attributes:
        bias: 0 if none passes.
        kept: whether one passes.
        statements: what each type promises, or would need.
    """

    bias: float
    kept: bool
    statements: dict[str, str]


def choose_bias(
    chunks: Iterable[Chunk],
    gold: LabelIds,
    head: Head,
    recalls: Mapping[str, RecallPromise],
    documents: Ints | None = None,
) -> ChosenBias:
    """Find the least bias with which all recalls can be promised, or are reached.

    Args:
        gold: int32 (words,), label ids.
        documents: int64 (sentences,), the number of each sentence's document, from 0. With a confidence, they are taken
            as independent of each other.
    """
    counts = _count_at_each_step(chunks, gold, head, recalls, documents)
    starts = _starts(recalls.values())
    tests, missed = [], []
    for index, recall in enumerate(recalls.values()):
        found, number = counts[:, index].swapaxes(0, 1)  # (steps, documents) each
        in_documents = documents is not None and recall.confidence is not None
        if in_documents:
            found, number = divide(found, number), np.minimum(number, 1)
        size = int(number[0].sum())  # which is the same at each step
        tests.append(ShareTest(recall.at_least, recall.confidence, len(starts), in_documents, size))
        missed.append((number - found).sum(-1))
    passes = [test.passes(of_type) for test, of_type in zip(tests, missed, strict=True)]
    step = least_step(np.all(passes, axis=0), starts)
    shown = list(starts) if step is None else [step]
    statements = {}
    for (name, recall), test, of_type in zip(recalls.items(), tests, missed, strict=True):
        missed_there = float(of_type[shown].min())
        statements[name] = test.statement(
            step is not None, missed_there, f"{name} entities", FOUND[recall.found], "missed"
        )
    return ChosenBias((step or 0) / STEPS_PER_UNIT, step is not None, statements)


def _starts(recalls: Iterable[RecallPromise]) -> Sequence[int]:
    if not any(recall.confidence for recall in recalls):
        return range(STEPS + 1)
    return STARTS["exact" if any(recall.found == "exact" for recall in recalls) else "covered"]


def reached(split: ScoredSplit, name: str, recall: RecallPromise) -> dict[str, Any]:
    """Compute the recall of a type in a split, with its 95 % interval: value, low, high.

    Args:
        recall: with a confidence, the interval is over documents if these are known.
    """
    counted = count_found(flatten(split.sentences), name, recall.found)
    if split.documents is not None and recall.confidence is not None:
        counted = of_documents(counted, split.documents)
    resampled = []
    for block in weights(counted.shape[1], RESAMPLES, SEED):
        found, number = counted @ block.T
        resampled.append(divide(found, number))
    low, high = interval(np.concatenate(resampled))
    found, number = counted.sum(-1)
    return {"value": rounded(divide(found, number)), "low": rounded(low), "high": rounded(high)}


def count_found(sentences: TaggedSentences, type_: str, found_if: FoundIf = "exact") -> Doubles:
    """Count the gold entities of a type in each sentence; for plain tags, the words.

    Returns:
        (2, sentences): found ones, and all.
    """
    entities = sentences.gold_entities
    if found_if == "covered":
        # The number of such words before each word.
        outside = np.cumsum(np.append(0, is_outside(sentences.predicted, sentences.labels)))
        is_found = outside[entities.start] == outside[entities.end]
    else:
        is_found = sentences.correct[0]
    is_of_type = entities.of_types([type_])
    counts = []
    for is_counted in (is_of_type & is_found, is_of_type):
        owners = sentences.sentences_of(entities.start[is_counted])
        counts.append(np.bincount(owners, minlength=len(sentences)))
    return np.array(counts, np.float64)


def _count_at_each_step(
    chunks: Iterable[Chunk],
    gold: LabelIds,
    head: Head,
    recalls: Mapping[str, RecallPromise],
    documents: Ints | None,
) -> Doubles:
    """As `count_found` at each bias, by document or in all: (steps, types, 2, documents or 1)."""
    total = np.zeros((STEPS + 1, len(recalls), 2, 1 if documents is None else documents[-1] + 1))
    word = sentence = 0  # the first ones of the chunk
    for chunk in chunks:
        next_word, next_sentence = word + len(chunk.seen), sentence + len(chunk.lengths)
        owners = np.zeros(len(chunk.lengths), np.int64) if documents is None else documents[sentence:next_sentence]
        counts = total[..., owners[0] : owners[-1] + 1]
        _Sweep(chunk, gold[word:next_word], owners - owners[0], head, recalls, counts).run()
        word, sentence = next_word, next_sentence
    return total


@dataclass
class _Sweep:
    """Counts what is found of some types in a chunk at each of their common biases.

    Attributes:
        gold: int32 (words,), label ids.
        owners: int64 (sentences,), the column to which each sentence is counted.
        counts: (steps, types, 2, columns), to which counts are added.
    """

    chunk: Chunk
    gold: LabelIds
    owners: Ints
    head: Head
    recalls: Mapping[str, RecallPromise]
    counts: Doubles

    def run(self) -> None:
        rows = np.arange(len(self.owners))
        last = self._decode(rows, STEPS)
        self._add(rows, 0, STEPS, self._decode(rows, 0), last)
        self._count(STEPS, STEPS + 1, rows, last)

    def _add(self, rows: Ints, first: int, end: int, low: LabelIds, high: LabelIds) -> None:
        """Count sentences at some steps, given their labels at the first step and at the end."""
        # The score of a label sequence is linear in the bias, and the best score convex: labels that are the best at
        # both ends are the best in between. Only other sentences are decoded at the middle, and so on in both halves.
        of_words = np.repeat(np.arange(len(rows)), self.chunk.lengths[rows])
        changing = np.isin(np.arange(len(rows)), of_words[low != high])
        words = changing[of_words]
        self._count(first, end, rows[~changing], low[~words])
        rows, low, high = rows[changing], low[words], high[words]
        if not len(rows):
            return
        if end - first == 1:
            self._count(first, end, rows, low)
            return
        middle = (first + end) // 2
        of_middle = self._decode(rows, middle)
        self._add(rows, first, middle, low, of_middle)
        self._add(rows, middle, end, of_middle, high)

    def _words(self, rows: Ints) -> Ints:
        lengths = self.chunk.lengths
        return ranges((np.cumsum(lengths) - lengths)[rows], lengths[rows])

    def _decode(self, rows: Ints, step: int) -> LabelIds:
        words = self._words(rows)
        added = bias_of_labels(self.head.labels, dict.fromkeys(self.recalls, step / STEPS_PER_UNIT))
        return self.head.decode(self.chunk.scores[words] + added, self.chunk.lengths[rows]).astype(np.int32)

    def _count(self, first: int, end: int, rows: Ints, ids: LabelIds) -> None:
        lengths, no_scores = self.chunk.lengths[rows].tolist(), np.empty(len(ids), np.float32)
        tagged = TaggedSentences(self.head.labels, lengths, ids, no_scores, self.gold[self._words(rows)])
        counted = [count_found(tagged, name, recall.found) for name, recall in self.recalls.items()]
        sums = np.zeros(self.counts.shape[1:])
        np.add.at(np.moveaxis(sums, -1, 0), self.owners[rows], np.moveaxis(np.array(counted), -1, 0))
        self.counts[first:end] += sums
