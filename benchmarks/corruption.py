"""Label errors made on purpose, in five ways, by a seed, and how well a ranking of words or entities finds them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

from sides import TASK

WAYS = ("drop", "invent", "type", "boundary", "swap")
Rows = list[dict[str, list[str]]]


class Error(NamedTuple):
    """An error: its sentence, the words of the right and the wrong entity together, and its way."""

    sentence: int
    start: int
    end: int
    way: str


def corrupt(rows: Rows, share: float, seed: int) -> tuple[Rows, list[Error]]:
    """Corrupt a share of the entities, each way equally often, and no entity twice.

    drop removes an entity, invent adds one where there is none, type changes its type, boundary adds or removes a word
    at its start or end, and swap exchanges the types of two entities of a sentence, which makes two errors.

    Args:
        rows: words and tags in IOB2 of each sentence.
        share: of the entities, from 0 to 1.
        seed: of the choice.
    """
    corruption = _Corruption(rows, random.Random(seed))
    wanted = round(share * sum(map(len, corruption.entities)))
    while len(corruption.errors) < wanted:
        counts = {way: sum(error.way == way for error in corruption.errors) for way in WAYS}
        corruption.add(min(WAYS, key=counts.__getitem__))
    tagged = zip(rows, corruption.entities, strict=True)
    return [row | {TASK: _tags(len(row[TASK]), entities)} for row, entities in tagged], sorted(corruption.errors)


class _Corruption:
    """The state of a corruption: entities (start, end, type) of each sentence, and those that may still be chosen."""

    def __init__(self, rows: Rows, generator: random.Random) -> None:
        from tagline.labels.entities import entities

        self.rows, self.generator = rows, generator
        self.entities = [[(found.start, found.end, found.type) for found in entities(row[TASK])] for row in rows]
        self.pool = [(sentence, entity) for sentence, row in enumerate(self.entities) for entity in row]
        self.types = sorted({entity[2] for _, entity in self.pool})
        self.all = list(self.pool)
        generator.shuffle(self.pool)
        self.errors: list[Error] = []

    def add(self, way: str) -> None:
        """Make an error of a way, or none if what is drawn does not allow it."""
        getattr(self, f"_{way}")()

    def _drop(self) -> None:
        sentence, entity = self.pool.pop()
        self._replace(sentence, entity, None, "drop")

    def _type(self) -> None:
        sentence, (start, end, type_) = self.pool.pop()
        other = self.generator.choice([name for name in self.types if name != type_])
        self._replace(sentence, (start, end, type_), (start, end, other), "type")

    def _boundary(self) -> None:
        sentence, (start, end, type_) = self.pool.pop()
        free = self._free(sentence)
        candidates = [(start - 1, end)] * (start - 1 in free) + [(start, end + 1)] * (end in free)
        candidates += [(start + 1, end), (start, end - 1)] * (end - start > 1)
        if candidates:
            changed = self.generator.choice(candidates)
            self._replace(sentence, (start, end, type_), (*changed, type_), "boundary")

    def _swap(self) -> None:
        sentence, first = self.pool.pop()
        others = [each for each in self.pool if each[0] == sentence and each[1][2] != first[2]]
        if others:
            self.pool.remove(others[0])
            for own, other in ((first, others[0][1]), (others[0][1], first)):
                self._replace(sentence, own, (*own[:2], other[2]), "swap")

    def _invent(self) -> None:
        _, (start, end, type_) = self.generator.choice(self.all)
        sentence = self.generator.randrange(len(self.rows))
        first = self.generator.randrange(len(self.rows[sentence][TASK]))
        if set(range(first, first + end - start)) <= self._free(sentence):
            self._replace(sentence, None, (first, first + end - start, type_), "invent")

    def _free(self, sentence: int) -> set[int]:
        """The words of a sentence that are in no entity and in no error."""
        taken = [*self.entities[sentence], *(error[1:] for error in self.errors if error.sentence == sentence)]
        return set(range(len(self.rows[sentence][TASK]))).difference(*(range(*each[:2]) for each in taken))

    def _replace(self, sentence: int, old: Any, new: Any, way: str) -> None:
        entities = [entity for entity in self.entities[sentence] if entity != old]
        self.entities[sentence] = sorted([*entities, *([new] if new else [])])
        both = [each for each in (old, new) if each]
        self.errors.append(Error(sentence, min(each[0] for each in both), max(each[1] for each in both), way))


def _tags(length: int, entities: Sequence[tuple[int, int, str]]) -> list[str]:
    tags = ["O"] * length
    for start, end, type_ in entities:
        tags[start:end] = [f"B-{type_}", *[f"I-{type_}"] * (end - start - 1)]
    return tags


# The first items whose precision is measured, and the share of the sentences that somebody reviews.
FIRST, REVIEWED = 100, 0.05


class Item(NamedTuple):
    """What a ranking suggests to review: some words of a sentence; a larger score comes first."""

    score: float
    sentence: int
    start: int
    end: int


def findings(items: Sequence[Item], errors: Sequence[Error], sentences: int) -> dict[str, float]:
    """Measure a ranking.

    An item that overlaps an error finds it. Further items of an error that is found already are passed over, so that a
    ranking of words is not punished for entities of several words.

    Args:
        items: what the ranking suggests.
        errors: all errors.
        sentences: number of sentences.

    Returns:
        - ``average_precision``: the mean over all errors of the precision at the item that finds it, or 0;
        - ``precision_at_100``: the share of the first 100 items that find errors;
        - ``recall_at_5_percent``: the share of the errors in the first 5 % of the sentences, ranked by their best item.
    """
    ranked = sorted(items, key=lambda item: -item.score)
    of_sentence: dict[int, list[Error]] = {}
    for error in errors:
        of_sentence.setdefault(error.sentence, []).append(error)
    found: set[Error] = set()
    true, precisions = [], []
    for item in ranked:
        here = [each for each in of_sentence.get(item.sentence, []) if each.start < item.end and item.start < each.end]
        if here and found.issuperset(here):
            continue
        true.append(bool(here))
        precisions += [sum(true) / len(true)] * len(set(here) - found)
        found |= set(here)
    reviewed = list(dict.fromkeys(item.sentence for item in ranked))[: ceil(REVIEWED * sentences)]
    return {
        "average_precision": sum(precisions) / len(errors),
        f"precision_at_{FIRST}": sum(true[:FIRST]) / FIRST,
        f"recall_at_{REVIEWED:.0%}".replace("%", "_percent"): sum(len(of_sentence.get(each, [])) for each in reviewed)
        / len(errors),
    }
