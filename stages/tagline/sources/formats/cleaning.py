"""Words as a file has them: a pattern to strip, empty words to skip, whole sentences taken for a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tagline.core.params import Section

# The kind of note about a skipped word.
EMPTY_WORDS = "empty_words"
# Fewer words with as many tags can be one name and one label: "New York" with "B-home town".
_LEAST_WORDS = 3


def pattern(text: str) -> str:
    """Return a regular expression unchanged if it is one."""
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"must be a regular expression of Python ({error})") from None
    return text


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


class WordKeys(Section):
    """The keys of `WordRules`."""

    strip_pattern: Annotated[str, Field(min_length=1), AfterValidator(pattern)] | None = None
    empty_words: Literal["error", "skip"] = "error"

    @property
    def meanings(self) -> dict[str, str]:
        """See `Files.meanings`."""
        return {EMPTY_WORDS: "words of white space only, skipped"} if self.empty_words == "skip" else {}

    @property
    def rules(self) -> WordRules:
        remedy = "; to skip such words set download.dataset.empty_words: skip in params.yaml"
        return WordRules(self.strip_pattern, self.empty_words == "skip", remedy)


def is_sentence(word: str, tag: str) -> bool:
    """Whether a word and its tag look like those of a whole sentence: as many tags as words, and several.

    Tags are joined by spaces or by commas.
    """
    return len(word.split()) == len(split_tags(tag)) >= _LEAST_WORDS


def split_tags(text: str) -> list[str]:
    """Split the tags of a sentence at spaces or, without any, at commas."""
    return text.split() if " " in text else text.split(",")
