"""Ranking: the disagreements of all folds, the most suspicious first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tagline.audit.audit_params import CROSSVAL, Audit
from tagline.audit.review.disagreements import FAULTS, Disagreement, Usage, disagreements, texts_of
from tagline.core import SPLITS
from tagline.crossval import crossval_params, out_of_fold
from tagline.crossval.crossval_params import read_crossval
from tagline.crossval.out_of_fold import Chunk, FoldOutput, read_folds
from tagline.labels.entities import Entity
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentence, TaggedSentences
from tagline.labels.windows import AnyInts, Doubles, Floats
from tagline.terminal import UserError

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
# The folder of the model that was trained on all, and the stage that writes it.
ALL = "all"
MADE_ALL = "audit/dvc.yaml:all"
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
        """What a line of reports/audit.jsonl contains."""
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
        params: of the audit.
        folds: the output of each fold.
        numbers: of disagreements, by split and fault.
        suspicions: the most suspicious ones, best first.
    """

    params: Audit
    folds: list[FoldOutput]
    numbers: Counter[tuple[str, str]]
    suspicions: list[Suspicion]

    @property
    def labels(self) -> Labels:
        """The label list."""
        return self.folds[0].labels

    @property
    def splits(self) -> list[str]:
        """The splits that are audited."""
        return _splits(self.params)

    def message(self) -> str:
        """One line per split for the terminal, then how good the models are."""
        lines = []
        for split in self.splits:
            numbers = {fault: self.numbers[split, fault] for fault in FAULTS if self.numbers[split, fault]}
            line = f"{split}: {sum(numbers.values()):,} disagreements"
            if numbers:
                line += f" ({', '.join(f'{number:,} {fault}' for fault, number in numbers.items())})"
            lines.append(line)
        scores = ", ".join(f"{fold.made_of['validation_f1']:.3f}" for fold in self.folds)
        return "\n".join([*lines, f"F1 on validation: {scores}"])


def rank(folder: Path, params: Audit) -> Ranking:
    """Rank the disagreements of all folds.

    In memory are the best ``params.most`` of them, and the distinct texts that `Usage` counts.

    Args:
        folder: data/audit, with a folder for each fold.
        params: the section ``audit``.

    Raises:
        UserError: a fold is missing or damaged, or was made with other params or other data.
    """
    folds = _read_folds(folder, params)
    splits = _splits(params)
    usage = None
    learnt = None
    if not params.by_surface:
        usage = _count_usage(folds, splits)
        learnt = _trained_on_all(folder / ALL, folds[0])
    numbers: Counter[tuple[str, str]] = Counter()

    def counted() -> Iterator[Suspicion]:
        for split, fold in product(splits, folds):
            differing = _differing(fold.chunks(split))
            if learnt is not None:
                differing = _beside(differing, learnt, split)
            for rows in differing:
                for disagreement in disagreements(rows.sentence):
                    numbers[split, disagreement.fault] += 1
                    yield _suspicion(split, rows, disagreement, usage)

    best = heapq.nlargest(params.most, counted(), key=lambda suspicion: suspicion.score)
    return Ranking(params, folds, numbers, best)


def _splits(params: Audit) -> list[str]:
    return [split for split in SPLITS if split in params.splits]


def _read_folds(folder: Path, params: Audit) -> list[FoldOutput]:
    """Check the outputs of the audit's folds, or of those of the cross-validation."""
    if params.folds == CROSSVAL:
        crossval = read_crossval()
        return read_folds(crossval_params.FOLDS, CROSSVAL, crossval, crossval.folds, TOKENIZED, TESTS)
    return read_folds(folder, "audit", params, params.folding.folds, TOKENIZED, TESTS)


def _trained_on_all(folder: Path, fold: FoldOutput) -> FoldOutput:
    """Check data/audit/all, in which the model that was trained on all of train labels the same sentences.

    Raises:
        UserError: the folder is missing or damaged, or was made with other data than the fold.
    """
    labels, made_of = out_of_fold.read_provenance(folder, MADE_ALL)
    if made_of["tokenized"] != fold.made_of["tokenized"]:
        raise UserError(f"{folder}: made with other data than the folds; run `dvc repro {MADE_ALL}`")
    return FoldOutput(folder, labels, made_of)


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


def _differing(chunks: Iterable[Chunk]) -> Iterator[Rows]:
    """Yield each sentence with a label that is not gold's."""
    for sentences, probabilities in chunks:
        words = np.flatnonzero(sentences.known_gold != sentences.predicted)
        yield from _rows(sentences, probabilities, np.unique(sentences.sentences_of(words)).tolist())


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
            raise UserError(f"{of_all.folder}: lacks sentence {sentence.id} of {split}; run `dvc repro {MADE_ALL}`")


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


def _suspicion(split: str, rows: Rows, disagreement: Disagreement, usage: Usage | None) -> Suspicion:
    """Score a disagreement: the sum of the logarithms of how much more probable, or usual, the suggested labels are.

    Args:
        split: the split of the sentence.
        rows: the sentence with the probabilities of its words.
        disagreement: of gold and that model.
        usage: of gold in other sentences, if it counts.
    """
    sentence = rows.sentence
    words = np.arange(*disagreement.extent)
    score = _log_odds(sentence, rows.probabilities, words)
    if rows.learnt is not None:
        score += _log_odds(sentence, rows.learnt, words)
    if usage is not None:
        score += usage.log_odds(sentence, disagreement)

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
