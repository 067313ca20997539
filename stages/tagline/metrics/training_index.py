"""Training index: looks up sentences and entities of the training split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tagline.labels.entities import Entity, marked
from tagline.labels.label_list import Kind


class TrainingIndex:
    """Sentences and entities of the training split, case-sensitive.

    Args:
        sentences: words and label names of each sentence.
        kind: how the labels are read.
    """

    def __init__(self, sentences: Iterable[tuple[Sequence[str], Sequence[str]]], kind: Kind) -> None:
        self._sentences: set[tuple[str, ...]] = set()
        self._types: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for words, labels in sentences:
            self._sentences.add(tuple(words))
            for entity in marked(labels, kind):
                self._types[tuple(words[entity.start : entity.end])].add(entity.type)

    def contains(self, words: Sequence[str]) -> bool:
        """Whether the training split has a sentence of exactly these words."""
        return tuple(words) in self._sentences

    def types(self, words: Sequence[str], entity: Entity) -> set[str]:
        """The types of the training split's entities with the same words as an entity of ``words``."""
        return self._types.get(tuple(words[entity.start : entity.end]), set())
