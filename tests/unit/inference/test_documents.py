"""Documents: where words are in a text, on any Unicode."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagline.inference.documents import Document


@given(st.text())
def test_the_words_of_a_text_are_where_it_says(text: str) -> None:
    document = Document.of_text(text)
    assert [text[start:end] for start, end in document.spans] == document.words
    assert document.running() == (text, document.spans)
    covered = {place for start, end in document.spans for place in range(start, end)}
    assert all(character.isspace() for place, character in enumerate(text) if place not in covered)


@given(st.lists(st.text(min_size=1)))
def test_words_are_where_they_stand_with_spaces_between_them(words: list[str]) -> None:
    document = Document.of_words(words)
    text, spans = document.running()
    assert (document.text, text) == (None, " ".join(words))
    assert [text[start:end] for start, end in spans] == words
