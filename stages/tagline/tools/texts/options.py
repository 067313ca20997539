"""Options that verbs share: input, model, numbers; no library is loaded, for `--help`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from tagline.core import BackendName, restore
from tagline.terminal import UserError, defer_signals

if TYPE_CHECKING:
    from tagline.inference import Tagger

FORMATS = ("text", "jsonl", "conll")
SUFFIXES = {".txt": "text", ".jsonl": "jsonl", ".json": "jsonl", ".conll": "conll"}
STANDARD = "-"
MODEL = Path("models/export")


def infer_format(
    option: str, file: str | None, override: str | None = None, suffixes: Mapping[str, str] = SUFFIXES
) -> str:
    """Infer the format of a file from its suffix; standard streams are text.

    Args:
        file: None or ``-``: a standard stream.
        override: the option that names the format; None: that of the file with ``-format``.

    Raises:
        ValueError: the suffix is unknown.
    """
    if file in (None, STANDARD):
        return "text"
    suffix = Path(file).suffix.lower()
    if suffix not in suffixes:
        raise ValueError(
            f"{option} {file}: unknown suffix; expected {', '.join(suffixes)}, or {override or f'{option}-format'}"
        )
    return suffixes[suffix]


def add_input_format(parser: argparse.ArgumentParser) -> None:
    """Add ``--input-format``, ``--column`` and ``--text-column``."""
    parser.add_argument("--input-format", choices=FORMATS, help="default: by suffix; text for standard input")
    parser.add_argument("--column", type=natural, metavar="N", help="column of the words in conll, from 1 (default: 1)")
    parser.add_argument("--text-column", metavar="NAME", help="key of the texts in jsonl (default: text, or words)")


def check_input_format(options: argparse.Namespace) -> None:
    """Raise a `ValueError` if an option of `add_input_format` is for another format."""
    for option, value, of in (("--column", options.column, "conll"), ("--text-column", options.text_column, "jsonl")):
        if value and options.input_format != of:
            raise ValueError(f"{option}: the input format is {options.input_format}; expected {of}")


def check_readable(option: str, file: str) -> None:
    """Raise a `UserError` if an input file (- for standard input) does not exist or is a folder."""
    if file != STANDARD and not Path(file).exists():
        raise UserError(f"{option} {file}: no such file; expected one of texts, or - for standard input")
    if Path(file).is_dir():
        raise UserError(f"{option} {file}: a folder; expected a file; run once per file (docs/scale.md)")


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model`` and ``--backend``."""
    parser.add_argument(
        "--model",
        type=Path,
        default=MODEL,
        metavar="FOLDER",
        help=f"exported model, a local folder (default: {MODEL})",
    )
    parser.add_argument(
        "--backend", choices=get_args(BackendName), help="default: the first of these that the model has"
    )


def add_types(parser: argparse.ArgumentParser) -> None:
    """Add ``--types``."""
    parser.add_argument("--types", nargs="+", metavar="TYPE", help="find these types alone (default: all of the model)")


def open_tagger(options: argparse.Namespace, verify: bool = True) -> Tagger:
    """Open the model of `add_model`, `add_types` and `add_no_split`; for errors see `Tagger`."""
    if not options.model.is_dir():
        raise UserError(
            f"--model {options.model}: not a folder; expected an exported model; {restore('export')}, or name one"
        )
    with defer_signals():  # a signal during the import of an extension module would become an ImportError
        from tagline.inference import Tagger  # here, since --help need not wait for libraries

        split = options.split_sentences
        return Tagger(options.model, options.backend, verify=verify, split_sentences=split, types=options.types)


def add_no_split(parser: argparse.ArgumentParser) -> None:
    """Add ``--no-split``: ``split_sentences`` as `Tagger` takes it."""
    parser.add_argument(
        "--no-split",
        dest="split_sentences",
        action="store_const",
        const=False,
        help="do not split raw text into sentences; default: as in training",
    )


def natural(text: str) -> int:
    """Convert a number of 1 or more, with at most twelve digits."""
    if not text.isdecimal() or len(text) > 12 or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number from 1 to {10**12 - 1:,}, got {text!r}")
    return int(text)


def probability(text: str) -> float:
    """Convert a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, got {text!r}")
    return value
