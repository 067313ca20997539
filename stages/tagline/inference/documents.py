"""Documents to label, texts or lists of words, and what is found in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from tagline.labels import TaggedSentence
from tagline.terminal import UserError, shortened
from tagline.text.sentences import TextSpan, ends_among
from tagline.text.words import join_words, split_words

Splitter = Callable[[str], list[TextSpan]]
"""Finds the words of a text, as `split_words` does, or its sentences, as `split_sentences` does."""
JsonRow = dict[str, Any] | None
"""The JSON object that a document was read from."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text or a list of words.

    Attributes:
        words: each of them gets a label.
        text: the raw text that contains the words; None if only words are given.
        spans: the start and end of each word in the text, in code points.
        name: for messages, for instance ``file:line``.
        row: the JSON object that it was read from.
        ends: where each sentence ends among the words; None: all words are one sentence.
        continues: whether the text continues the document before it, as sentences below one -DOCSTART- do; numbers of
            redacted names go on in it.

    Raises:
        UserError: the text or a word contains a lone surrogate, which tokenizers cannot encode.
        TypeError: the text or a word is not a string.
    """

    words: Sequence[str]
    text: str | None = None
    spans: Sequence[TextSpan] = ()
    name: str = ""
    row: dict[str, Any] = field(default_factory=dict)
    ends: Sequence[int] | None = None
    continues: bool = False

    def __post_init__(self) -> None:
        if self.text is not None:
            _check(self.text, self.name or "text")
        else:
            for index, word in enumerate(self.words):
                _check(word, f"{self.name or 'sentence'}, word {index}")

    @classmethod
    def of_text(
        cls,
        text: str,
        name: str = "",
        row: JsonRow = None,
        split: Splitter = split_words,
        sentences: Splitter | None = None,
    ) -> Document:
        """Split a raw text into words and sentences; `Tagger.split` and `Tagger.sentences` do so as in training.

        Args:
            split: finds the words.
            sentences: finds the sentences, without changing the words; None leaves the text whole.
        """
        _check(text, name or "text")  # libraries that split words can't encode lone surrogates either
        spans = split(text)
        ends = None if sentences is None else ends_among(spans, sentences(text))
        return cls([text[start:end] for start, end in spans], text, spans, name, row or {}, ends)

    @classmethod
    def of_words(cls, words: Sequence[str], name: str = "", row: JsonRow = None) -> Document:
        return cls(words, None, (), name, row or {})

    def lengths(self) -> list[int]:
        """The number of words of each sentence; a document without words has none."""
        ends = [len(self.words)] if self.ends is None else self.ends
        return [end - start for start, end in pairwise([0, *ends]) if end > start]

    def text_and_spans(self) -> tuple[str, Sequence[TextSpan]]:
        """Return the text, or the words joined by spaces, and the start and end of each word."""
        if self.text is not None:
            return self.text, self.spans
        return join_words(self.words)


def _check(text: str, name: str) -> None:
    if not isinstance(text, str):  # None or NaN from a table with missing values
        raise TypeError(f"{name}: {shortened(repr(text))} is of type {type(text).__name__}; expected a string")
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{name}: character {error.start} is {text[error.start]!a}, a lone surrogate; "
            "expected text that UTF-8 can encode; fix how it was decoded, or replace the character"
        ) from None


class Mention(NamedTuple):
    """An entity in a document; for plain tags, such as parts of speech, a word.

    Attributes:
        type: such as PER; for plain tags the word's tag.
        text: as written in the document.
        start: offset in code points of a text, or in words of a list of words.
        end: exclusive: ``input[start:end]`` is the entity.
        score: the probability that type and boundaries are right, from 0 to 1, calibrated on validation; exports of
            earlier versions have the mean probability of its words' labels.
        accepted: whether it is among those whose precision the model promises; None if it promises none.
    """

    type: str
    text: str
    start: int
    end: int
    score: float
    accepted: bool | None = None

    def row(self) -> dict[str, Any]:
        """The entity as an object of JSON, without ``accepted`` if it is None."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def mentions(document: Document, tagged: TaggedSentence) -> list[Mention]:
    """List the predicted entities from left to right."""
    listed = []
    for entity in tagged.predicted_entities:
        if document.text is None:
            start = entity.start
            end = entity.end
            text = " ".join(document.words[start:end])
        else:
            start, _ = document.spans[entity.start]
            _, end = document.spans[entity.end - 1]
            text = document.text[start:end]
        listed.append(Mention(entity.type, text, start, end, tagged.confidence(entity), tagged.is_accepted(entity)))
    return listed
