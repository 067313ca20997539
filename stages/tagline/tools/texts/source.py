"""The documents that the arguments of a verb name: texts, words, or a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tagline.tools.texts.options import add_input_format, check_input_format, check_readable, infer_format

if TYPE_CHECKING:
    from tagline.inference import Document, Tagger
    from tagline.tools.texts.readers import DocumentReader


def add_texts(parser: argparse.ArgumentParser) -> None:
    """Add ``TEXT``, ``--words``, ``--input`` and what `add_input_format` adds."""
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="raw text")
    parser.add_argument(
        "--words", action="store_true", help="TEXT, or each line of the input, is words separated by spaces"
    )
    parser.add_argument("--input", metavar="FILE", help="file to read; - for standard input")
    add_input_format(parser)


def check_texts(options: argparse.Namespace) -> None:
    """Check combinations of the options of `add_texts`, and fill in a format that is not given.

    Raises:
        ValueError: options contradict each other, or a format can't be inferred.
    """
    if bool(options.texts) == (options.input is not None):
        raise ValueError("expected either TEXT or --input FILE")
    if options.texts and all(map(_is_file_to_read, options.texts)):
        raise ValueError(
            f"TEXT {options.texts[0]} is a file; expected raw text; to label it, use --input; of several, that of "
            "`cat FILE FILE | tagline predict --input -`"
        )
    if options.input is not None:
        check_readable("--input", options.input)
    if any("\udc80" <= character <= "\udcff" for character in "".join(options.texts)):
        raise ValueError("TEXT is not UTF-8")
    options.input_format = options.input_format or infer_format("--input", options.input)
    if options.words and options.input_format != "text":
        raise ValueError(f"--words: the input format is {options.input_format}; expected text")
    check_input_format(options)


def _is_file_to_read(text: str) -> bool:
    """Whether a text is rather the name of a file."""
    try:
        return Path(text).is_file()
    except OSError:  # it is longer than a name may be
        return False


@contextmanager
def source_of(
    options: argparse.Namespace, tagger: Tagger, show_progress: bool
) -> Iterator[tuple[Iterable[Document], Callable[[int], object]]]:
    """Give the documents, and a function to call with the number of those that are done.

    Args:
        options: of `add_texts`, checked.
        tagger: splits raw text.
        show_progress: see `readers.opened`.
    """
    if options.input is None and not options.words:
        texts = (tagger.document(text, f"TEXT {number}") for number, text in enumerate(options.texts, 1))
        yield texts, lambda _: None
        return
    # Here, since one sentence needs none of the libraries that read files.
    from tagline.inference import Document
    from tagline.tools.texts.readers import opened, read_words, reader_of, split_at_spaces

    if options.input is None:
        words = split_at_spaces(" ".join(options.texts))
        yield [Document.of_words(words, "TEXT")], lambda _: None
        return
    reader: DocumentReader = read_words
    if not options.words:
        reader = reader_of(options.input_format, options.column, tagger.split, tagger.sentences, options.text_column)
    with opened(options.input, reader, show_progress) as source:
        yield source.documents, source.advance
