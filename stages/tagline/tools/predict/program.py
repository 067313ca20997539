"""Find entities in text with the exported model.

    tagline predict "My name is Sylvain and I work at Hugging Face in Brooklyn."
    tagline predict --words My name is Sylvain
    tagline predict --input texts.txt --output entities.jsonl
    cat texts.txt | tagline predict --input - | less
    tagline predict --input texts.txt --output tasks.json --format label_studio

Raw text is split into words and sentences as in training. The input is read as a stream, and the output keeps its
order. Formats, by default inferred from the suffixes .txt, .jsonl (or .json) and .conll:

    text    input: one document per line; output: the same with marked entities
    jsonl   input: one object with "text" or "words" per line; output: the same with "entities", for "words" also with
            "labels" and "scores"
    conll   input: columns, one word per line; output: word, label and score

Formats of output for masking: redacted writes texts, or the objects of jsonl, with [PER] in place of entities of the
type PER, redacted_numbered with [PER_1], the same number for the same words in a document.

Formats of output for annotation tools, which import the entities for people to correct: label_studio, doccano, prodigy
and page, one HTML file in which they correct them (suffix .html). Texts without words are left out.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tagline.terminal import ArgumentParser, Interrupted, UserError, defer_signals, program_name, show, show_warnings
from tagline.tools.answers.options import PAGE, PAGE_SUFFIX, TOOLS, add_guideline
from tagline.tools.answers.outputs import check_writable, naming
from tagline.tools.texts import options as common
from tagline.tools.texts.options import STANDARD, infer_format
from tagline.tools.texts.source import add_texts, check_texts, source_of

if TYPE_CHECKING:
    from tagline.inference import Document, Tagger
    from tagline.tools.answers.outputs import Output

REDACTED = ("redacted", "redacted_numbered")
# Formats of tasks for people, who correct their entities.
OF_TASKS = (*TOOLS, PAGE)
OF_ENTITIES = (*REDACTED, *OF_TASKS)
FORMATS = (*common.FORMATS, *OF_ENTITIES)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    if options.rest:
        check_writable("--rest", options.rest)
    if options.output:
        check_writable("--output", options.output)
    elif sys.stdout is None:
        raise UserError("standard output is closed; expected --output FILE")
    show_warnings()
    tagger = common.open_tagger(options, options.verify)
    # A bar would mix with output on the same terminal, and with what a pager shows of a pipe.
    show_progress = options.output is not None or is_file(sys.stdout)
    with tagger, source_of(options, tagger, show_progress) as (documents, advance):
        check_answers(options, tagger)
        label(documents, advance, tagger, options)
        if options.output:
            from tagline.tools.answers.tool_formats import beside  # here, since --help need not wait for libraries

            for path, text in beside(options.format, options.output, tagger.types).items():
                with naming(path):
                    path.write_text(text, encoding="utf-8")


def check_answers(options: argparse.Namespace, tagger: Tagger) -> None:
    """Raise a `UserError` if options do not fit the model."""
    from tagline.labels import WHOLE

    needing_entities = {
        "--min-score": options.min_score,
        "--accepted": options.accepted,
        f"--format {options.format}": options.format in OF_ENTITIES,
    }
    for option, is_given in needing_entities.items():
        if is_given and tagger.labels.kind == "tags":
            raise UserError(f"{option}: {tagger.folder} predicts a tag for each word, not entities")
    if options.accepted and not tagger.accept.keys() - {WHOLE}:
        raise UserError(
            f"--accepted: {tagger.folder} promises no precision; expected one evaluated with evaluate.promises"
        )
    if options.rest and WHOLE not in tagger.accept:
        raise UserError(
            f"--rest: {tagger.folder} promises nothing of {WHOLE}; expected one evaluated with evaluate.promises, "
            "whose statement says how many sentences of validation that needs (docs/beside.md)"
        )


def label(
    documents: Iterable[Document], advance: Callable[[int], object], tagger: Tagger, options: argparse.Namespace
) -> None:
    """Label documents and write them; ``advance`` gets the number that was written."""
    output = output_of(options, tagger)
    rest = rest_of(options)
    target = output.path or "standard output"
    documents_written = items_written = 0

    def so_far() -> str:  # what the output contains after an error
        if not documents_written or not output.path:
            return ""
        return f"; {output.path} has {documents_written:,} documents before it"

    try:
        for part in tagger.tag_stream(documents):
            others = [pair for pair in part if rest and not pair[1].is_promised]
            items = items_of([pair for pair in part if not rest or pair[1].is_promised], options)
            if rest and others:
                with naming(options.rest):
                    rest.write(others)
            with defer_signals(), naming(target):  # what is written is also counted
                output.write(items)
                documents_written += len(part)
                items_written += len(items)
            advance(len(part))
        with naming(target):
            output.end()
        if rest:
            with naming(options.rest):
                rest.end()
        if output.path:
            show(f"{output.path}: written")
    except BrokenPipeError:
        pass  # the reader, such as `head`, needs no more
    except UserError as error:
        raise UserError(f"{error}{so_far()}") from None
    except Interrupted as stop:
        start = "\n" if sys.stderr.isatty() else ""  # after a progress bar
        print(f"{start}{program_name()}: {stop}{so_far()}", file=sys.stderr)
        sys.exit(stop.status)
    if options.format == PAGE and not items_written:
        warnings.warn(f"{options.output}: no text to annotate", stacklevel=2)


def items_of(part: Sequence[tuple[Document, Any]], options: argparse.Namespace) -> Sequence[Any]:
    """What `output_of` takes: tasks of documents with words, or pairs of document and labels."""
    from tagline.tools.answers.task import to_task

    if options.min_score or options.accepted:
        part = [(document, tagged.without_unsure(options.min_score, options.accepted)) for document, tagged in part]
    if options.format not in OF_TASKS:
        return part
    return [to_task(document, tagged) for document, tagged in part if document.words]


def output_of(options: argparse.Namespace, tagger: Tagger) -> Output[Any]:
    """The output: of tasks for annotation tools and the page, else of pairs of document and labels."""
    from tagline.tools.answers import notations, tool_formats
    from tagline.tools.answers.outputs import LineWriter, Output

    name = options.format
    path = options.output
    if name in OF_TASKS:
        guideline = tool_formats.check("--output", name, path, options.guideline) if path else None
        return Output(path, tool_formats.form_of(name, tagger.types, guideline))
    line: Callable[[Document, Any], str]
    if name == "jsonl":
        line = notations.json_line
    elif name == "conll":
        line = notations.conll_lines
    elif name == "text":
        in_colors = path is None and notations.in_color(sys.stdout)
        line = notations.Highlighter(tagger.labels, in_colors).line
    else:
        line = notations.Redactor(name == "redacted_numbered", options.text_column or "text").line
    return Output(path, LineWriter(lambda pair: line(*pair)))


def rest_of(options: argparse.Namespace) -> Output[Any] | None:
    """The output of texts that are not promised to be right; None without --rest."""
    from tagline.tools.answers import notations
    from tagline.tools.answers.outputs import LineWriter, Output

    if not options.rest:
        return None
    return Output(options.rest, LineWriter(lambda pair: notations.row_line(notations.own_row(pair[0]), pair[0])))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    usage = "%(prog)s TEXT... [options]\n       %(prog)s --input FILE [options]"
    parser = ArgumentParser(description=__doc__, usage=usage)
    add = parser.add_argument
    add_texts(parser)
    add("--output", metavar="FILE", help="file to write; default: standard output, also -")
    add(
        "--format",
        choices=FORMATS,
        metavar="NAME",
        help=f"{', '.join(FORMATS)}; default: by suffix; for standard output text",
    )
    add_guideline(parser)
    add(
        "--min-score",
        type=common.probability,
        default=0.0,
        metavar="P",
        help="leave out entities with a score below P (0 to 1)",
    )
    add(
        "--accepted",
        action="store_true",
        help="leave out entities that the model's promise of a precision does not accept",
    )
    add(
        "--rest",
        type=Path,
        metavar="FILE",
        help="write texts that are not promised to be exactly right here, as JSON Lines, instead of to --output",
    )
    common.add_model(parser)
    common.add_types(parser)
    common.add_no_split(parser)
    add(
        "--no-verify",
        dest="verify",
        action="store_false",
        help="do not compare the model's files with its hashes.json, to start faster",
    )
    options = parser.parse_args(arguments)
    try:
        check_options(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def check_options(options: argparse.Namespace) -> None:
    """Check combinations of options, and fill in formats.

    Raises:
        ValueError: options contradict each other, or a format can't be inferred.
    """
    if options.types and not options.texts and options.input is None:
        raise ValueError("TEXT is missing; expected it before --types, which takes all words that follow it")
    check_texts(options)
    is_standard = options.output in (None, STANDARD)
    suffixes = {**common.SUFFIXES, PAGE_SUFFIX: PAGE}
    options.format = options.format or infer_format("--output", options.output, "--format", suffixes)
    options.output = None if is_standard else Path(options.output)
    if is_standard and options.format == PAGE:
        raise ValueError("page needs --output FILE.html")
    if options.rest and (options.rest == options.output or (options.input and is_input(options.rest, options.input))):
        raise ValueError("--rest is the same file as --output or --input; expected another one")
    if options.guideline and options.format != PAGE:
        raise ValueError("--guideline: expected the output format page, or --output FILE.html")
    if options.output and options.input and is_input(options.output, options.input):
        raise ValueError("--output is the same file as --input; expected another one")


def is_file(stream: TextIO) -> bool:
    """Whether a stream is a file, not a terminal or a pipe."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:  # a stream of a test or a notebook
        return False


def is_input(output: Path, file: str) -> bool:
    """Whether the output is the input, possibly as standard input."""
    if not output.is_file():
        return False
    if file != STANDARD:
        return output.samefile(file)
    return sys.stdin is not None and os.path.samestat(output.stat(), os.fstat(sys.stdin.fileno()))
