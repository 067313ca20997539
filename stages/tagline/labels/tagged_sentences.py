"""Tagged sentences in flat arrays: a few bytes per word, however many sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from tagline.labels.entity_arrays import EntityArrays, entity_arrays
from tagline.labels.label_list import LabelNames, Labels
from tagline.labels.tagged import TaggedSentence

Ints = npt.NDArray[np.integer[Any]]


class TaggedSentences(Sequence[TaggedSentence]):
    """Sentences as flat arrays with one value per word of all sentences; each is made when it is asked for.

    With lengths 2 and 3, the first sentence gets predicted[0:2], the second one predicted[2:5].

    Args:
        labels: the label list.
        lengths: the number of words of each sentence.
        predicted: int (all words,), label ids.
        scores: float32 (all words,).
        gold: int (all words,), label ids, if known.
        ids: one per sentence; None where only labels are scored.
        words: one list per sentence; None where only labels are scored.

    Attributes:
        offsets: int64 (sentences + 1,), the first word of each sentence, then the number of words.
    """

    def __init__(
        self,
        labels: Labels | LabelNames,
        lengths: Sequence[int],
        predicted: Ints,
        scores: npt.NDArray[np.float32],
        gold: Ints | None = None,
        ids: Sequence[str] | None = None,
        words: Sequence[Sequence[str]] | None = None,
    ) -> None:
        self.labels, self.predicted, self.scores, self.gold = labels, predicted, scores, gold
        self.ids, self.words = ids, words
        self.offsets = np.cumsum([0, *lengths])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, index: int) -> TaggedSentence: ...

    @overload
    def __getitem__(self, index: slice) -> list[TaggedSentence]: ...

    def __getitem__(self, index: int | slice) -> TaggedSentence | list[TaggedSentence]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        start, end = self.offsets[index : index + 2].tolist()
        return TaggedSentence(
            id="" if self.ids is None else self.ids[index],
            words=() if self.words is None else self.words[index],
            labels=self.labels,
            predicted=self.predicted[start:end],
            scores=self.scores[start:end],
            gold=None if self.gold is None else self.gold[start:end],
        )

    @cached_property
    def predicted_entities(self) -> EntityArrays:
        return entity_arrays(self.predicted, self.offsets, self.labels.names, self.labels.kind)

    @cached_property
    def gold_entities(self) -> EntityArrays:
        return entity_arrays(self.known_gold, self.offsets, self.labels.names, self.labels.kind)

    @cached_property
    def correct(self) -> tuple[Ints, Ints]:
        """The indices of the correct entities among the gold ones and among the predicted ones."""
        return self.gold_entities.common(self.predicted_entities)

    @property
    def known_gold(self) -> Ints:
        """The gold label ids; a `ValueError` if they are unknown."""
        if self.gold is None:
            raise ValueError("the gold labels are unknown")
        return self.gold

    def sentences_of(self, words: Ints) -> Ints:
        """The index of the sentence of each of some words."""
        return np.searchsorted(self.offsets, words, side="right") - 1

    def texts(self, entities: EntityArrays) -> Iterator[tuple[str, ...]]:
        """Yield the words of each entity."""
        bounds = np.searchsorted(entities.start, self.offsets)
        first_words = np.repeat(self.offsets[:-1], np.diff(bounds))
        starts, ends = entities.start - first_words, entities.end - first_words
        for words, (first, last) in zip(self.words or (), pairwise(bounds.tolist()), strict=True):
            for start, end in zip(starts[first:last].tolist(), ends[first:last].tolist(), strict=True):
                yield tuple(words[start:end])


def flatten(sentences: Sequence[TaggedSentence]) -> TaggedSentences:
    """Put sentences with gold labels and one label list into flat arrays, unless they already are."""
    if isinstance(sentences, TaggedSentences):
        return sentences
    if not sentences:
        none = np.empty(0, np.int64)
        return TaggedSentences(LabelNames("spans", ()), [], none, np.empty(0, np.float32), none, [], [])
    return TaggedSentences(
        sentences[0].labels,
        [len(sentence.words or sentence.predicted) for sentence in sentences],
        np.concatenate([sentence.predicted for sentence in sentences]),
        np.concatenate([sentence.scores for sentence in sentences]),
        np.concatenate([sentence.known_gold for sentence in sentences]),
        [sentence.id for sentence in sentences],
        [sentence.words for sentence in sentences],
    )
