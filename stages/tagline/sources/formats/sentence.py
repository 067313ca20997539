"""A sentence as the readers of all formats give it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with their tags.

    Attributes:
        place: where it begins, as messages name it: ``file:line``, or ``file: row N`` where there are no lines.
        words: the words, none of them empty.
        layers: a list of tags a layer, each as long as `words`.
        id: what the source calls the sentence, if anything.
    """

    place: str
    words: list[str]
    layers: dict[str, list[str]]
    id: str | None = None
