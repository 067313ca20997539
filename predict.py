"""Find entities in text with the exported model.

    python predict.py "My name is Sylvain and I work at Hugging Face in Brooklyn."
    python predict.py --words My name is Sylvain
    python predict.py --input texts.txt --output entities.jsonl
    cat texts.txt | python predict.py --input - | less

Raw text is split into words and sentences as in training. The input is read as a stream, and the output keeps its
order. Formats, by default inferred from the suffixes .txt, .jsonl (or .json) and .conll:

    text    input: one document per line; output: the same with marked entities
    jsonl   input: one object with "text" or "words" per line; output: the same with "entities", for "words" also with
            "labels" and "scores"
    conll   input: columns, one word per line; output: word, label and score
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import get_args

try:
    from tagline.core.startup import prepare_process

    if __name__ == "__main__":
        prepare_process()

    from tagline.artifacts.exported import BackendName
    from tagline.core.errors import ArgumentParser, UserError, exit_with_message
    from tagline.core.signals import Interrupted, defer_signals
    from tagline.core.terminal import safe_message
    from tagline.inference import Document, Tagger
    from tagline.inference.highlighting import Highlighter, in_color
    from tagline.inference.notations import Columns, JsonLines, Lines, Notation
    from tagline.inference.readers import Reader, read_columns, read_json, read_texts, read_words, split_at_spaces
    from tagline.inference.resuming import resume
    from tagline.inference.sinks import File, Sink, StandardOutput
    from tagline.inference.sources import Source, opened
except ModuleNotFoundError as error:
    sys.exit(
        f"predict: the package {error.name} is not installed; `make install` sets up .venv, "
        "`source .venv/bin/activate` activates it"
    )

FORMATS = ("text", "jsonl", "conll")
SUFFIXES = {".txt": "text", ".jsonl": "jsonl", ".json": "jsonl", ".conll": "conll"}
STANDARD = "-"


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    check_output(options.output)
    warnings.formatwarning = lambda message, *_: safe_message(f"predict: {message}\n")
    with load(options) as tagger, source_of(options, tagger) as source:
        notation = notation_of(options, tagger)
        if options.min_score and tagger.labels.kind == "tags":
            raise UserError(f"--min-score: {options.model} predicts a tag for each word, not entities")
        done = size = 0
        if options.resume and options.output.exists():
            done, size = resume(options.output, notation, source.documents, source.name)
        sink = StandardOutput() if options.output is None else File(options.output, size)
        label(source, tagger, notation, sink, done, options.min_score)


def check_output(path: Path | None) -> None:
    """Raise a `UserError` if the output can't be written; None is standard output."""
    if path is None:
        if sys.stdout is None:
            raise UserError("standard output is closed; expected --output FILE")
        return
    if not path.parent.is_dir():
        raise UserError(f"--output {path}: {path.parent} is not a folder; expected an existing one")
    if path.is_dir():
        raise UserError(f"--output {path}: a folder; expected a file")
    if path.exists() and not path.is_file():
        raise UserError(f"--output {path}: a pipe or device; expected a file; to write there, use `> {path}`")


def label(source: Source, tagger: Tagger, notation: Notation, sink: Sink, done: int, min_score: float) -> None:
    """Label the rest of the source and write it; ``done`` documents are in the output already."""

    def so_far() -> str:
        if not done or not isinstance(sink, File):
            return ""
        return f"; {sink.path} has the {done:,} documents before it, --resume continues after them"

    try:
        for tagged in tagger.tag_stream(source.documents):
            shown = [(document, found.without_unsure(min_score)) for document, found in tagged] if min_score else tagged
            text = "".join([notation.write(*pair) for pair in shown if notation.includes(pair[0])])
            with defer_signals():  # what is written is also counted
                sink.write(text)
                done += len(tagged)
            source.advance(len(tagged))
        sink.write("")
    except BrokenPipeError:
        pass  # the reader, such as `head`, needs no more
    except UserError as error:
        raise UserError(f"{error}{so_far()}") from None
    except Interrupted as stop:
        start = "\n" if sys.stderr.isatty() else ""  # after a progress bar
        print(f"{start}predict: {stop}{so_far()}", file=sys.stderr)
        sys.exit(stop.status)


