"""Spans of words in documents, for any Unicode text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagline.inference.documents import Document


@given(st.lists(st.text(min_size=1)))
def test_spans_of_words_joined_by_spaces(words: list[str]) -> None:
    document = Document.of_words(words)
    text, spans = document.text_and_spans()
    assert (document.text, text) == (None, " ".join(words))
    assert [text[start:end] for start, end in spans] == words
