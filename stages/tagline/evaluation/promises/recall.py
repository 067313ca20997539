"""Recall: the least bias with which types reach their recall on validation, or can promise it for later texts.

A bias is added to the scores of all labels of these types before decoding. Recall is not monotone in it, since larger
entities have other boundaries, so all biases of a grid are tried. The types have one bias in common, so that the
hypotheses have one order and the promises hold together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tagline.evaluation.evaluate_params import Bootstrap
from tagline.evaluation.promises.promises_params import FoundIf, RecallPromise
from tagline.evaluation.promises.share_test import ShareTest, least_step, of_documents
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import Bools, Doubles, Floats, Ints, LabelIds, TaggedSentences, flatten, is_outside
from tagline.labels.hidden import without_hidden
from tagline.metrics.resampling import interval, weights
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
        chunks: the scores of validation.
        gold: int32 (words,), their gold label ids.
        head: chooses labels.
        recalls: of some types.
        documents: int64 (sentences,), the number of each sentence's document, from 0; None if not known. With a
            confidence, they are taken as independent of each other.
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


def reached(split: ScoredSplit, name: str, recall: RecallPromise, bootstrap: Bootstrap) -> dict[str, Any]:
    """Compute the recall of a type in a split, with its 95 % interval: value, low, high.

    Args:
        split: with labels.
        name: of the type.
        recall: what is promised.
        bootstrap: over sentences or, with a confidence, documents.
    """
    counted = count_found(flatten(split.sentences), name, recall.found)
    if split.documents is not None and recall.confidence is not None:
        counted = of_documents(counted, split.documents)
    resampled = []
    for block in weights(counted.shape[1], bootstrap.resamples, bootstrap.seed):
        found, number = counted @ block.T
        resampled.append(divide(found, number))
    low, high = interval(np.concatenate(resampled))
    found, number = counted.sum(-1)
    return {"value": rounded(divide(found, number)), "low": rounded(low), "high": rounded(high)}


def count_found(sentences: TaggedSentences, type_: str, found_if: FoundIf = "exact") -> Doubles:
    """Count the gold entities of a type in each sentence; for plain tags, the words.

    Args:
        sentences: with gold labels.
        type_: of the entities.
        found_if: see `RecallPromise`.

    Returns:
        (2, sentences): those that are found, and all.
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
    """Count what `count_found` counts of each type at each bias, in steps of 1/16 from 0 to 16."""
    sweep = _Sweep(head, recalls)
    columns = 1 if documents is None else int(documents[-1]) + 1
    total = np.zeros((STEPS + 1, len(recalls), 2, columns))
    for sentences in _sentences(chunks, gold, documents):
        sweep.add(total[..., sentences.columns], sentences)
    return total


class _Sentences(NamedTuple):
    """Some sentences.

    Attributes:
        scores: (words, labels).
        lengths: the number of words of each sentence.
        gold: (words,), label ids.
        owners: the column of each sentence, to which it is counted.
        columns: where these columns are among those of all sentences.
        hidden: bool (words, labels), see `tagline.labels.hidden`; None: no label is.
    """

    scores: Floats
    lengths: Ints
    gold: LabelIds
    owners: Ints
    columns: slice
    hidden: Bools | None

    def where(self, words: Bools, sentences: Bools) -> _Sentences:
        """Choose some sentences, given also which words are theirs."""
        return _Sentences(
            self.scores[words],
            self.lengths[sentences],
            self.gold[words],
            self.owners[sentences],
            self.columns,
            None if self.hidden is None else self.hidden[words],
        )


def _sentences(chunks: Iterable[Chunk], gold: LabelIds, documents: Ints | None) -> Iterator[_Sentences]:
    """Yield the sentences of each chunk, with a column for each document, or one for all."""
    word = sentence = 0  # the first ones of the chunk
    for chunk in chunks:
        next_word = word + len(chunk.seen)
        next_sentence = sentence + len(chunk.lengths)
        owners = np.zeros(len(chunk.lengths), np.int64)
        if documents is not None:
            owners = documents[sentence:next_sentence]
        columns = slice(int(owners[0]), int(owners[-1]) + 1)
        of_words = gold[word:next_word]
        yield _Sentences(chunk.scores, chunk.lengths, of_words, owners - columns.start, columns, chunk.hidden)
        word = next_word
        sentence = next_sentence


class _Sweep:
    """Counts what is found of some types at each bias that they have in common, as `count_found` does.

    Args:
        head: chooses labels.
        recalls: of these types.
    """

    def __init__(self, head: Head, recalls: Mapping[str, RecallPromise]) -> None:
        self.head = head
        self.recalls = recalls

    def add(self, counts: Doubles, sentences: _Sentences) -> None:
        """Add the counts at all steps to (steps, types, 2, columns)."""
        low = self._decode(sentences, 0)
        high = self._decode(sentences, STEPS)
        self._add(counts[:-1], 0, sentences, low, high)
        counts[-1] += self._count(sentences, high)

    def _add(self, counts: Doubles, first: int, sentences: _Sentences, low: LabelIds, high: LabelIds) -> None:
        """Add the counts at some steps, a row each, given the labels at the first step and after the last one."""
        # The score of a label sequence is linear in the bias, and the best score convex: labels that are the best at
        # both ends are the best in between. Only other sentences are decoded at the middle, and so on in both halves.
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

    def _decode(self, sentences: _Sentences, step: int) -> LabelIds:
        added = bias_of_labels(self.head.labels, dict.fromkeys(self.recalls, step / STEPS_PER_UNIT))
        decoded = self.head.decode(sentences.scores + added, sentences.lengths)
        return without_hidden(decoded, sentences.hidden, self.head.labels)

    def _count(self, sentences: _Sentences, ids: LabelIds) -> Doubles:
        """Count what is found of each type with some labels: (types, 2, columns)."""
        no_scores = np.empty(len(ids), np.float32)
        tagged = TaggedSentences(self.head.labels, sentences.lengths.tolist(), ids, no_scores, sentences.gold)
        number = sentences.columns.stop - sentences.columns.start
        counts = np.empty((len(self.recalls), 2, number))
        for index, (name, recall) in enumerate(self.recalls.items()):
            found, gold = count_found(tagged, name, recall.found)
            counts[index, 0] = np.bincount(sentences.owners, weights=found, minlength=number)
            counts[index, 1] = np.bincount(sentences.owners, weights=gold, minlength=number)
        return counts
