"""Options that verbs share: input, model, numbers; no library is loaded, for `--help`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from tagline.core import BackendName, Overlaps, restore
from tagline.terminal import UserError, defer_signals

if TYPE_CHECKING:
    from tagline.inference import AnyTagger, Tagger

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
    _add_backend(parser)


def add_models(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, perhaps given several times, ``--overlaps`` and ``--backend``."""
    parser.add_argument(
        "--model",
        dest="models",
        type=named_folder,
        action="append",
        metavar="[NAME=]FOLDER",
        help=f"exported model, a local folder (default: {MODEL}); of several, each entity has the name, by default the "
        "task of the model, as its layer",
    )
    parser.add_argument("--types", nargs="+", metavar="TYPE", help="find these types alone (default: all of the model)")
    parser.add_argument(
        "--overlaps",
        choices=get_args(Overlaps),
        default="keep",
        help="of overlapping entities of several models keep all, the longest, those of the first model, or those with "
        "the highest score (default: keep, all)",
    )
    _add_backend(parser)


def _add_backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend", choices=get_args(BackendName), help="default: the first of these that the model has"
    )


def named_folder(text: str) -> tuple[str, Path]:
    """Convert NAME=FOLDER, or FOLDER with an empty name."""
    name, equals, folder = text.partition("=")
    if equals and not Path(text).is_dir():
        return name, Path(folder)
    return "", Path(text)


def layers_of(models: Sequence[tuple[str, Path]] | None, overlaps: Overlaps) -> dict[str, Path]:
    """Find the folder of each layer, which without a name is called after the model's task.

    Raises:
        UserError: a folder is missing or damaged, or two layers share a name.
    """
    from tagline.artifacts import exported  # here, since --help need not wait for libraries

    folders = dict[str, Path]()
    for given_name, folder in models or [("", MODEL)]:
        if not folder.is_dir():
            raise UserError(
                f"--model {folder}: not a folder; expected an exported model; {restore('export')}, or name one"
            )
        name = given_name or exported.read(folder).labels.task
        if name in folders:
            raise UserError(
                f"--model {folder}: the layer {name} is that of {folders[name]} already; "
                f"expected a name for each; give one: --model NAME={folder}"
            )
        folders[name] = folder
    if len(folders) == 1 and overlaps != "keep":
        raise UserError(f"--overlaps {overlaps}: one model, whose entities never overlap; expected several --model")
    return folders


def open_taggers(options: argparse.Namespace, verify: bool = True) -> AnyTagger:
    """Open the models of `add_models`; for errors see `layers_of`, `Tagger`, `Taggers`."""
    with defer_signals():  # a signal during the import of an extension module would become an ImportError
        from tagline.inference import Tagger

        taggers = dict[str, Tagger]()
        for name, folder in layers_of(options.models, options.overlaps).items():
            split = options.split_sentences
            taggers[name] = Tagger(folder, options.backend, verify=verify, split_sentences=split, types=options.types)
        return joined(taggers, options.overlaps)


def joined(taggers: Mapping[str, Tagger], overlaps: Overlaps) -> AnyTagger:
    """Join several taggers; one alone stays as it is, without layers."""
    from tagline.inference import Taggers  # here, since --help need not wait for libraries

    if len(taggers) == 1:
        return next(iter(taggers.values()))
    return Taggers(taggers, overlaps)


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
