"""A sentence of data/tokenized in columns: words over labels, then each window's sub-words over their labels."""

import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from tokenizers import Tokenizer

from tagline.artifacts import tokenized
from tagline.artifacts.raw_data import SPLITS
from tagline.core.errors import is_mark, printable, quoted
from tagline.core.names import TOKENIZER_FILE
from tagline.core.provenance import verify
from tagline.labels.label_list import id_names
from tagline.labels.windows import IGNORED

# Character cells between two columns.
GAP = 2


class UnknownSentenceError(Exception):
    """The argument does not name a sentence; the message says what would."""


def sentence(folder: Path, tokenizer: Path, wanted: str) -> str:
    """Format a sentence of data/tokenized, in columns that fit the terminal.

    Args:
        folder: data/tokenized.
        tokenizer: the folder of the tokenizer that made it.
        wanted: ``SPLIT:NUMBER``, counted from 0, or ``SPLIT:ID``.

    Raises:
        UnknownSentenceError: there is no such split, number or id.
        UserError: data/tokenized is missing or damaged, or another tokenizer made it.
    """
    name, colon, which = wanted.partition(":")
    if not colon or not which or name not in SPLITS:
        expected = f"expected SPLIT:SENTENCE with one of {', '.join(SPLITS)} (such as train:4)"
        raise UnknownSentenceError(f"{expected}, got {quoted(wanted)}")
    verify(folder, "tokenize-align")
    tokenized.check_tokenizer(folder, tokenizer)
    split = tokenized.load_split(folder, name)
    row = row_of(split, name, which)
    words, windows = split.sentences[row], split.windows_of(row)
    vocabulary = Tokenizer.from_file(str(tokenizer / TOKENIZER_FILE))
    names = [" or ".join(each) or "?" for each in id_names(tokenized.load_labels(folder))]
    width = shutil.get_terminal_size().columns
    lines = [f"{words['id']}: {len(words['words'])} words", ""]
    lines += columns([words["words"], [names[label] for label in words["labels"]]], width)
    for number, index in enumerate(windows.tolist(), 1):
        window = split.windows[index]
        lines += ["", f"window {number} of {len(windows)}: {len(window['input_ids'])} sub-words", ""]
        pieces = [vocabulary.id_to_token(subword) or str(subword) for subword in window["input_ids"]]
        labels = [str(label) if label == IGNORED else names[label] for label in window["labels"]]
        lines += columns([pieces, labels], width)
    return "\n".join(lines)


def row_of(split: tokenized.Split, name: str, which: str) -> int:
    """Find the row of a sentence by its number or its id.

    Raises:
        UnknownSentenceError: the split has no such sentence.
    """
    if which.isdecimal() and int(which) < len(split.sentences):
        return int(which)
    row = pc.index(tokenized.column(split.sentences, "id"), pa.scalar(which)).as_py()
    if row < 0:
        last = len(split.sentences) - 1
        raise UnknownSentenceError(f"{name} has no sentence {which}: expected 0 to {last}, or an id")
    return int(row)


def columns(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align rows of equal length in columns, wrapped into as many blocks as the width requires.

    Args:
        rows: the cells of each row.
        width: width of the terminal, in character cells.

    Returns:
        The lines, with an empty one between blocks.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, column)) + GAP for column in zip(*cells, strict=True)]
    lines: list[str] = []
    for start, end in _blocks(widths, width):
        lines += [""] if lines else []
        for row in cells:
            padded = (
                cell + " " * (size - display_width(cell))
                for cell, size in zip(row[start:end], widths[start:end], strict=True)
            )
            lines.append("".join(padded).rstrip())
    return lines


def _blocks(widths: Sequence[int], width: int) -> Iterator[tuple[int, int]]:
    start, used = 0, 0
    for index, size in enumerate(widths):
        if used and used + size - GAP > width:
            yield start, index
            start, used = index, 0
        used += size
    if widths:
        yield start, len(widths)


def display_width(text: str) -> int:
    """The number of terminal cells of a text: two for a wide character, none for a combining mark."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(map(is_mark, text))
