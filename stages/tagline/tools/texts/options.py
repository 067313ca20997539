"""Options that verbs share: formats of input, the model, numbers; no library is loaded, for `--help`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from tagline.core.errors import UserError
from tagline.core.names import BackendName

FORMATS = ("text", "jsonl", "conll")
SUFFIXES = {".txt": "text", ".jsonl": "jsonl", ".json": "jsonl", ".conll": "conll"}
STANDARD = "-"
MODEL = Path("models/export")


def infer_format(
    option: str, file: str | None, override: str | None = None, suffixes: Mapping[str, str] = SUFFIXES
) -> str:
    """Infer the format of a file from its suffix; standard input and output are text.

    Args:
        option: how messages call the file.
        file: its path; None or ``-``: a standard stream.
        override: the option that names the format; None: that of the file with ``-format``.
        suffixes: the format of each suffix.

    Raises:
        ValueError: the suffix is unknown.
    """
    if file in (None, STANDARD):
        return "text"
    suffix = Path(file).suffix.lower()
    if suffix not in suffixes:
        expected = f"{', '.join(suffixes)}, or {override or f'{option}-format'}"
        raise ValueError(f"{option} {file}: unknown suffix; expected {expected}")
    return suffixes[suffix]


def add_input_format(parser: argparse.ArgumentParser) -> None:
    """Add ``--input-format`` and ``--column``."""
    parser.add_argument("--input-format", choices=FORMATS, help="default: by suffix; text for standard input")
    about = "column of the words in conll, from 1 (default: 1)"
    parser.add_argument("--column", type=natural, default=1, metavar="N", help=about)


def add_model(parser: argparse.ArgumentParser, default_backend: str = "the first of these that the model has") -> None:
    """Add ``--model`` and ``--backend``.

    Args:
        parser: of a program.
        default_backend: how ``--help`` describes it.
    """
    about = f"exported model, a local folder (default: {MODEL})"
    parser.add_argument("--model", type=Path, default=MODEL, metavar="FOLDER", help=about)
    parser.add_argument("--backend", choices=get_args(BackendName), help=f"default: {default_backend}")


def check_model(folder: Path) -> None:
    """Raise a `UserError` if the folder of ``--model`` does not exist."""
    if not folder.is_dir():
        advice = "run `dvc repro export`" if Path("dvc.yaml").is_file() else "name its folder: --model FOLDER"
        raise UserError(f"--model {folder}: not a folder; expected an exported model; {advice}")


def add_no_split(parser: argparse.ArgumentParser) -> None:
    """Add ``--no-split``: ``split_sentences`` as `Tagger` takes it."""
    about = "do not split raw text into sentences; default: as in training"
    parser.add_argument("--no-split", dest="split_sentences", action="store_const", const=False, help=about)


def natural(text: str) -> int:
    """Convert an argument that is a number of 1 or more, with at most twelve digits."""
    if not text.isdecimal() or len(text) > 12 or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {10**12 - 1:,}, got {text!r}")
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
