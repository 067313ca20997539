"""Documents to label: raw text, or a list of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tagline.core.errors import UserError
from tagline.tokenization.words import join_words, split_words

Span = tuple[int, int]
Split = Callable[[str], list[Span]]
"""Finds the words of a text, as `split_words` does."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text or a list of words.

    Attributes:
        words: each of them gets a label.
        text: the raw text that contains the words; None if only words are given.
        spans: the start and end of each word in the text, in code points.
        name: how messages call the document, for instance ``file:line``.
        row: the JSON object that it was read from; empty otherwise.

    Raises:
        UserError: the text or a word contains a lone surrogate, which tokenizers cannot encode.
    """

    words: Sequence[str]
    text: str | None = None
    spans: Sequence[Span] = ()
    name: str = ""
    row: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.text is not None:
            _check(self.text, self.name or "text")
        else:
            for index, word in enumerate(self.words):
                _check(word, f"{self.name or 'sentence'}, word {index}")

    @classmethod
    def of_text(
        cls, text: str, name: str = "", row: dict[str, Any] | None = None, split: Split = split_words
    ) -> Document:
        """Split a raw text into words; `Tagger.split` does so as in training."""
        _check(text, name or "text")  # libraries that split words can't encode lone surrogates either
        spans = split(text)
        return cls([text[start:end] for start, end in spans], text, spans, name, row or {})

    @classmethod
    def of_words(cls, words: Sequence[str], name: str = "", row: dict[str, Any] | None = None) -> Document:
        """Take words as they are."""
        return cls(words, None, (), name, row or {})

    def text_and_spans(self) -> tuple[str, Sequence[Span]]:
        """Return the text, or the words joined by spaces, and the start and end of each word in it."""
        if self.text is not None:
            return self.text, self.spans
        return join_words(self.words)


def _check(text: str, name: str) -> None:
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{name}: character {error.start} is {text[error.start]!a}, a lone surrogate; "
            "expected text that UTF-8 can encode; fix how it was decoded, or replace the character"
        ) from None
