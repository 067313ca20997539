"""Documents from rows, and from files: lines of text, JSON Lines or CoNLL columns."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tqdm import tqdm

from tagline.inference import Document
from tagline.inference.documents import Splitter
from tagline.sources.formats import conll_table
from tagline.sources.formats.json_objects import rows_in
from tagline.sources.formats.lines import decoded_lines
from tagline.terminal import UserError, printable, quoted, shortened
from tagline.text.words import split_words
from tagline.tools.texts.options import STANDARD

NumberedLines = Iterable[tuple[int, str]]
"""Numbered lines, as `formats.lines` reads them."""
DocumentReader = Callable[[NumberedLines, str], Iterator[Document]]
"""Reads documents from lines; the name is what messages call the file."""

EXPECTED = 'expected JSON objects with "text" or "words", one per line or all in one list'
# Not str.split(), which also splits at no-break and other spaces, which occur inside words of real data.
_SPACES = re.compile("[ \t]+")


class DocumentSource(NamedTuple):
    """Documents, read lazily.

    Attributes:
        name: for messages.
        advance: advances the progress bar by a number of documents.
    """

    name: str
    documents: Iterable[Document]
    advance: Callable[[int], object] = lambda _: None


@contextmanager
def opened(path: str, reader: DocumentReader, show_progress: bool) -> Iterator[DocumentSource]:
    """Open a file or standard input (``-``).

    Args:
        show_progress: if standard error is a terminal.

    Raises:
        UserError: standard input is closed; while documents are read: the file is malformed.
    """
    if path != STANDARD:
        with Path(path).open("rb") as file:
            yield from _read(file, path, reader, show_progress)
    elif sys.stdin is None:
        raise UserError("standard input is closed; expected a pipe, or --input FILE")
    else:
        yield from _read(sys.stdin.buffer, "stdin", reader, show_progress)


def _read(file: BinaryIO, name: str, reader: DocumentReader, show_progress: bool) -> Iterator[DocumentSource]:
    """Yield the documents of a file once, with a progress bar in bytes, or in documents if the size is unknown."""
    is_sized = file.seekable()
    size: dict[str, Any] = {"unit": " documents"}
    if is_sized:
        size = {"total": os.fstat(file.fileno()).st_size, "unit": "B", "unit_scale": True}
    is_hidden = not show_progress or sys.stderr is None
    # None: shown if standard error is a terminal.
    with tqdm(desc=printable(name), disable=True if is_hidden else None, **size) as bar:

        def advance(count: int) -> None:
            bar.update(file.tell() - bar.n if is_sized else count)

        yield DocumentSource(name, reader(decoded_lines(file, name), name), advance)


def reader_of(
    input_format: str,
    column: int | None,
    split: Splitter,
    sentences: Splitter | None = None,
    text_key: str | None = None,
) -> DocumentReader:
    """The reader of a format.

    Args:
        column: of the words in ``conll``, from 1; None: 1.
        sentences: finds sentences of raw text; None leaves texts whole.
    """
    if input_format == "conll":
        return partial(read_conll, words_column=column or 1)
    if input_format == "jsonl":
        return partial(read_json, split=split, sentences=sentences, text_key=text_key)
    return partial(read_texts, split=split, sentences=sentences)


def read_texts(
    lines: NumberedLines, name: str, split: Splitter = split_words, sentences: Splitter | None = None
) -> Iterator[Document]:
    """Read one raw text per line; empty lines are texts without words."""
    return (Document.of_text(line, f"{name}:{number}", None, split, sentences) for number, line in lines)


def read_words(lines: NumberedLines, name: str) -> Iterator[Document]:
    """Read one sentence per line, its words separated by spaces or tabs."""
    return (Document.of_words(split_at_spaces(line), f"{name}:{number}") for number, line in lines)


def read_json(
    lines: NumberedLines,
    name: str,
    split: Splitter = split_words,
    sentences: Splitter | None = None,
    text_key: str | None = None,
) -> Iterator[Document]:
    """Read JSON objects, one per line or all in one list, and keep their other keys; empty lines are skipped.

    The content decides which, as in the stage download. A list is in memory as a whole.

    Args:
        text_key: of raw text; None: ``text``, or ``words`` of words.

    Raises:
        UserError: a value is not a JSON object, or does not have exactly one of ``text`` and ``words`` (strings).
    """
    for location, row in rows_in(lines, name, EXPECTED):
        if text_key is None:
            yield of_row(row, location, split, sentences)
        elif text_key in row:
            yield document(row, text_key, False, location, split, sentences)
        else:
            raise UserError(f"{location}: no {text_key!r} ({shortened(', '.join(row)) or 'no key'}); see --text-column")


def read_conll(lines: NumberedLines, name: str, words_column: int = 1) -> Iterator[Document]:
    """Read one word per line, with an empty line after each sentence; all lines have as many columns as the first.

    A sentence is a document, which continues the one before it below the same ``-DOCSTART-``.

    Args:
        words_column: from 1.

    Raises:
        UserError: there is no such column, or lines have different numbers of columns.
    """
    tabs, numbered = conll_table.separated(lines)
    start: list[tuple[int, str]] = []
    for number, line in numbered:
        if not conll_table.is_border(line):
            break
        if conll_table.starts_document(line):
            start = [(number, line)]
    else:
        return
    width = len(conll_table.fields(line, tabs))
    if width < words_column:
        count = "1 column" if width == 1 else f"{width} columns"
        raise UserError(f"{name}:{number}: {count} in {shortened(repr(line))}; expected words in column {words_column}")
    columns = [conll_table.SKIP] * width
    columns[words_column - 1] = conll_table.WORDS
    before: str | int | None = None
    for sentence in conll_table.Table(name, columns, tabs).sentences(chain(start, [(number, line)], numbered)):
        continues = sentence.document is not None and sentence.document == before
        yield Document(sentence.words, name=sentence.location, continues=continues)
        before = sentence.document


def split_at_spaces(text: str) -> list[str]:
    """Split at spaces and tabs."""
    return [word for word in _SPACES.split(text) if word]


def of_row(row: dict[str, Any], name: str, split: Splitter, sentences: Splitter | None = None) -> Document:
    """Make a document of a JSON object; see `read_json`."""
    if "text" in row and "words" in row:
        raise UserError(f"{name}: both 'text' and 'words'; {EXPECTED}")
    if "text" in row:
        return document(row, "text", False, name, split, sentences)
    if "words" in row:
        return document(row, "words", True, name, split, sentences)
    raise UserError(f"{name}: neither 'text' nor 'words' ({shortened(', '.join(row)) or 'no key'}); {EXPECTED}")


def document(
    row: dict[str, Any],
    key: str,
    is_words: bool,
    name: str = "",
    split: Splitter = split_words,
    sentences: Splitter | None = None,
) -> Document:
    """Make a document of a value in a row.

    Args:
        is_words: the value is a list of words, or else raw text.
        sentences: finds sentences; None leaves the text whole.

    Raises:
        UserError: the value is neither, or has a character that UTF-8 can't encode.
    """
    value = row[key]
    where = f"{name}: " if name else ""
    if is_words:
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            raise UserError(f"{where}{key!r} is {quoted(value)}; expected a list of non-empty strings")
        return Document.of_words(value, name or key, row)
    if not isinstance(value, str):
        raise UserError(f"{where}{key!r} is {quoted(value)}; expected a string")
    return Document.of_text(value, name or key, row, split, sentences)
