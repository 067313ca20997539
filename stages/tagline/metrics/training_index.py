"""Training index: looks up sentences and entities of other splits in the training split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tagline.labels.entities import marked
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence, flatten


class TrainingIndex:
    """What the training split has of other splits' sentences and entities, case-sensitive.

    Memory grows with the different entities of the other splits, and by a hash for each of their sentences: the
    training split is read once, sentence by sentence.

    Args:
        training: words and label names of each sentence of the training split; "" for plain tags that are unknown.
        others: the splits that are looked up, with gold and predicted entities.
        kind: how the labels are read.
    """

    def __init__(
        self,
        training: Iterable[tuple[Sequence[str], Sequence[str]]],
        others: Iterable[Sequence[TaggedSentence]],
        kind: Kind,
    ) -> None:
        sentences: set[int] = set()
        texts: set[tuple[str, ...]] = set()
        for split in map(flatten, others):
            sentences.update(hash(tuple(words)) for words in split.words or ())
            for side in (split.gold_entities, split.predicted_entities):
                texts.update(split.texts(side))
        # Hashes of 64 bits: ten million sentences contain a collision with a probability of 3 in a million.
        self._sentences: set[int] = set()
        self._types: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for words, labels in training:
            whole = tuple(words)
            if (hashed := hash(whole)) in sentences:
                self._sentences.add(hashed)
            for entity in marked(labels, kind):
                if entity.type and (text := whole[entity.start : entity.end]) in texts:
                    self._types[text].add(entity.type)

    def contains(self, words: Sequence[str]) -> bool:
        """Whether the training split has a sentence of exactly these words."""
        return hash(tuple(words)) in self._sentences

    def types(self, text: tuple[str, ...]) -> set[str]:
        """The types of the training split's entities of exactly these words."""
        return self._types.get(text, set())
