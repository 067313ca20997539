"""Slices: the scores of parts of a split, to see where a model fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tagline.labels.entities import Entity, marked
from tagline.labels.label_list import Kind
from tagline.metrics.counts import Counts, ratios
from tagline.metrics.scores import DIGITS, Rows, numbers
from tagline.metrics.training_index import TrainingIndex

Scores = dict[str, float | int]

# The most words of each slice; one more holds the rest.
ENTITY_LENGTHS = (1, 2)
SENTENCE_LENGTHS = (10, 20, 40)


def slices(words: Rows, gold: Rows, predicted: Rows, counts: Counts, seen: TrainingIndex) -> dict[str, Any]:
    """Score parts of a split. Which there are depends on the data alone: a slice without gold is left out.

    Args:
        words: a list a sentence.
        gold: their labels.
        predicted: likewise.
        counts: of these labels.
        seen: what the model was trained on.

    Returns:
        - ``text``: entities (of plain tags: words) that training has with this type, with others only, or not at all;
        - ``entity_length``, in words, of spans only;
        - ``sentence_length``, in words;
        - ``not_in_train``: the sentences that do not also stand in training.

        The first two are keyed by slice. A right entity is in one slice, be it looked at as gold or as predicted.
    """

    def text(words: Sequence[str], entity: Entity) -> str:
        types = seen.types(words, entity)
        return "seen" if entity.type in types else "seen_as_other_type" if types else "unseen"

    def length(_: Sequence[str], entity: Entity) -> str:
        return _range(entity.end - entity.start, ENTITY_LENGTHS)

    found: dict[str, Any] = {"text": _of_entities(words, gold, predicted, counts.kind, text)}
    if counts.kind == "spans":
        found["entity_length"] = _of_entities(words, gold, predicted, counts.kind, length)
    ranges = [_range(len(row), SENTENCE_LENGTHS) for row in words]
    # In the order of the ranges, not in that of the sentences.
    names = sorted(set(ranges), key=lambda name: int(name.strip("+").split("-")[0]))
    by_length = {name: _of_sentences(counts, [name == one for one in ranges]) for name in names}
    found["sentence_length"] = {name: scores for name, scores in by_length.items() if scores["number"]}
    new = _of_sentences(counts, [not seen.holds(row) for row in words])
    return found | ({"not_in_train": new} if new["number"] else {})


def _of_entities(
    words: Rows, gold: Rows, predicted: Rows, kind: Kind, slice_of: Callable[[Sequence[str], Entity], str]
) -> dict[str, Scores]:
    """The scores of the entities of each slice; of plain tags the share of the slice's words that are right."""
    in_gold: Counter[str] = Counter()
    in_predicted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row, true, found in zip(words, gold, predicted, strict=True):
        a, b = set(marked(true, kind)), set(marked(found, kind))
        for counter, spans in ((in_gold, a), (in_predicted, b), (right, a & b)):
            counter.update(slice_of(row, entity) for entity in spans)
    result: dict[str, Scores] = {}
    for name, number in sorted(in_gold.items()):
        precision, recall, f1 = map(float, ratios(right[name], in_predicted[name], number))
        accuracy: Scores = {"accuracy": round(recall, DIGITS), "number": number}
        result[name] = numbers(precision, recall, f1, number) if kind == "spans" else accuracy
    return result


def _of_sentences(counts: Counts, chosen: Sequence[bool]) -> Scores:
    """The overall scores of some sentences; without any of them ``number`` is 0."""
    total = counts.total(np.array(chosen, dtype=np.float64))
    precision, recall, f1 = map(float, total.overall())
    scores = numbers(precision, recall, f1, int(total.gold.sum()), float(total.accuracy()))
    return scores | {"sentences": sum(chosen)}


def _range(length: int, limits: Sequence[int]) -> str:
    """The name of the range that a length is in: 1-10, 11-20, ... and 41+."""
    low = 1
    for high in limits:
        if length <= high:
            return f"{low}-{high}" if low < high else str(high)
        low = high + 1
    return f"{low}+"
