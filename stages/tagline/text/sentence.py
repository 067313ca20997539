"""A sentence as every format's reader returns it, and the rules for its words.

It loads no library, since `tagline predict` reads columns by these rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import NamedTuple, TypeVar

T = TypeVar("T")

# The kinds of notes about a skipped word, and about a sentence that has no words in the file.
EMPTY_WORDS, EMPTY_SENTENCES = "empty_words", "empty_sentences"
# Fewer words with as many tags can be one name and one label: "New York" with "B-home town".
_LEAST_WORDS = 3


class Note(NamedTuple):
    """What a reader changed or left out: a key of `Files.meanings`, the occurrence, and a misfit span's type."""

    kind: str
    occurrence: str
    type: str = ""


class Surface(NamedTuple):
    """A raw text and the start and end of each word in code points; both are equal for a word not in the text."""

    text: str
    words: list[tuple[int, int]]

    def part(self, begin: int, end: int) -> Surface:
        """The surface of words ``begin`` to ``end``, exclusive."""
        start = self.words[begin][0]
        words = [(first - start, last - start) for first, last in self.words[begin:end]]
        return Surface(self.text[start : start + words[-1][1]], words)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with their tags.

    Attributes:
        location: where it begins: ``file:line``, or ``file: row N`` in a file without lines.
        words: none empty; a sentence without words is counted and left out.
        tags: by tag column, one per word; None: unknown.
        id: in the source, if it has one.
        document: its id in the source, or the number of an unnamed document in its file; None: unknown.
        surface: if the file has raw text and offsets.
        spans: the number of spans of each type that the file marks in it.
        annotated_types: the types of entities that alone are annotated in it; None: all.
    """

    location: str
    words: list[str]
    tags: Mapping[str, Sequence[str | None]]
    id: str | None = None
    document: str | int | None = None
    notes: tuple[Note, ...] = ()
    surface: Surface | None = None
    spans: Counter[str] = field(default_factory=Counter)
    annotated_types: Sequence[str] | None = None


@dataclass(frozen=True)
class WordRules:
    """What happens to words.

    Attributes:
        strip_pattern: a regular expression, removed from each word.
        skip_empty: skip words of white space only, with their tags; else they are errors.
        remedy: what to do about an empty word, for messages.
    """

    strip_pattern: str | None = None
    skip_empty: bool = False
    remedy: str = ""

    def strip(self, word: str) -> str:
        return re.sub(self.strip_pattern, "", word) if self.strip_pattern else word

    def skips(self, word: str) -> bool:
        return self.skip_empty and not word.strip()


AS_THEY_ARE = WordRules()


def without_skipped(sentence: Sentence, rules: WordRules, locations: Iterable[str]) -> Sentence:
    """The sentence without the words that the rules skip, which are noted."""
    skipped = [rules.skips(word) for word in sentence.words]
    if not any(skipped):
        return sentence

    def kept(values: Sequence[T]) -> list[T]:
        return [value for value, is_skipped in zip(values, skipped, strict=True) if not is_skipped]

    notes = [Note(EMPTY_WORDS, location) for location in compress(locations, skipped)]
    tags = {name: kept(column) for name, column in sentence.tags.items()}
    return replace(sentence, words=kept(sentence.words), tags=tags, notes=(*sentence.notes, *notes))


def is_sentence(word: str, tag: str) -> bool:
    """Whether a word and its tag are those of a whole sentence: as many tags as words, and several."""
    return len(word.split()) == len(split_tags(tag)) >= _LEAST_WORDS


def split_tags(text: str) -> list[str]:
    """Split the tags of a sentence at spaces or, without any, at commas."""
    return text.split() if " " in text else text.split(",")
