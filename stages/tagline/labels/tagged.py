"""Tagged sentences: words with predicted labels, and with gold labels where these are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tagline.labels.entities import Entity, confidence, marked
from tagline.labels.label_list import Kind, LabelNames, Labels
from tagline.labels.schemes import OUTSIDE

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class TaggedSentence:
    """A sentence or document with one predicted label per word.

    Labels are ids until names are asked for. Entities are read from them once.

    Attributes:
        id: the name of the sentence in messages, files and the report.
        words: its words; empty where only labels are scored.
        labels: the label list of the ids below.
        predicted: int (words,), the predicted label ids.
        scores: float32 (words,), the probability of each predicted label; 0 for words without sub-words.
        gold: int (words,), the gold label ids; None if unknown.
    """

    id: str
    words: Sequence[str]
    labels: Labels | LabelNames
    predicted: Ints
    scores: npt.NDArray[np.float32]
    gold: Ints | None = None

    @property
    def kind(self) -> Kind:
        return self.labels.kind

    @property
    def predicted_names(self) -> list[str]:
        return self._names(self.predicted)

    @property
    def gold_names(self) -> list[str]:
        return self._names(self.known_gold)

    @property
    def predicted_entities(self) -> list[Entity]:
        return self._entities("predicted", self.predicted)

    @property
    def gold_entities(self) -> list[Entity]:
        return self._entities("gold", self.known_gold)

    def _entities(self, side: str, ids: Ints) -> list[Entity]:
        # Not functools.cached_property: until Python 3.12 it has one lock for all sentences, which stays locked in a
        # process that was forked while another thread held it.
        kept: dict[str, list[Entity]] = self.__dict__.setdefault("_kept", {})
        if side not in kept:
            kept[side] = marked(self._names(ids), self.kind)
        return kept[side]

    @property
    def known_gold(self) -> Ints:
        """The gold label ids; a `ValueError` if they are unknown."""
        if self.gold is None:
            raise ValueError(f"the gold labels of {self.id} are unknown")
        return self.gold

    def confidence(self, entity: Entity) -> float:
        """Average the scores of the words of an entity."""
        return confidence(entity, self.scores)

    def without_unsure(self, least: float) -> TaggedSentence:
        """Return the sentence with O instead of predicted entities whose confidence is below a limit."""
        unsure = [entity for entity in self.predicted_entities if self.confidence(entity) < least]
        if not unsure:
            return self
        predicted = self.predicted.copy()
        for entity in unsure:
            predicted[entity.start : entity.end] = self.labels.names.index(OUTSIDE)
        return replace(self, predicted=predicted)

    def relabelled(self, labels: Labels | LabelNames) -> TaggedSentence:
        """Return the sentence with the same label names as ids of another list, which contains all of them."""
        ids = _translation(self.labels.names, labels.names)
        gold = None if self.gold is None else ids[self.gold]
        return replace(self, labels=labels, predicted=ids[self.predicted], gold=gold)

    def with_gold_of(self, other: TaggedSentence) -> TaggedSentence:
        """Return the same predictions with the gold labels of another sentence of the same words and label list."""
        return replace(self, gold=other.gold)

    def _names(self, ids: Ints) -> list[str]:
        names = self.labels.names
        return [names[index] for index in ids.tolist()]


@cache  # few pairs of label lists
def _translation(names: tuple[str, ...], new_names: tuple[str, ...]) -> Ints:
    """For each id of a label list, the id of the same name in another one."""
    ids = {name: index for index, name in enumerate(new_names)}
    return np.array([ids[name] for name in names], dtype=np.int64)
