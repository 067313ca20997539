"""Slices: the scores of parts of a split, to see where a model fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentence
from tagline.metrics.counts import Counts, ratios
from tagline.metrics.scores import DIGITS, rounded
from tagline.metrics.training_index import TrainingIndex

Scores = dict[str, float | int]

# Upper limits of the slices, in words; one more slice holds the rest.
ENTITY_LENGTHS = (1, 2)
SENTENCE_LENGTHS = (10, 20, 40)


def slices(sentences: Sequence[TaggedSentence], counts: Counts, training: TrainingIndex) -> dict[str, Any]:
    """Score parts of a split. The slices depend on the data alone: one without gold is left out.

    Args:
        sentences: with gold labels.
        counts: of these sentences.
        training: what the model was trained on.

    Returns:
        - ``text``: entities (for plain tags: words) that training has with this type, with other types only, or not;
        - ``entity_length``, in words, for spans only;
        - ``sentence_length``, in words;
        - ``not_in_train``: the sentences that training does not have.

        The first two are keyed by slice. A correct entity is in the same slice as gold and as predicted entity.
    """

    def text(sentence: TaggedSentence, entity: Entity) -> str:
        types = training.types(sentence.words, entity)
        return "seen" if entity.type in types else "seen_as_other_type" if types else "unseen"

    def length(_: TaggedSentence, entity: Entity) -> str:
        return _range(entity.end - entity.start, ENTITY_LENGTHS)

    found: dict[str, Any] = {"text": _of_entities(sentences, counts, text)}
    if counts.kind == "spans":
        found["entity_length"] = _of_entities(sentences, counts, length)
    ranges = [_range(len(sentence.words), SENTENCE_LENGTHS) for sentence in sentences]
    # In the order of the ranges, not of the sentences.
    names = sorted(set(ranges), key=lambda name: int(name.strip("+").split("-")[0]))
    by_length = {name: _of_sentences(counts, [name == one for one in ranges]) for name in names}
    found["sentence_length"] = {name: scores for name, scores in by_length.items() if scores["number"]}
    new = _of_sentences(counts, [not training.contains(sentence.words) for sentence in sentences])
    return found | ({"not_in_train": new} if new["number"] else {})


def _of_entities(
    sentences: Sequence[TaggedSentence], counts: Counts, slice_of: Callable[[TaggedSentence, Entity], str]
) -> dict[str, Scores]:
    """Score the entities of each slice; for plain tags compute the share of its words that are correct."""
    in_gold: Counter[str] = Counter()
    in_predicted: Counter[str] = Counter()
    correct: Counter[str] = Counter()
    for sentence in sentences:
        gold, predicted = set(sentence.gold_entities), set(sentence.predicted_entities)
        for counter, entities in ((in_gold, gold), (in_predicted, predicted), (correct, gold & predicted)):
            counter.update(slice_of(sentence, entity) for entity in entities)
    result: dict[str, Scores] = {}
    for name, number in sorted(in_gold.items()):
        precision, recall, f1 = map(float, ratios(correct[name], in_predicted[name], number))
        accuracy: Scores = {"accuracy": round(recall, DIGITS), "number": number}
        result[name] = rounded(precision, recall, f1, number=number) if counts.kind == "spans" else accuracy
    return result


def _of_sentences(counts: Counts, chosen: Sequence[bool]) -> Scores:
    """Compute the overall scores of some sentences; without any of them ``number`` is 0."""
    total = counts.total(np.array(chosen, dtype=np.float64))
    scores = rounded(*total.overall(), number=int(total.gold.sum()), accuracy=float(total.accuracy()))
    return scores | {"sentences": sum(chosen)}


def _range(length: int, limits: Sequence[int]) -> str:
    """Name the range of a length: 1-10, 11-20, ... and 41+."""
    low = 1
    for high in limits:
        if length <= high:
            return f"{low}-{high}" if low < high else str(high)
        low = high + 1
    return f"{low}+"
