"""Documents: what is to be labelled, a raw text or a sentence that comes as words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tagline.core.errors import UserError
from tagline.tokenization.words import split_words

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """A text or a list of words.

    Attributes:
        words: what gets a label each.
        text: the raw text that they were cut from; None where they came as words.
        spans: where they begin and end in that text, in code points.
        place: where the document stands, as messages name it.
        row: the JSON object that it was read from; empty where it was none.

    Raises:
        UserError: the text or a word holds half of a surrogate pair, for which no tokenizer has sub-words.
    """

    words: Sequence[str]
    text: str | None = None
    spans: Sequence[Span] = ()
    place: str = ""
    row: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.text is not None:
            _check(self.text, self.place or "text")
        else:
            for number, word in enumerate(self.words):
                _check(word, f"{self.place or 'sentence'}, word {number}")

    @classmethod
    def of_text(cls, text: str, place: str = "", row: dict[str, Any] | None = None) -> Document:
        """A raw text, cut into words by the rule of `tagline.tokenization.words`."""
        spans = split_words(text)
        return cls([text[start:end] for start, end in spans], text, spans, place, row or {})

    @classmethod
    def of_words(cls, words: Sequence[str], place: str = "", row: dict[str, Any] | None = None) -> Document:
        return cls(words, None, (), place, row or {})

    def running(self) -> tuple[str, Sequence[Span]]:
        """The text, or the words with spaces between them, and where each word is in it."""
        if self.text is not None:
            return self.text, self.spans
        spans, start = [], 0
        for word in self.words:
            spans.append((start, start + len(word)))
            start += len(word) + 1
        return " ".join(self.words), spans


def _check(text: str, place: str) -> None:
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{place}: character {error.start} is {text[error.start]!a}, half of a surrogate pair; "
            "expected text that UTF-8 can encode; decode it anew, or replace the character"
        ) from None