def source_of(options: argparse.Namespace, tagger: Tagger) -> AbstractContextManager[Source]:
    if options.input is None:
        words = [word for text in options.texts for word in split_at_spaces(text)]
        texts = (tagger.document(text, f"TEXT {number}") for number, text in enumerate(options.texts, 1))
        return nullcontext(Source("TEXT", [Document.of_words(words, "TEXT")] if options.words else texts))
    readers: dict[str, Reader] = {
        "text": read_words if options.words else partial(read_texts, split=tagger.split, sentences=tagger.sentences),
        "jsonl": partial(read_json, split=tagger.split, sentences=tagger.sentences),
        "conll": partial(read_columns, words_column=options.column),
    }
    path = None if options.input == STANDARD else Path(options.input)
    # A bar would mix with output on the same terminal.
    show_progress = options.output is not None or not sys.stdout.isatty()
    return opened(path, readers[options.input_format], show_progress)


def load(options: argparse.Namespace) -> Tagger:
    # A signal during the import of an extension module would become an ImportError.
    with defer_signals():
        return Tagger(options.model, options.backend, verify=options.verify, split_sentences=options.split_sentences)


def notation_of(options: argparse.Namespace, tagger: Tagger) -> Notation:
    if options.output_format == "jsonl":
        return JsonLines()
    if options.output_format == "conll":
        return Columns()
    color = options.color == "always" if options.output else in_color(options.color, sys.stdout)
    return Lines(Highlighter(tagger.labels, color))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    usage = "%(prog)s TEXT... [options]\n       %(prog)s --input FILE [options]"
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=usage)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="raw text")
    parser.add_argument(
        "--words", action="store_true", help="TEXT, or each line of the input, is words separated by spaces"
    )
    parser.add_argument("--input", metavar="FILE", help="file to label; - for standard input")
    parser.add_argument("--input-format", choices=FORMATS, help="default: by suffix; text for standard input")
    parser.add_argument(
        "--column", type=natural, default=1, metavar="N", help="column of the words in conll, from 1 (default: 1)"
    )
    parser.add_argument("--output", metavar="FILE", help="file to write; default: standard output, also -")
    parser.add_argument("--output-format", choices=FORMATS, help="default: by suffix; text for standard output")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue after the last complete document in the output; in jsonl and conll a changed input is an error, "
        "but another model or --min-score and edited predictions are not noticed",
    )
    parser.add_argument(
        "--min-score",
        type=probability,
        default=0.0,
        metavar="P",
        help="leave out entities with a score below P (0 to 1)",
    )
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="mark entities in colour; default: on a terminal",
    )
    parser.add_argument(
        "--model", default="models/export", metavar="FOLDER", help="exported model (default: models/export)"
    )
    parser.add_argument(
        "--backend", choices=get_args(BackendName), help="default: the first of these that the model has"
    )
    parser.add_argument(
        "--no-split",
        dest="split_sentences",
        action="store_const",
        const=False,
        help="do not split raw text into sentences; default: as in training",
    )
    parser.add_argument(
        "--no-verify",
        dest="verify",
        action="store_false",
        help="do not compare the model's files with its hashes.json, to start faster",
    )
    options = parser.parse_args(arguments)
    try:
        check(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def check(options: argparse.Namespace) -> None:
    """Check combinations of options, and fill in formats that are not given.

    Raises:
        ValueError: options contradict each other, or a format can't be inferred.
    """
    if bool(options.texts) == (options.input is not None):
        raise ValueError("expected either TEXT or --input FILE")
    if any("\udc80" <= character <= "\udcff" for text in options.texts for character in text):
        raise ValueError("TEXT is not UTF-8")
    options.input_format = options.input_format or infer_format("--input", options.input)
    if options.words and options.input_format != "text":
        raise ValueError(f"--words: the input format is {options.input_format}; expected text")
    options.output_format = options.output_format or infer_format("--output", options.output)
    options.output = None if options.output in (None, STANDARD) else Path(options.output)
    if options.resume and options.output is None:
        raise ValueError("--resume needs --output FILE")
    if options.output and options.input and is_input(options.output, options.input):
        raise ValueError("--output is the same file as --input; expected another one")


def is_input(output: Path, file: str) -> bool:
    """Whether the output is the input file, possibly as standard input."""
    if not output.is_file():
        return False
    if file != STANDARD:
        return output.samefile(file)
    return sys.stdin is not None and os.path.samestat(output.stat(), os.fstat(sys.stdin.fileno()))


def infer_format(option: str, file: str | None) -> str:
    """Infer the format of a file from its suffix."""
    if file in (None, STANDARD):
        return "text"
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{option} {file}: unknown suffix; expected {', '.join(SUFFIXES)}, or {option}-format")
    return SUFFIXES[suffix]


def natural(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {text!r}")
    return int(text)


def probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1, got {text!r}")
    return value


if __name__ == "__main__":
    exit_with_message(main)
