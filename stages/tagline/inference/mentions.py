"""Mentions: predicted entities with their text and offsets."""

from __future__ import annotations

from typing import NamedTuple

from tagline.inference.documents import Document
from tagline.labels.tagged import TaggedSentence


class Mention(NamedTuple):
    """An entity in a document; for plain tags, such as parts of speech, a word.

    Attributes:
        type: such as PER; for plain tags the word's tag.
        text: the entity as written in the document.
        start: offset in the input: in code points of a text, or in words of a list of words.
        end: offset of the end, exclusive: ``input[start:end]`` is the entity.
        score: the mean probability of its words' labels, from 0 to 1.
    """

    type: str
    text: str
    start: int
    end: int
    score: float


def mentions(document: Document, tagged: TaggedSentence) -> list[Mention]:
    """List the predicted entities of a document from left to right."""
    found = []
    for entity in tagged.predicted_entities:
        start, end, text = entity.start, entity.end, " ".join(document.words[entity.start : entity.end])
        if document.text is not None:
            start, end = document.spans[entity.start][0], document.spans[entity.end - 1][1]
            text = document.text[start:end]
        found.append(Mention(entity.type, text, start, end, tagged.confidence(entity)))
    return found
