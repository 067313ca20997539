"""Options that programs over this folder share: formats of input, numbers."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from tagline.inference.documents import Split
from tagline.inference.readers import Reader, read_columns, read_json, read_texts

FORMATS = ("text", "jsonl", "conll")
SUFFIXES = {".txt": "text", ".jsonl": "jsonl", ".json": "jsonl", ".conll": "conll"}
STANDARD = "-"


def infer_format(option: str, file: str | None, override: str | None = None) -> str:
    """Infer the format of a file from its suffix; that of standard input and output is text.

    Args:
        option: how messages call the file.
        file: its path; None or ``-``: a standard stream.
        override: the option that names the format; None: that of the file with ``-format``.

    Raises:
        ValueError: the suffix is unknown.
    """
    if file in (None, STANDARD):
        return "text"
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        expected = f"{', '.join(SUFFIXES)}, or {override or f'{option}-format'}"
        raise ValueError(f"{option} {file}: unknown suffix; expected {expected}")
    return SUFFIXES[suffix]


def reader_of(input_format: str, column: int, split: Split, sentences: Split | None = None) -> Reader:
    """The reader of a format.

    Args:
        input_format: one of `FORMATS`.
        column: the number of the column of words in ``conll``, from 1.
        split: finds the words of raw text.
        sentences: finds its sentences; None leaves each text whole.
    """
    readers: dict[str, Reader] = {
        "text": partial(read_texts, split=split, sentences=sentences),
        "jsonl": partial(read_json, split=split, sentences=sentences),
        "conll": partial(read_columns, words_column=column),
    }
    return readers[input_format]


def natural(text: str) -> int:
    """Convert an argument that is a number of 1 or more."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {text!r}")
    return int(text)


def probability(text: str) -> float:
    """Convert an argument that is a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, got {text!r}")
    return value
