"""Readers: documents from lines of text, of JSON, or of CoNLL columns, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from tagline.core.errors import UserError
from tagline.core.terminal import shortened
from tagline.inference.documents import Document
from tagline.sources.formats import conll
from tagline.sources.formats.json_rows import rows_in

Lines = Iterable[tuple[int, str]]
"""Numbered lines, as `formats.lines` reads them."""
Reader = Callable[[Lines, str], Iterator[Document]]
"""Takes lines and what messages call their file."""

_EXPECTED = 'expected JSON objects with "text" or "words", one per line or all in one list'
# Not str.split(): that divides at no-break and other odd spaces too, which occur inside words of real data.
_SPACES = re.compile("[ \t]+")


def read_texts(lines: Lines, name: str) -> Iterator[Document]:
    """A raw text a line; an empty line is a text without words."""
    return (Document.of_text(line, f"{name}:{number}") for number, line in lines)


def read_words(lines: Lines, name: str) -> Iterator[Document]:
    """A sentence a line, its words divided by spaces or tabs."""
    return (Document.of_words(split_at_spaces(line), f"{name}:{number}") for number, line in lines)


def read_json(lines: Lines, name: str) -> Iterator[Document]:
    """Yield a document per JSON object, one per line or all in one list; the object's other keys are kept.

    The content decides which, as in the stage download. Empty lines are skipped. Of a list the text is in memory.

    Raises:
        UserError: a value is not a JSON object, or does not have exactly one of ``text``, a string, and ``words``, a
            list of words.
    """
    for number, row in rows_in(lines, name, _EXPECTED):
        yield _of_row(row, f"{name}:{number}")


def read_columns(lines: Lines, name: str, words_at: int = 1) -> Iterator[Document]:
    """A word a line and an empty line after each sentence; the first word's line says how many columns there are.

    Args:
        lines: numbered.
        name: what messages call the file.
        words_at: which column holds the words, from 1.

    Raises:
        UserError: there are fewer columns, or a line has another number of them.
    """
    numbered = iter(lines)
    first = next(((number, line) for number, line in numbered if not conll.is_border(line)), None)
    if first is None:
        return
    width = len(conll.fields(first[1]))
    if width < words_at:
        expected = f"the words are to stand in column {words_at}"
        raise UserError(f"{name}:{first[0]}: {width} columns in {shortened(repr(first[1]))}, {expected}")
    columns = [conll.SKIP] * width
    columns[words_at - 1] = conll.WORDS
    for sentence in conll.sentences(chain([first], numbered), name, columns):
        yield Document.of_words(sentence.words, sentence.location)


def split_at_spaces(text: str) -> list[str]:
    """The words of a text that is cut already."""
    return [word for word in _SPACES.split(text) if word]


def _of_row(row: dict[str, Any], place: str) -> Document:
    if ("text" in row) == ("words" in row):
        keys = shortened(", ".join(row)) or "no key"
        found = "both 'text' and 'words'" if "text" in row else f"neither 'text' nor 'words' ({keys})"
        raise UserError(f"{place}: {found}; {_EXPECTED}")
    if "text" in row:
        if not isinstance(row["text"], str):
            raise UserError(f"{place}: 'text' must be a string, got {shortened(repr(row['text']))}")
        return Document.of_text(row["text"], place, row)
    words = row["words"]
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise UserError(f"{place}: 'words' must be a list of words, none of them empty, got {shortened(repr(words))}")
    return Document.of_words(words, place, row)
