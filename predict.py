"""Label texts by the exported model.

    python predict.py "My name is Sylvain and I work at Hugging Face in Brooklyn."
    python predict.py --words My name is Sylvain
    python predict.py --input texts.txt --output entities.jsonl
    cat texts.txt | python predict.py --input - | less

Raw text is cut into words by the rule of training (stages/tagline/tokenization/words.py). The input is read as a stream,
and answers keep its order. Formats, told by the suffixes .txt, .jsonl (or .json) and .conll:

    text    in: a document a line. out: the same with entities marked, for people
    jsonl   in: objects with "text" or "words". out: the same with "entities"; of words with "labels" and "scores" too
    conll   in: columns, a word a line. out: word, label and score
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import get_args

try:
    from tagline.core.signals import Interrupted, default_sigint, defer_signals

    if __name__ == "__main__":
        default_sigint()

    from tagline.artifacts.exported import BackendName
    from tagline.core.errors import UserError, exit_with_message
    from tagline.inference import Document, Tagger
    from tagline.inference.highlighting import Highlighter, in_color
    from tagline.inference.notations import Columns, JsonLines, Lines, Notation
    from tagline.inference.readers import Reader, read_columns, read_json, read_texts, read_words, split_at_spaces
    from tagline.inference.resuming import resume
    from tagline.inference.sinks import File, Sink, StandardOutput
    from tagline.inference.sources import Source, opened
except ModuleNotFoundError as error:
    sys.exit(
        f"predict: the package {error.name} is not installed: `make repro` or `make test` set up .venv, "
        "and `source .venv/bin/activate` makes it the environment of this terminal"
    )

FORMATS = ("text", "jsonl", "conll")
SUFFIXES = {".txt": "text", ".jsonl": "jsonl", ".json": "jsonl", ".conll": "conll"}
STANDARD = "-"


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    check_output(options.output)
    with source_of(options) as source, loaded(options) as tagger:
        notation = notation_of(options, tagger)
        done, size = 0, 0
        if options.resume and options.output.exists():
            done, size = resume(options.output, notation, source.documents, source.name)
        sink = StandardOutput() if options.output is None else File(options.output, size)
        label(source, tagger, notation, sink, done)


def check_output(path: Path | None) -> None:
    """Raise a `UserError` where nothing can be written. None stands for standard output."""
    if path is None:
        if sys.stdout is None:
            raise UserError("standard output is closed: expected --output FILE")
        return
    if not path.parent.is_dir():
        raise UserError(f"{path.parent} is no folder, in which {path.name} is to be written")
    if path.is_dir():
        raise UserError(f"{path} is a folder, expected a file")
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is a pipe or a device, expected a file; standard output can be sent there (> {path})")


def label(source: Source, tagger: Tagger, notation: Notation, sink: Sink, done: int) -> None:
    """Write what the tagger says of all that is left of the source, after so many documents that are done."""

    def so_far() -> str:
        if not done or not isinstance(sink, File):
            return ""
        return f"; the {done:,} documents before are in {sink.path}, --resume goes on after them"

    try:
        for tagged in tagger.tag_stream(source.documents):
            sink.write("".join([notation.write(*pair) for pair in tagged if notation.holds(pair[0])]))
            done += len(tagged)
            source.advance(len(tagged))
        sink.write("")
    except BrokenPipeError:
        pass  # whoever reads, `head` for instance, has seen enough
    except UserError as fault:
        raise UserError(f"{fault}{so_far()}") from None
    except Interrupted as stop:
        start = "\n" if sys.stderr.isatty() else ""  # a progress bar may stand in the line
        print(f"{start}predict: {stop}{so_far()}", file=sys.stderr)
        sys.exit(stop.status)


def source_of(options: argparse.Namespace) -> AbstractContextManager[Source]:
    if options.input is None:
        words = [word for text in options.texts for word in split_at_spaces(text)]
        texts = (Document.of_text(text, f"TEXT {number}") for number, text in enumerate(options.texts, 1))
        return nullcontext(Source("TEXT", [Document.of_words(words, "TEXT")] if options.words else texts))
    readers: dict[str, Reader] = {
        "text": read_words if options.words else read_texts,
        "jsonl": read_json,
        "conll": partial(read_columns, words_at=options.column),
    }
    path = None if options.input == STANDARD else Path(options.input)
    # On a terminal a bar would stand between the answers.
    return opened(path, readers[options.input_format], watched=options.output is not None or not sys.stdout.isatty())


def loaded(options: argparse.Namespace) -> Tagger:
    # A signal that meets an extension module as it is imported comes out as an ImportError.
    with defer_signals():
        return Tagger(options.model, options.backend)


def notation_of(options: argparse.Namespace, tagger: Tagger) -> Notation:
    if options.output_format == "jsonl":
        return JsonLines()
    if options.output_format == "conll":
        return Columns()
    color = options.color == "always" if options.output else in_color(options.color, sys.stdout)
    return Lines(Highlighter(tagger.labels, color))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    usage = "%(prog)s TEXT... [options]\n       %(prog)s --input FILE [options]"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form, usage=usage)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="a raw text")
    parser.add_argument(
        "--words", action="store_true", help="the words of TEXT, or of each line, are divided by spaces"
    )
    parser.add_argument("--input", metavar="FILE", help="what to label; - is standard input")
    parser.add_argument("--input-format", choices=FORMATS, help="by default its suffix tells; standard input is text")
    parser.add_argument(
        "--column", type=natural, default=1, metavar="N", help="the column of conll that holds words (1)"
    )
    parser.add_argument("--output", metavar="FILE", help="where to write; standard output by default, or for -")
    parser.add_argument("--output-format", choices=FORMATS, help="by default its suffix tells; standard output is text")
    parser.add_argument("--resume", action="store_true", help="go on after the last whole answer that the output holds")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="mark entities in colours")
    parser.add_argument(
        "--model", default="models/export", metavar="FOLDER", help="what the stage export wrote (models/export)"
    )
    parser.add_argument("--backend", choices=get_args(BackendName), help="by default the fastest that the model has")
    options = parser.parse_args(arguments)
    try:
        check(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def check(options: argparse.Namespace) -> None:
    """Put in what follows from other options.

    Raises:
        ValueError: some do not go together, or a file's format can't be told.
    """
    if bool(options.texts) == (options.input is not None):
        raise ValueError("expected either TEXT or --input FILE")
    if any("\udc80" <= character <= "\udcff" for text in options.texts for character in text):
        raise ValueError("TEXT is not UTF-8")
    options.input_format = options.input_format or infer_format("--input", options.input)
    if options.words and options.input_format != "text":
        raise ValueError(
            f"--words is about text, and --input is {options.input_format}, which says itself what words are"
        )
    options.output_format = options.output_format or infer_format("--output", options.output)
    options.output = None if options.output in (None, STANDARD) else Path(options.output)
    if options.resume and options.output is None:
        raise ValueError("--resume goes on with a file: expected --output FILE")
    if options.output and options.input and is_input(options.output, options.input):
        raise ValueError("--output is the file of --input, which it would overwrite")


def is_input(output: Path, file: str) -> bool:
    """Whether a file is the one that is read, be it as standard input."""
    if not output.is_file():
        return False
    if file != STANDARD:
        return output.samefile(file)
    return sys.stdin is not None and os.path.samestat(output.stat(), os.fstat(sys.stdin.fileno()))


def infer_format(option: str, file: str | None) -> str:
    """The format of a file by its suffix."""
    if file in (None, STANDARD):
        return "text"
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{option} {file}: expected a name that ends in {', '.join(SUFFIXES)}, or {option}-format")
    return SUFFIXES[suffix]


def natural(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number of 1 or more, got {text!r}")
    return int(text)


if __name__ == "__main__":
    exit_with_message(main)
