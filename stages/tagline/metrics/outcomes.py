"""Outcomes: each gold or predicted entity is correct or one of four kinds of error."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from tagline.labels import Entity, Ints, Kind, TaggedSentence, flatten, split_tag
from tagline.metrics.scores import Counts, ratios, scores_of

OutcomeKind = Literal["correct", "missed", "spurious", "type_error", "boundary_error"]
# The kinds of error, each with its meaning.
ERRORS: dict[OutcomeKind, str] = {
    "missed": "a gold entity that was not predicted",
    "spurious": "a predicted entity that is not in gold",
    "type_error": "the same words, but another type",
    "boundary_error": "the same type, but only some of the words",
}


class Outcome(NamedTuple):
    """A gold entity, a predicted entity, or a pair of them.

    Attributes:
        kind: correct: type and boundaries agree. type_error: only the boundaries. boundary_error: the types agree and
            words overlap. missed, spurious: any other gold, or predicted, entity.
        gold: None if spurious.
        predicted: None if missed.
    """

    kind: OutcomeKind
    gold: Entity | None
    predicted: Entity | None

    @property
    def is_error(self) -> bool:
        return self.kind != "correct"

    @property
    def extent(self) -> tuple[int, int]:
        """The start and end of both entities together; the end is excluded."""
        entities = [entity for entity in (self.gold, self.predicted) if entity]
        return min(entity.start for entity in entities), max(entity.end for entity in entities)


def outcomes(sentence: TaggedSentence) -> list[Outcome]:
    """List the outcomes from left to right; for plain tags, each word is correct or a type error."""
    return match(sentence.gold_entities, sentence.predicted_entities)


def outcomes_of_errors(sentences: Sequence[TaggedSentence]) -> dict[int, list[Outcome]]:
    """The outcomes of each sentence with an error, by its index."""
    flat = flatten(sentences)
    in_gold, in_predicted = flat.correct
    wrong = np.concatenate([flat.gold_entities.start[~in_gold], flat.predicted_entities.start[~in_predicted]])
    return {index: outcomes(sentences[index]) for index in np.unique(flat.sentences_of(wrong)).tolist()}


def count_errors(outcomes: Mapping[int, Sequence[Outcome]], sentences: int) -> dict[OutcomeKind, Ints]:
    """Count the errors of each kind in each sentence, int64 (sentences,)."""
    counts = {kind: np.zeros(sentences, np.int64) for kind in ERRORS}
    for index, of_sentence in outcomes.items():
        for outcome in of_sentence:
            if outcome.is_error:
                counts[outcome.kind][index] += 1
    return counts


def match(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[Outcome]:
    """Pair the gold and predicted entities of a sentence; each is part of exactly one outcome.

    Entities with the same boundaries are paired first, then overlapping ones of the same type, those with most words in
    common first, from left to right on ties. Others are missed or spurious.

    Args:
        gold, predicted: from left to right, without overlaps.

    Returns:
        Outcomes by their extent.
    """
    pairs: dict[Entity, tuple[OutcomeKind, Entity]] = {}
    paired = set()
    for _, _, _, kind, entity, other in sorted(_candidates(gold, predicted)):
        if entity not in pairs and other not in paired:
            pairs[entity] = kind, other
            paired.add(other)
    result = [Outcome(kind, entity, other) for entity, (kind, other) in pairs.items()]
    result += [Outcome("missed", entity, None) for entity in gold if entity not in pairs]
    result += [Outcome("spurious", None, other) for other in predicted if other not in paired]
    return sorted(result, key=lambda outcome: outcome.extent)


def _candidates(
    gold: Sequence[Entity], predicted: Sequence[Entity]
) -> list[tuple[int, int, int, OutcomeKind, Entity, Entity]]:
    """List the pairs that may be matched, each after its sort key: the best pair has the lowest."""
    pairs: list[tuple[int, int, int, OutcomeKind, Entity, Entity]] = []
    first = 0
    for entity in gold:
        while first < len(predicted) and predicted[first].end <= entity.start:
            first += 1
        index = first
        while index < len(predicted) and predicted[index].start < entity.end:
            other = predicted[index]
            common = min(entity.end, other.end) - max(entity.start, other.start)
            if entity[1:] == other[1:]:
                kind: OutcomeKind = "correct" if entity.type == other.type else "type_error"
                pairs.append((0, -common, entity.start, kind, entity, other))
            elif entity.type == other.type:
                pairs.append((1, -common, entity.start, "boundary_error", entity, other))
            index += 1
    return pairs


# The type of words outside all entities. Not O, which may be the name of an entity type.
NO_TYPE = ""


def confusion(sentences: Sequence[TaggedSentence], kind: Kind) -> Counter[tuple[str, str]]:
    """Count words by gold and predicted type.

    Args:
        kind: spans: words outside entities have the type `NO_TYPE`; those outside on both sides are not counted. tags:
            a word's type is its label.
    """
    flat = flatten(sentences)
    names = flat.labels.names
    pairs = np.bincount(flat.known_gold * len(names) + flat.predicted)
    counts: Counter[tuple[str, str]] = Counter()
    for pair in np.flatnonzero(pairs).tolist():
        gold, predicted = (names[label] for label in divmod(pair, len(names)))
        if kind == "spans":
            gold, predicted = split_tag(gold)[1], split_tag(predicted)[1]
        counts[gold, predicted] += int(pairs[pair])
    if kind == "spans":
        del counts[NO_TYPE, NO_TYPE]
    return counts


def matching(counts: Counts, errors: Mapping[str, int]) -> dict[str, dict[str, float | int]]:
    """Score entities by less strict rules than type and boundaries, from the numbers of outcomes by kind.

    Returns:
        The scores of ``exact``, for which the boundaries are right, and of ``type``, for which the type and a word are.
    """
    gold, predicted = counts.gold.sum(), counts.predicted.sum()
    right = {"exact": errors["correct"] + errors["type_error"], "type": errors["correct"] + errors["boundary_error"]}
    return {name: scores_of(*ratios(number, predicted, gold), gold) for name, number in right.items()}
