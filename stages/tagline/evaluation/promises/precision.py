"""Precision: the lowest score above which the promised share of entities is right, also in later texts.

The entities with the highest scores are tested (`share_test`): at first as few as a promise needs, then always more;
and again from other numbers on, which do not depend on which are right. The promise is exact if entities with higher
scores are not less often right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tagline.evaluation.promises.promises_params import ALL, PrecisionPromise
from tagline.evaluation.promises.share_test import ShareTest, least_step, of_documents
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import WHOLE, AnyInts, Bools, Doubles, Ints, TaggedSentences, flatten
from tagline.metrics.scores import divide, rounded

# Each test has so many times the entities of the one before.
GROWTH = 1.05
# Tests start with all entities, and with 1, 4, 16 ... times as many as a promise needs at least: one error among few
# ends a sequence, however many of the others are right. The sequences share the allowed error (Bonferroni).
SPREAD = 4


class ChosenScore(NamedTuple):
    """What is chosen on validation.

    Attributes:
        score: the lowest accepted one; None: nothing is promised.
        statement: what is promised, or what that would need.
    """

    types: Sequence[str]
    score: float | None
    statement: str

    def reached(self, split: ScoredSplit) -> dict[str, Any]:
        """Describe what a split reaches.

        Returns:
            number, of predicted entities; if a score is accepted, also score, share of the entities with at least this
            score, their recall and, if there are any, their precision.
        """
        predicted = Predicted.of(flatten(split.sentences), self.types)
        point: dict[str, Any] = {"number": len(predicted.scores)}
        if self.score is not None:
            number = int(np.searchsorted(-predicted.scores, -self.score, side="right"))
            right = np.count_nonzero(~predicted.is_wrong[:number])
            point |= {
                "score": self.score,
                "share": rounded(divide(number, point["number"])),
                "recall": rounded(divide(right, predicted.gold)),
            }
            if number:
                point["precision"] = rounded(right / number)
        return point


class Predicted(NamedTuple):
    """The predicted entities of some types, the highest score first.

    Attributes:
        scores, is_wrong: float64 and bool (entities,).
        sentences: int64 (entities,), the index of each one's sentence.
        gold: the number of gold entities.
    """

    scores: Doubles
    is_wrong: Bools
    sentences: AnyInts
    gold: int

    @classmethod
    def of(cls, flat: TaggedSentences, types: Sequence[str]) -> Predicted:
        """Choose the entities of some types; of WHOLE, the sentences."""
        if list(types) == [WHOLE]:
            return cls._of_whole_sentences(flat)
        gold = int(np.count_nonzero(flat.gold_entities.of_types(types)))
        predicted = np.flatnonzero(flat.predicted_entities.of_types(types))
        predicted = predicted[np.argsort(-flat.confidences[predicted], kind="stable")]
        owners = flat.sentences_of(flat.predicted_entities.start[predicted])
        return cls(flat.confidences[predicted], ~flat.correct[1][predicted], owners, gold)

    @classmethod
    def _of_whole_sentences(cls, flat: TaggedSentences) -> Predicted:
        seen = np.where(flat.scores > 0, flat.scores, 1)  # words without sub-words have no score
        scores = np.minimum.reduceat(seen, flat.offsets[:-1]).astype(np.float64)
        in_gold, in_predicted = flat.correct
        missed, spurious = flat.gold_entities.start[~in_gold], flat.predicted_entities.start[~in_predicted]
        is_wrong = np.zeros(len(flat), bool)
        is_wrong[flat.sentences_of(np.append(missed, spurious))] = True
        order = np.argsort(-scores, kind="stable")
        return cls(scores[order], is_wrong[order], order, len(flat))

    def of_sentences(self, is_in: Bools) -> Predicted:
        """Choose the entities of some sentences, bool (sentences,); gold stays that of all."""
        entities = is_in[self.sentences]
        return Predicted(self.scores[entities], self.is_wrong[entities], self.sentences[entities], self.gold)


def choose_score(split: ScoredSplit, name: str, promise: PrecisionPromise, of_types: Sequence[str] = ()) -> ChosenScore:
    """Find the lowest score above which a precision can be promised.

    Args:
        name: of the type, or ALL: those without a promise of their own.
        of_types: the types with a promise of their own.
    """
    validation = flatten(split.sentences)
    types = [name]
    if name == ALL:
        types = [type_ for type_ in validation.labels.types if type_ not in of_types]
    predicted = Predicted.of(validation, types)
    # Equal sentences are not independent of each other; documents are, also those that share a sentence.
    is_tested = np.ones(len(validation), bool) if split.documents is not None else is_first(validation)
    suffix = "" if is_tested.all() else "; equal sentences count once"
    if name == ALL and of_types:
        suffix = f"; of types without a promise of their own: {', '.join(types)}{suffix}"
    entities = {ALL: "entities", WHOLE: "sentences"}.get(name, f"{name} entities")
    score, statement = find_score(predicted.of_sentences(is_tested), entities, promise, split.documents)
    return ChosenScore(types, score, statement + suffix)


def is_first(sentences: TaggedSentences) -> Bools:
    """Whether each sentence is the first with its words, bool (sentences,)."""
    hashes = [hash(tuple(words)) for words in sentences.words or ()]
    result = np.zeros(len(sentences), bool)
    result[np.unique(hashes, return_index=True)[1]] = True
    return result


def find_score(
    predicted: Predicted, entities: str, promise: PrecisionPromise, documents: Ints | None = None
) -> tuple[float | None, str]:
    """Find the lowest score above which the precision can be promised, if any, and make a statement.

    Args:
        entities: what the statement calls them.
        documents: the number of each sentence's document; None if not known.
    """
    scores = predicted.scores
    # What is independent of each other: each entity, or the entities of a document together.
    units = np.arange(len(scores)) if documents is None else documents[predicted.sentences]
    firsts = np.sort(np.unique(units, return_index=True)[1])
    test = with_sequences(ShareTest(promise.at_least, promise.confidence, 1, documents is not None, len(firsts)))
    sizes = np.array([len(scores)])
    if test.sequences > 1:
        sizes = _growing_sizes(scores, int(firsts[test.least_number - 1]) + 1)
    wrong, number = _count_wrong(predicted.is_wrong, units, sizes)
    starts = [0]
    for multiple in SPREAD ** np.arange(test.sequences - 1):
        starts.append(int(np.count_nonzero(number >= multiple * test.least_number)) - 1)
    step = least_step(test.passes(wrong, number), starts)
    if step is None:
        score = None
        shown = starts[int(np.argmin(test.p_values(wrong, number)[starts]))]
        are_right = "with the highest scores are right"
    else:
        score = float(scores[sizes[step] - 1])
        shown = step
        # Not lower than the score, since nothing is promised below it.
        are_right = f"with a score of at least {math.ceil(score * 1000) / 1000:g} are right"
    test = test._replace(number=int(number[shown]))
    return score, test.statement(step is not None, float(wrong[shown]), entities, are_right, "wrong")


def _growing_sizes(scores: Doubles, first: int) -> Ints:
    """How many entities are tested, from all down to the first number, ties included."""
    grown = first * GROWTH ** np.arange(math.ceil(math.log(len(scores) / first, GROWTH)))
    sizes = np.unique(np.append(grown.astype(np.int64), len(scores)))[::-1]
    return np.searchsorted(-scores, -scores[sizes - 1], side="right")


def _count_wrong(is_wrong: Bools, units: Ints, sizes: Ints) -> Doubles:
    """Count the wrong ones and all of the first entities, or sum their shares of documents: (2, sizes)."""
    sides = np.array([is_wrong, np.ones(len(is_wrong))])
    sums = [of_documents(sides[:, :size], units[:size]).sum(-1) for size in sizes]
    return np.array(sums).T


def with_sequences(test: ShareTest) -> ShareTest:
    """Share the risk among as many sequences as have a start: one with all units, the others with fewer."""
    more = test._replace(sequences=test.sequences + 1)
    if more.least_number * SPREAD ** (more.sequences - 2) >= test.number:
        return test
    return with_sequences(more)
