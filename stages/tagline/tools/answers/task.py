"""A text to annotate or correct: its words, its gold entities, and those that a model suggests."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tagline.inference.documents import Document
from tagline.labels.entities import Entity
from tagline.labels.tagged import TaggedSentence
from tagline.text.words import join_words
from tagline.tools.answers.options import DIGITS

Word = tuple[int, int]
"""Start and end of a word in its text, in code points."""


class TextEntity(NamedTuple):
    """An entity in a text.

    Attributes:
        type: such as PER.
        start: offset in code points.
        end: offset of the end, exclusive.
        score: the model's confidence from 0 to 1; None if a person marked the entity.
        accepted: whether the model promises its precision; None if it promises none.
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
        text: what the tool shows.
        words: the words of the text, ascending.
        suggested: entities that a model predicts, from left to right; None if it was not asked.
        gold: entities that a person marked, from left to right; None if nobody annotated the text.
        fields: what the tool shows and exports beside the text, such as an ``id``; no ``text`` or ``label``.
        joined: the text is words joined by spaces, as which a format may write them.
    """

    text: str
    words: Sequence[Word]
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
        """Join words by spaces; the entities, and the score of each suggested one, count words."""
        text, bounds = join_words(words)
        by_model = None if suggested is None else [in_text(entity, bounds, score) for entity, score in suggested]
        by_person = None if gold is None else [in_text(entity, bounds) for entity in gold]
        return cls(text, bounds, by_model, by_person, fields or {}, joined=True)

    @property
    def entities(self) -> Sequence[TextEntity]:
        """What a tool with one list of entities shows: the gold ones, or those suggested if nobody annotated."""
        return (self.suggested or ()) if self.gold is None else self.gold

    def words_of(self, entity: TextEntity) -> tuple[int, int]:
        """The index of the first word of an entity, and of the word after it."""
        return bisect_left(self.words, (entity.start,)), bisect_left(self.words, (entity.end,))

    def all_fields(self) -> dict[str, str | int | float]:
        """The fields, for tools with one list of entities: beside gold, with those suggested as one of the fields."""
        if self.gold is None or self.suggested is None:
            return {**self.fields}
        scores = ["" if each.score is None else f" ({round(each.score, DIGITS)})" for each in self.suggested]
        texts = [f"{each.type}: {self.text[each.start : each.end]}" for each in self.suggested]
        return {**self.fields, "suggested": ", ".join(text + score for text, score in zip(texts, scores, strict=True))}


def in_text(
    entity: Entity, words: Sequence[Word], score: float | None = None, accepted: bool | None = None
) -> TextEntity:
    """Convert an entity that counts words to one that counts the code points of their text."""
    return TextEntity(entity.type, words[entity.start][0], words[entity.end - 1][1], score, accepted)


def to_task(document: Document, tagged: TaggedSentence | None) -> AnnotationTask:
    """Make a task of a document with its predicted entities, if there are any labels; its ``id`` is kept."""
    text, words = document.text_and_spans()
    name = document.row.get("id")
    fields = {"id": name} if isinstance(name, str | int) and name != "" else {}
    suggested = None
    if tagged is not None:
        suggested = [
            in_text(entity, words, tagged.confidence(entity), tagged.is_accepted(entity))
            for entity in tagged.predicted_entities
        ]
    return AnnotationTask(text, words, suggested, fields=fields, joined=document.text is None)
