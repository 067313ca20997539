"""Slices: scores of parts of a split, which show where a model fails."""

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

# Upper limits of the length slices in words; one more slice has no upper limit.
ENTITY_LENGTHS = (1, 2)
SENTENCE_LENGTHS = (10, 20, 40)


def slices(sentences: Sequence[TaggedSentence], counts: Counts, training: TrainingIndex) -> dict[str, Any]:
    """Score parts of a split. Which slices exist depends on gold alone.

    Args:
        sentences: with gold labels.
        counts: of these sentences.
        training: index of the training split.

    Returns:
        - ``text``: entities (plain tags: words) by whether the training split has them with this type (``seen``), with
          other types only (``seen_as_other_type``), or not (``unseen``);
        - ``entity_length``: entities by number of words, for spans only;
        - ``sentence_length``: sentences by number of words;
        - ``not_in_train``: the sentences that the training split does not have.

        All but the last are dictionaries of scores by slice. The gold and the predicted entity of a correct pair are in
        the same slice.
    """

    def text(sentence: TaggedSentence, entity: Entity) -> str:
        types = training.types(sentence.words, entity)
        return "seen" if entity.type in types else "seen_as_other_type" if types else "unseen"

    def length(_: TaggedSentence, entity: Entity) -> str:
        return _range(entity.end - entity.start, ENTITY_LENGTHS)

    result: dict[str, Any] = {"text": _of_entities(sentences, counts, text)}
    if counts.kind == "spans":
        result["entity_length"] = _of_entities(sentences, counts, length)
    lengths = [len(sentence.words) for sentence in sentences]
    ranges = [_range(length, SENTENCE_LENGTHS) for length in lengths]
    names = dict.fromkeys(_range(length, SENTENCE_LENGTHS) for length in sorted(lengths))  # 1-10, 11-20, ...
    by_length = {name: _of_sentences(counts, [name == other for other in ranges]) for name in names}
    result["sentence_length"] = {name: scores for name, scores in by_length.items() if scores["number"]}
    new = _of_sentences(counts, [not training.contains(sentence.words) for sentence in sentences])
    return result | ({"not_in_train": new} if new["number"] else {})


def _of_entities(
    sentences: Sequence[TaggedSentence], counts: Counts, slice_of: Callable[[TaggedSentence, Entity], str]
) -> dict[str, Scores]:
    """Score the entities of each slice; for plain tags, compute the accuracy of its words."""
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
    """Compute the overall scores of the chosen sentences; ``number`` is 0 if none is chosen."""
    total = counts.total(np.array(chosen, dtype=np.float64))
    scores = rounded(*total.overall(), number=int(total.gold.sum()), accuracy=float(total.accuracy()))
    return scores | {"sentences": sum(chosen)}


def _range(length: int, limits: Sequence[int]) -> str:
    """Name the range that contains a length, such as 1-10, 11-20 or 41+."""
    low = 1
    for high in limits:
        if length <= high:
            return f"{low}-{high}" if low < high else str(high)
        low = high + 1
    return f"{low}+"
