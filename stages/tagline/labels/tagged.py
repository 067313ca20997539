"""Tagged sentences: words, the labels that a model gave them, and their gold labels where these are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tagline.labels.entities import Entity, confidence, marked
from tagline.labels.label_list import Kind, Labels

Ints = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class TaggedSentence:
    """A sentence or a document with one label per word.

    Labels are ids until somebody asks for names, and entities are read from them once.

    Attributes:
        id: how messages, files and the report name the sentence.
        words: its words.
        labels: the label list that the ids below refer to.
        predicted: int (words,), the predicted label ids.
        scores: float32 (words,), the probability of each predicted label; 0 where no sub-word represents the word.
        gold: int (words,), the gold label ids; None where they are unknown.
    """

    id: str
    words: Sequence[str]
    labels: Labels
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
        return self._names(self._gold)

    @cached_property
    def predicted_entities(self) -> list[Entity]:
        return marked(self.predicted_names, self.kind)

    @cached_property
    def gold_entities(self) -> list[Entity]:
        return marked(self.gold_names, self.kind)

    @property
    def is_correct(self) -> bool:
        """Whether every predicted label equals the gold label."""
        return np.array_equal(self.predicted, self._gold)

    @property
    def correct_words(self) -> int:
        """The number of words whose predicted label equals the gold label."""
        return int(np.count_nonzero(self.predicted == self._gold))

    def confidence(self, entity: Entity) -> float:
        """The mean score of an entity's words."""
        return confidence(entity, self.scores)

    def relabelled(self, labels: Labels) -> TaggedSentence:
        """The same labels by name, as ids of another label list that has them all."""
        table = np.array([labels.label2id[name] for name in self.labels.names], dtype=np.int64)
        return replace(self, labels=labels, predicted=table[self.predicted], gold=table[self._gold])

    def with_gold_of(self, other: TaggedSentence) -> TaggedSentence:
        """The same predictions beside the gold labels of another sentence, which has the same words and label list."""
        return replace(self, gold=other.gold)

    @property
    def _gold(self) -> Ints:
        if self.gold is None:
            raise ValueError(f"the gold labels of {self.id} are unknown")
        return self.gold

    def _names(self, ids: Ints) -> list[str]:
        names = self.labels.names
        return [names[number] for number in ids.tolist()]


def tagged_sentences(
    labels: Labels,
    lengths: Sequence[int],
    predicted: Ints,
    scores: npt.NDArray[np.float32],
    gold: Ints | None = None,
    ids: Sequence[str] | None = None,
    words: Sequence[Sequence[str]] | None = None,
) -> Iterator[TaggedSentence]:
    """Cut flat arrays, which hold one value per word of all sentences in a row, into sentences.

    Args:
        labels: the label list.
        lengths: the number of words of each sentence.
        predicted: int (all words,).
        scores: float32 (all words,).
        gold: int (all words,), where known.
        ids: one per sentence; None where only labels are looked at.
        words: one list per sentence; likewise.
    """
    borders = np.cumsum([0, *lengths])
    for number, (begin, end) in enumerate(pairwise(borders.tolist())):
        yield TaggedSentence(
            id="" if ids is None else ids[number],
            words=() if words is None else words[number],
            labels=labels,
            predicted=predicted[begin:end],
            scores=scores[begin:end],
            gold=None if gold is None else gold[begin:end],
        )
