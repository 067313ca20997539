"""What happens to words: patterns that are removed, words that are skipped, cells that look like whole sentences.

It loads no library, since `tagline predict` reads columns by these rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tagline.text.sentence import Note, Sentence

T = TypeVar("T")

# The kinds of notes about a skipped word, and about a sentence that has no words in the file.
EMPTY_WORDS, EMPTY_SENTENCES = "empty_words", "empty_sentences"
# Fewer words with as many tags can be one name and one label: "New York" with "B-home town".
_LEAST_WORDS = 3


@dataclass(frozen=True)
class WordRules:
    """What happens to words.

    Attributes:
        strip_pattern: a regular expression, removed from each word.
        skip_empty: skip words of white space only, with their tags; otherwise they are errors.
        remedy: what to do about an empty word, for messages.
    """

    strip_pattern: str | None = None
    skip_empty: bool = False
    remedy: str = ""

    def strip(self, word: str) -> str:
        """The word without the pattern."""
        return re.sub(self.strip_pattern, "", word) if self.strip_pattern else word

    def skips(self, word: str) -> bool:
        """Whether a word is skipped."""
        return self.skip_empty and not word.strip()


AS_THEY_ARE = WordRules()


def without_skipped(sentence: Sentence, rules: WordRules, locations: Iterable[str]) -> Sentence:
    """The sentence without the words that the rules skip, which are noted with their locations."""
    skipped = [rules.skips(word) for word in sentence.words]
    if not any(skipped):
        return sentence

    def kept(values: Sequence[T]) -> list[T]:
        return [value for value, is_skipped in zip(values, skipped, strict=True) if not is_skipped]

    notes = [Note(EMPTY_WORDS, location) for location, is_skipped in zip(locations, skipped, strict=True) if is_skipped]
    tags = {name: kept(column) for name, column in sentence.tags.items()}
    lines = kept(sentence.lines) if sentence.lines else ()
    return replace(sentence, words=kept(sentence.words), tags=tags, notes=(*sentence.notes, *notes), lines=lines)


def is_sentence(word: str, tag: str) -> bool:
    """Whether a word and its tag look like those of a whole sentence: as many tags as words, and several.

    Tags are joined by spaces or by commas.
    """
    return len(word.split()) == len(split_tags(tag)) >= _LEAST_WORDS


def split_tags(text: str) -> list[str]:
    """Split the tags of a sentence at spaces or, without any, at commas."""
    return text.split() if " " in text else text.split(",")
