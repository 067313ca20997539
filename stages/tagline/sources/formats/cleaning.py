"""Words as a file has them: a pattern to strip, empty words to skip, whole sentences taken for a word."""

from __future__ import annotations

import re
from dataclasses import dataclass

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


def is_sentence(word: str, tag: str) -> bool:
    """Whether a word and its tag look like those of a whole sentence: as many tags as words, and several.

    Tags are joined by spaces or by commas.
    """
    return len(word.split()) == len(split_tags(tag)) >= _LEAST_WORDS


def split_tags(text: str) -> list[str]:
    """Split the tags of a sentence at spaces or, without any, at commas."""
    return text.split() if " " in text else text.split(",")
