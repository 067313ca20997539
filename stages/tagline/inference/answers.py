"""Answers: what a model says of a document, word by word and as the entities that its labels mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.inference.documents import Document
from tagline.labels.entities import Entity, confidence, marked
from tagline.labels.label_list import Kind


class Mention(NamedTuple):
    """An entity where it stands in a document; of plain tags (parts of speech) every word is one.

    Attributes:
        type: what it is, for instance PER; of plain tags the word's tag.
        text: its words, as the text has them.
        start: where it begins in what was given: among the characters (code points) of a text, or among the words
            of a list.
        end: where it ends there, not included, so that ``given[start:end]`` is the entity.
        score: the mean of the probabilities that the model gave its words' labels, from 0 to 1.
    """

    type: str
    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says of a document.

    Attributes:
        document: what it was asked about.
        kind: whether labels mark spans or are plain tags.
        labels: one a word.
        scores: float32, the probability that the model gave each of them; 0 for a word that it never saw.
    """

    document: Document
    kind: Kind
    labels: Sequence[str]
    scores: npt.NDArray[np.float32]

    @property
    def entities(self) -> list[Entity]:
        """What the labels mark, by places of words."""
        return marked(self.labels, self.kind)

    @property
    def mentions(self) -> list[Mention]:
        """What the labels mark, from left to right."""
        return [self._mention(entity) for entity in self.entities]

    def score(self, entity: Entity) -> float:
        return confidence(entity, self.scores)

    def _mention(self, entity: Entity) -> Mention:
        document = self.document
        if document.text is None:
            start, end, text = entity.start, entity.end, " ".join(document.words[entity.start : entity.end])
        else:
            start, end = document.spans[entity.start][0], document.spans[entity.end - 1][1]
            text = document.text[start:end]
        return Mention(entity.type, text, start, end, self.score(entity))
