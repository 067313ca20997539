"""Training index: looks up sentences and entities of other splits in the training split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tagline.labels.entities import Entity, marked
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence


class TrainingIndex:
    """What the training split has of other splits' sentences and entities, case-sensitive.

    Memory grows with the other splits only: the training split is read once, sentence by sentence.

    Args:
        training: words and label names of each sentence of the training split.
        others: the sentences that are looked up, with gold and predicted entities.
        kind: how the labels are read.
    """

    def __init__(
        self, training: Iterable[tuple[Sequence[str], Sequence[str]]], others: Sequence[TaggedSentence], kind: Kind
    ) -> None:
        sentences = {tuple(sentence.words) for sentence in others}
        texts = {
            tuple(sentence.words[entity.start : entity.end])
            for sentence in others
            for entity in (*sentence.gold_entities, *sentence.predicted_entities)
        }
        self._sentences: set[tuple[str, ...]] = set()
        self._types: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for words, labels in training:
            if (whole := tuple(words)) in sentences:
                self._sentences.add(whole)
            for entity in marked(labels, kind):
                if (text := whole[entity.start : entity.end]) in texts:
                    self._types[text].add(entity.type)

    def contains(self, words: Sequence[str]) -> bool:
        """Whether the training split has a sentence of exactly these words."""
        return tuple(words) in self._sentences

    def types(self, words: Sequence[str], entity: Entity) -> set[str]:
        """The types of the training split's entities with the same words as an entity of ``words``."""
        return self._types.get(tuple(words[entity.start : entity.end]), set())
