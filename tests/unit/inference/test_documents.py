"""Spans of words in documents, for any Unicode text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagline.inference.documents import Document


@given(st.text())
def test_spans_of_a_text(text: str) -> None:
    document = Document.of_text(text)
    assert [text[start:end] for start, end in document.spans] == document.words
    assert document.text_and_spans() == (text, document.spans)
    covered = {index for start, end in document.spans for index in range(start, end)}
    assert all(character.isspace() for index, character in enumerate(text) if index not in covered)


@given(st.lists(st.text(min_size=1)))
def test_spans_of_words_joined_by_spaces(words: list[str]) -> None:
    document = Document.of_words(words)
    text, spans = document.text_and_spans()
    assert (document.text, text) == (None, " ".join(words))
    assert [text[start:end] for start, end in spans] == words
