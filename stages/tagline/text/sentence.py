"""A sentence as every format's reader returns it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Note(NamedTuple):
    """What a reader changed or left out: a key of `Files.meanings`, the occurrence, and a misfit span's type."""

    kind: str
    occurrence: str
    type: str = ""


class Surface(NamedTuple):
    """A raw text and its words, each with start and end in code points; both are equal for a word not in the text."""

    text: str
    words: list[tuple[int, int]]

    def part(self, begin: int, end: int) -> Surface:
        """The surface of words ``begin`` to ``end``, exclusive, without the text around them."""
        start = self.words[begin][0]
        words = [(first - start, last - start) for first, last in self.words[begin:end]]
        return Surface(self.text[start : start + words[-1][1]], words)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with their tags.

    Attributes:
        location: where it begins, for messages: ``file:line``, or ``file: row N`` in a file without lines.
        words: the words, none of them empty; a sentence without words is counted and left out.
        tags: tag column name to its tags, one per word; None: unknown.
        id: the sentence's id in the source, if it has one.
        document: the id of its document in the source, or the number of an unnamed document in its file; None: unknown.
        notes: what the reader changed or left out.
        agreement: see `annotators.compare`.
        surface: the raw text and the start and end of each word in it, if the file has both.
        spans: the number of spans of each type that the file marks in it, if it has spans.
        lines: the line of each word, in a CoNLL file.
        annotated_types: the types of entities that alone are annotated in its file; None: all.
    """

    location: str
    words: list[str]
    tags: Mapping[str, Sequence[str | None]]
    id: str | None = None
    document: str | int | None = None
    notes: tuple[Note, ...] = ()
    agreement: Counter[tuple[str, ...]] = field(default_factory=Counter)
    surface: Surface | None = None
    spans: Counter[str] = field(default_factory=Counter)
    lines: Sequence[int] = ()
    annotated_types: Sequence[str] | None = None
