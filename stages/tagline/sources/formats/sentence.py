"""A sentence as every format's reader returns it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with their tags.

    Attributes:
        location: where it begins, for messages: ``file:line``, or ``file: row N`` in a file without lines.
        words: the words, none of them empty.
        tags: tag column name to its tags, one per word.
        id: the sentence's id in the source, if it has one.
        notes: what the reader changed or left out, one message each.
    """

    location: str
    words: list[str]
    tags: dict[str, list[str]]
    id: str | None = None
    notes: tuple[str, ...] = ()
