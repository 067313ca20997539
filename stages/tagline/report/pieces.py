"""Pieces: a sentence split at the boundaries of gold and predicted entities, so that the page can mark both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from tagline.labels.entities import Entity
from tagline.metrics.outcomes import Outcome

NO_ENTITY = -1


@dataclass(frozen=True)
class Piece:
    """Words of a sentence, a note on an outcome, or a gap.

    Attributes:
        text: words in the same entities, with the spaces between them; empty for a note or a gap.
        gold: whether the words are in a gold entity.
        predicted: whether the words are in a predicted entity.
        note: an outcome that ends here.
        left_out: the number of words that are not shown here.
    """

    text: str = ""
    gold: bool = False
    predicted: bool = False
    note: Outcome | None = None
    left_out: int = 0


def pieces(words: Sequence[str], outcomes: Sequence[Outcome], shown: Sequence[bool]) -> list[Piece]:
    """Split a sentence at the boundaries of entities. The space between two words is in the entities of both.

    Args:
        words: the words of the sentence.
        outcomes: the outcomes to mark, correct ones included.
        shown: for each word, whether it is shown.
    """
    gold = _entity_indices(len(words), [outcome.gold for outcome in outcomes])
    predicted = _entity_indices(len(words), [outcome.predicted for outcome in outcomes])
    notes: dict[int, list[Outcome]] = {}  # by last word
    for outcome in outcomes:
        notes.setdefault(outcome.extent[1] - 1, []).append(outcome)
    result: list[Piece] = []
    for is_shown, group in groupby(range(len(words)), key=shown.__getitem__):
        indices = list(group)
        if not is_shown:
            result.append(Piece(left_out=len(indices)))
            continue
        parts: list[_Part] = []
        for index in indices:
            if index != indices[0]:
                parts.append(_Part(" ", _common(gold, index), _common(predicted, index), []))
            parts.append(_Part(words[index], gold[index], predicted[index], notes.get(index, [])))
        result += _merge(parts)
    return result


class _Part(NamedTuple):
    """A word or a space, the indices of its entities (or NO_ENTITY), and the outcomes that end with it."""

    text: str
    gold: int
    predicted: int
    notes: list[Outcome]


def _merge(parts: Sequence[_Part]) -> list[Piece]:
    """Merge neighbours in the same entities, up to where an outcome ends."""
    result: list[Piece] = []
    text = ""
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        text += part.text
        continues = following is not None and (following.gold, following.predicted) == (part.gold, part.predicted)
        if part.notes or not continues:
            result.append(Piece(text, part.gold != NO_ENTITY, part.predicted != NO_ENTITY))
            text = ""
        result += [Piece(note=outcome) for outcome in part.notes]
    return result


def _entity_indices(length: int, entities: Sequence[Entity | None]) -> list[int]:
    """For each word, the index of its entity."""
    indices = [NO_ENTITY] * length
    for index, entity in enumerate(entities):
        if entity:
            indices[entity.start : entity.end] = [index] * (entity.end - entity.start)
    return indices


def _common(indices: Sequence[int], word: int) -> int:
    """The entity of the space before a word."""
    return indices[word] if indices[word - 1] == indices[word] else NO_ENTITY
