"""Ranking: the disagreements of gold and of models, the most suspicious first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np

from tagline.artifacts.raw_data import COPY
from tagline.core import SPLITS
from tagline.crossval.out_of_fold import Chunk, FoldOutput
from tagline.crossval.review.disagreements import Disagreement, Usage, disagreements, texts_of
from tagline.labels import AnyInts, Doubles, Entity, Floats, Labels, TaggedSentence, TaggedSentences
from tagline.metrics.outcomes import ERRORS
from tagline.terminal import UserError

# Without folds, gold labels that are less probable are doubted: a model agrees with most of those it has learnt.
DOUBTED = 0.9
# Smaller probabilities count as this one.
LEAST = 1e-9
# Decimals of scores and probabilities.
SUSPICION_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Suspicion:
    """A disagreement with how much it suggests that gold is wrong.

    Attributes:
        score: larger is more suspicious.
        split: the split of the sentence.
        sentence: with gold labels and those of a model that has not seen it.
        disagreement: of gold and that model.
        gold_probability: geometric mean over its words of the probability of the gold label.
        suggested_probability: likewise of the suggested label.
    """

    score: float
    split: str
    sentence: TaggedSentence
    disagreement: Disagreement
    gold_probability: float
    suggested_probability: float

    def as_json(self, rank: int) -> dict[str, Any]:
        """What a line of `tagline audit --json` contains."""
        return {
            "rank": rank,
            "score": self.score,
            "kind": self.disagreement.fault,
            "split": self.split,
            "id": self.sentence.id,
            "words": [*self.sentence.words],
            "gold": [self._entity(entity) for entity in self.disagreement.gold],
            "suggested": [self._entity(entity) for entity in self.disagreement.suggested],
            "gold_probability": self.gold_probability,
            "suggested_probability": self.suggested_probability,
            "labels": self.sentence.gold_names,
            "predicted": self.sentence.predicted_names,
        }

    def _entity(self, entity: Entity) -> dict[str, Any]:
        return entity._asdict() | {"text": " ".join(self.sentence.words[entity.start : entity.end])}


@dataclass(frozen=True)
class Ranking:
    """The result of an audit.

    Attributes:
        labels: the label list.
        splits: those that are audited, in their order.
        numbers: of disagreements, by split and fault.
        suspicions: the most suspicious ones, best first.
    """

    labels: Labels
    splits: list[str]
    numbers: Counter[tuple[str, str]]
    suspicions: list[Suspicion]

    def lines(self) -> Iterator[str]:
        """Yield one line per split for the terminal."""
        for split in self.splits:
            numbers = {fault: self.numbers[split, fault] for fault in ERRORS if self.numbers[split, fault]}
            line = f"{split}: {sum(numbers.values()):,} disagreements"
            if numbers:
                line += f" ({', '.join(f'{number:,} {fault}' for fault, number in numbers.items())})"
            yield line


def rank_by_folds(folds: Sequence[FoldOutput], learnt: FoldOutput, splits: Sequence[str], most: int) -> Ranking:
    """Rank the disagreements of gold with models that were not trained on a sentence.

    In memory are the best of them, and the distinct texts that `Usage` counts.

    Args:
        folds: the outputs of all folds.
        learnt: how the model that was trained on all of train labels the same sentences.
        splits: to audit.
        most: maximum number of suspicions.

    Raises:
        UserError: `learnt` lacks a sentence.
    """
    usage = _count_usage(folds, splits)

    def found() -> Iterator[Found]:
        for split, fold in product(splits, folds):
            for rows in _beside(_differing(fold.chunks(split)), learnt, split):
                for disagreement in disagreements(rows.sentence):
                    yield _score(rows, disagreement, usage), split, rows, disagreement

    return _ranked(found(), learnt.labels, splits, most)


def rank_by_model(learnt: FoldOutput, splits: Sequence[str], most: int) -> Ranking:
    """Rank by the loss of gold in the model that was trained on all of train.

    Args:
        learnt: how it labels the sentences.
        splits: to audit.
        most: maximum number of suspicions.
    """

    def found() -> Iterator[Found]:
        for split in splits:
            for rows in _differing(map(_doubted, learnt.chunks(split))):
                if COPY.match(rows.sentence.id):  # of a repeated source, which is audited once
                    continue
                for disagreement in disagreements(rows.sentence):
                    yield _loss(rows, disagreement), split, rows, disagreement

    return _ranked(found(), learnt.labels, splits, most)


def _ranked(found: Iterable[Found], labels: Labels, splits: Sequence[str], most: int) -> Ranking:
    numbers: Counter[tuple[str, str]] = Counter()

    def counted() -> Iterator[Suspicion]:
        for score, split, rows, disagreement in found:
            numbers[split, disagreement.fault] += 1
            yield _suspicion(score, split, rows, disagreement)

    best = heapq.nlargest(most, counted(), key=lambda suspicion: suspicion.score)
    return Ranking(labels, [split for split in SPLITS if split in splits], numbers, best)


class Rows(NamedTuple):
    """A sentence, and the probabilities of all labels of its words, float32 (words, labels).

    Attributes:
        sentence: with gold labels and those of a model that was not trained on it.
        probabilities: of that model.
        learnt: of a model that was trained on the sentence, if they count.
    """

    sentence: TaggedSentence
    probabilities: Floats
    learnt: Floats | None = None


Found = tuple[float, str, Rows, Disagreement]
"""A score, and what it is of."""


def _differing(chunks: Iterable[Chunk]) -> Iterator[Rows]:
    """Yield each sentence with a label that is not gold's."""
    for sentences, probabilities in chunks:
        words = np.flatnonzero(sentences.known_gold != sentences.predicted)
        yield from _rows(sentences, probabilities, np.unique(sentences.sentences_of(words)).tolist())


