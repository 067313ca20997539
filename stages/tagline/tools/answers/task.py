"""A text to annotate or correct, with gold entities and those that a model suggests."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tagline.inference import Document
from tagline.inference.documents import mentions
from tagline.labels import Entity, TaggedSentence
from tagline.text.words import join_words
from tagline.tools.answers.options import DIGITS

WordBounds = tuple[int, int]
"""Start and end of a word in its text, in code points."""


class TextEntity(NamedTuple):
    """An entity in a text; its offsets count code points.

    Attributes:
        score: the model's confidence from 0 to 1; None if a person marked it.
        accepted: whether the model promises its precision; None: no promises.
    """

    type: str
    start: int
    end: int
    score: float | None = None
    accepted: bool | None = None


@dataclass(frozen=True)
class AnnotationTask:
    """A text for an annotation tool.

    Attributes:
        words: ascending.
        suggested: entities that a model predicts, from left to right; None if it was not asked.
        gold: entities that a person marked, from left to right; None if nobody annotated the text.
        fields: what the tool shows and exports beside the text, such as an ``id``; no ``text`` or ``label``.
        joined: the text is words joined by spaces, as which a format may write them.
    """

    text: str
    words: Sequence[WordBounds]
    suggested: Sequence[TextEntity] | None = None
    gold: Sequence[TextEntity] | None = None
    fields: Mapping[str, str | int | float] = field(default_factory=dict)
    joined: bool = False

    @classmethod
    def of_words(
        cls,
        words: Sequence[str],
        suggested: Sequence[tuple[Entity, float]] | None = None,
        gold: Sequence[Entity] | None = None,
        fields: Mapping[str, str | int | float] | None = None,
    ) -> AnnotationTask:
        """Join words by spaces; the entities, with their scores, count words."""
        text, bounds = join_words(words)
        by_model = None if suggested is None else [in_text(entity, bounds, score) for entity, score in suggested]
        by_person = None if gold is None else [in_text(entity, bounds) for entity in gold]
        return cls(text, bounds, by_model, by_person, fields or {}, joined=True)

    @property
    def entities(self) -> Sequence[TextEntity]:
        """For tools with one list of entities: gold, or those suggested if nobody annotated."""
        return (self.suggested or ()) if self.gold is None else self.gold

    def words_of(self, entity: TextEntity) -> tuple[int, int]:
        """The index of an entity's first word, and of the word after it."""
        return bisect_left(self.words, (entity.start,)), bisect_left(self.words, (entity.end,))

    def all_fields(self) -> dict[str, str | int | float]:
        """The fields, for tools with one list of entities: beside gold, also those suggested."""
        if self.gold is None or self.suggested is None:
            return {**self.fields}
        suggested = []
        for entity in self.suggested:
            score = "" if entity.score is None else f" ({round(entity.score, DIGITS)})"
            suggested.append(f"{entity.type}: {self.text[entity.start : entity.end]}{score}")
        return {**self.fields, "suggested": ", ".join(suggested)}


def in_text(entity: Entity, words: Sequence[WordBounds], score: float | None = None) -> TextEntity:
    """Convert an entity that counts words to one that counts code points."""
    return TextEntity(entity.type, words[entity.start][0], words[entity.end - 1][1], score)


def to_task(document: Document, tagged: TaggedSentence | None) -> AnnotationTask:
    """Make a task of a document, with any predicted entities; its ``id`` is kept."""
    text, words = document.text_and_spans()
    id_ = document.row.get("id")
    fields = {"id": id_} if isinstance(id_, str | int) and id_ != "" else {}
    is_words = document.text is None
    if tagged is None:
        return AnnotationTask(text, words, fields=fields, joined=is_words)
    suggested = []
    for mention in mentions(document, tagged):
        start = words[mention.start][0] if is_words else mention.start
        end = words[mention.end - 1][1] if is_words else mention.end
        suggested.append(TextEntity(mention.type, start, end, mention.score, mention.accepted))
    return AnnotationTask(text, words, suggested, fields=fields, joined=is_words)
