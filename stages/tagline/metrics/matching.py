"""Matching: entities that agree in part, counted as nervaluate does (SemEval-2013 task 9; Segura-Bedmar et al.)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.metrics.counts import ratios
from tagline.metrics.scores import rounded


def matching(sentences: Sequence[TaggedSentence], with_errors: Collection[int]) -> dict[str, dict[str, float | int]]:
    """Score entities by how they agree; the strict scores of nervaluate are the overall ones.

    Each predicted entity, from left to right, is paired with one gold entity that overlaps with it and has no pair yet.

    Args:
        sentences: with gold labels of the kind ``spans``.
        with_errors: the indices of those whose gold and predicted entities differ.

    Returns:
        ``{"exact", "partial", "type": {precision, recall, f1, number}}``. exact: the boundaries agree. partial: a pair
        counts 1 if they do, else 0.5. type: the types of a pair agree.
    """
    flat = flatten(sentences)
    gold, predicted = len(flat.gold_entities.start), len(flat.predicted_entities.start)
    wrong = [(sentences[index].gold_entities, sentences[index].predicted_entities) for index in with_errors]
    right = np.array([predicted - sum(len(of_sentence) for _, of_sentence in wrong)] * 3, np.float64)
    for pair in wrong:
        same = [own[1:] == other[1:] for own, other in _pairs(*pair, _by_boundaries)]
        types = [own.type == other.type for own, other in _pairs(*pair, _by_type)]
        right += [sum(same), (sum(same) + len(same)) / 2, sum(types)]
    names = ("exact", "partial", "type")
    return {name: rounded(*ratios(each, predicted, gold), number=gold) for name, each in zip(names, right, strict=True)}


def _pairs(
    gold: Sequence[Entity], predicted: Sequence[Entity], key: Callable[[Entity, Entity], Any]
) -> Iterator[tuple[Entity, Entity]]:
    left = list(gold)
    for entity in predicted:
        overlapping = [own for own in left if own.start < entity.end and entity.start < own.end]
        if overlapping:
            best = min(overlapping, key=lambda own: key(own, entity))  # the first of equals
            left.remove(best)
            yield best, entity


def _by_boundaries(gold: Entity, predicted: Entity) -> bool:
    return gold[1:] != predicted[1:]


def _by_type(gold: Entity, predicted: Entity) -> tuple[bool, int]:
    """A gold entity of the same type is better; of several, the one whose boundaries are closest."""
    if gold.type != predicted.type:
        return True, 0
    return False, abs(gold.start - predicted.start) + abs(gold.end - predicted.end)