def _doubted(chunk: Chunk) -> Chunk:
    """Sentences with gold labels where they are probable, and elsewhere the most probable of the other labels."""
    sentences, probabilities = chunk
    words = np.arange(len(probabilities))
    gold = sentences.known_gold
    others = probabilities.copy()
    others[words, gold] = -1
    is_doubted = probabilities.any(-1) & (probabilities[words, gold] < DOUBTED)
    predicted = np.where(is_doubted, others.argmax(-1), gold)
    return replace(sentences, predicted=predicted, scores=probabilities[words, predicted]), probabilities


def _rows(sentences: TaggedSentences, probabilities: Floats, indices: Iterable[int]) -> Iterator[Rows]:
    for index in indices:
        start, end = sentences.offsets[index : index + 2]
        yield Rows(sentences[index], probabilities[start:end])


def _beside(differing: Iterable[Rows], of_all: FoldOutput, split: str) -> Iterator[Rows]:
    """Yield sentences of a split, which come in its order, with the probabilities of the model trained on all."""
    whole = chain.from_iterable(
        _rows(sentences, probabilities, range(len(sentences))) for sentences, probabilities in of_all.chunks(split)
    )
    for rows in differing:
        sentence = rows.sentence
        for in_whole in whole:  # reads on in the split, from where the sentence before was
            if (in_whole.sentence.id, in_whole.sentence.words) == (sentence.id, sentence.words):
                yield rows._replace(learnt=in_whole.probabilities)
                break
        else:
            raise UserError(
                f"data/tokenized: no sentence {sentence.id} in {split} with the words that its fold has; expected the "
                "data of the folds; run `dvc repro crossval/dvc.yaml`"
            )


def _count_usage(folds: Sequence[FoldOutput], splits: Sequence[str]) -> Usage:
    """Count the texts of all disagreements, in all folds."""

    def chunks() -> Iterator[Chunk]:
        for split, fold in product(splits, folds):
            yield from fold.chunks(split)

    texts: set[str | tuple[str, ...]] = set()
    for rows in _differing(chunks()):
        for disagreement in disagreements(rows.sentence):
            texts.update(texts_of(rows.sentence, disagreement))
    return Usage(texts, chain.from_iterable(sentences for sentences, _ in chunks()))


def _score(rows: Rows, disagreement: Disagreement, usage: Usage) -> float:
    """The sum of the logarithms of how much more probable, or usual, the suggested labels are."""
    words = np.arange(*disagreement.extent)
    score = _log_odds(rows.sentence, rows.probabilities, words)
    if rows.learnt is not None:
        score += _log_odds(rows.sentence, rows.learnt, words)
    return score + usage.log_odds(rows.sentence, disagreement)


def _loss(rows: Rows, disagreement: Disagreement) -> float:
    """The largest loss of a gold label among the words that differ."""
    words = np.arange(*disagreement.extent)
    gold = rows.sentence.known_gold
    differing = words[gold[words] != rows.sentence.predicted[words]]
    return float(-_log_probabilities(rows.probabilities[differing], gold[differing]).min())


def _suspicion(score: float, split: str, rows: Rows, disagreement: Disagreement) -> Suspicion:
    sentence = rows.sentence
    words = np.arange(*disagreement.extent)

    def mean(labels: AnyInts) -> float:
        logarithms = _log_probabilities(rows.probabilities[words], labels[words])
        return round(float(np.exp(logarithms.mean())), SUSPICION_DIGITS)

    # Copies: views would keep the arrays of a whole chunk in memory.
    copies = {name: getattr(sentence, name).copy() for name in ("predicted", "scores", "gold")}
    return Suspicion(
        round(score, SUSPICION_DIGITS),
        split,
        replace(sentence, **copies),
        disagreement,
        gold_probability=mean(sentence.known_gold),
        suggested_probability=mean(sentence.predicted),
    )


def _log_odds(sentence: TaggedSentence, probabilities: Floats, words: AnyInts) -> float:
    """The mean, over the words whose labels differ, of how much more probable the suggested label is."""
    gold = sentence.known_gold
    suggested = sentence.predicted
    differing = words[gold[words] != suggested[words]]
    of_words = probabilities[differing]
    of_suggested = _log_probabilities(of_words, suggested[differing])
    of_gold = _log_probabilities(of_words, gold[differing])
    return float((of_suggested - of_gold).mean())


def _log_probabilities(of_words: Floats, labels: AnyInts) -> Doubles:
    """The logarithm of the probability of a label of each word; 0 for words without sub-words, which say nothing."""
    probabilities = of_words[np.arange(len(labels)), labels].astype(np.float64)
    probabilities[~of_words.any(-1)] = 1.0
    return np.log(np.maximum(probabilities, LEAST))
