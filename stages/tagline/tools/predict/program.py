"""Find entities in text with the exported model.

    tagline predict "My name is Sylvain and I work at Hugging Face in Brooklyn."
    tagline predict --words My name is Sylvain
    tagline predict --input texts.txt --output entities.jsonl
    cat texts.txt | tagline predict --input - | less
    tagline predict --input texts.txt --output tasks.json --output-format label_studio

Raw text is split into words and sentences as in training. The input is read as a stream, and the output keeps its
order. Formats, by default inferred from the suffixes .txt, .jsonl (or .json) and .conll:

    text    input: one document per line; output: the same with marked entities
    jsonl   input: one object with "text" or "words" per line; output: the same with "entities", for "words" also with
            "labels" and "scores"
    conll   input: columns, one word per line; output: word, label and score

Several models (--model A --model B) each label all texts. The entities in jsonl have the name of their model as
"layer", and overlap unless --overlaps chooses among those that --min-score and --accepted leave. label_studio, brat and
doccano (in projects that allow overlaps) hold them too, prodigy and page only with --overlaps.

Formats of output for masking: redacted writes texts, or the objects of jsonl, with [PER] in place of entities of the
type PER, redacted_numbered with [PER_1], the same number for the same words in a document.

Formats of output for annotation tools, which import the entities for people to correct: label_studio, doccano, prodigy,
brat, for which the output is a folder, and page, one HTML file in which they correct them (suffix .html). Texts without
words are left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tagline.terminal.command_line import ArgumentParser, program_name
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import safe_message
from tagline.terminal.signals import Interrupted, defer_signals
from tagline.tools.answers.options import BRAT, JSONL, PAGE, PAGE_SUFFIX, TOOLS, add_guideline
from tagline.tools.answers.outputs import check_writable
from tagline.tools.texts import options as common
from tagline.tools.texts.options import STANDARD, infer_format

if TYPE_CHECKING:
    from tagline.inference import AnyTagger, Document
    from tagline.tools.answers.outputs import Output
    from tagline.tools.answers.tool_formats import BratFolder

REDACTED = ("redacted", "redacted_numbered")
OF_ENTITIES = (*REDACTED, *TOOLS, PAGE)
# A format of one label per word; what masks entities would leave words of those that --overlaps leaves out.
OF_ONE_MODEL = ("text", "conll", *REDACTED)
WITHOUT_OVERLAPS = ("prodigy", PAGE)
OF_SEVERAL = "jsonl, label_studio, doccano or brat"


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    if options.output:
        check_writable("--output", options.output, is_folder=options.output_format == BRAT)
    elif sys.stdout is None:
        raise UserError("standard output is closed; expected --output FILE")
    warnings.formatwarning = lambda message, *_: safe_message(f"{program_name()}: {message}\n")
    tagger = common.open_taggers(options, options.verify)
    with tagger, source_of(options, tagger) as (documents, advance):
        check_answers(options, tagger)
        label(documents, advance, tagger, options)
        if options.output:
            from tagline.tools.answers.tool_formats import beside  # here, since --help need not wait for libraries

            for path, text in beside(options.output_format, options.output, tagger.types).items():
                path.write_text(text, encoding="utf-8")


def check_answers(options: argparse.Namespace, tagger: AnyTagger) -> None:
    """Raise a `UserError` if options do not fit what the models predict."""
    for each in tagger.layers.values():
        if each.labels.kind == "tags":
            check_options_of_tags(options, each.folder)
        if options.accepted and not each.accept:
            raise UserError(
                f"--accepted: {each.folder} promises no precision; expected one evaluated with evaluate.accept"
            )
    if len(tagger.layers) > 1:
        check_format_of_several(options, tagger)


def check_options_of_tags(options: argparse.Namespace, model: Path) -> None:
    """Raise a `UserError` if an option needs a model that predicts entities."""
    if options.min_score or options.accepted or options.output_format in OF_ENTITIES:
        given = "--accepted" if options.accepted else f"--output-format {options.output_format}"
        option = "--min-score" if options.min_score else given
        raise UserError(f"{option}: {model} predicts a tag for each word, not entities")


def check_format_of_several(options: argparse.Namespace, tagger: AnyTagger) -> None:
    """Raise a `UserError` if the output format can't hold the answers of several models."""
    name, languages = options.output_format, {each.rule[0] for each in tagger.layers.values()}
    if name in OF_ONE_MODEL:
        found = "holds the answers of one model"
    elif name in WITHOUT_OVERLAPS and options.overlaps == "keep":
        found = "its entities can't overlap, as those of several models do without --overlaps"
    elif name in WITHOUT_OVERLAPS and len(languages) > 1:
        found = "its entities consist of whole words, which models of different languages split differently"
    else:
        return
    raise UserError(f"--output-format {name}: {found}; expected one --model; or use {OF_SEVERAL}")


def label(
    documents: Iterable[Document], advance: Callable[[int], object], tagger: AnyTagger, options: argparse.Namespace
) -> None:
    """Label documents and write them; ``advance`` is called with the number that was written."""
    from tagline.tools.answers.task import to_task

    output, of_tasks = output_of(options, tagger), options.output_format in (*TOOLS, PAGE)
    done = tasks = 0

    def so_far() -> str:  # what the output contains after an error
        if not done or not output.path:
            return ""
        return f"; {output.path} has {'the document' if done == 1 else f'the {done:,} documents'} before it"

    try:
        for tagged in tagger.tag_stream(documents):
            limits = options.min_score, options.accepted
            shown = [(document, found.without_unsure(*limits)) for document, found in tagged] if any(limits) else tagged
            items: Sequence[Any] = [to_task(*each) for each in shown if each[0].words] if of_tasks else shown
            with defer_signals():  # what is written is also counted
                output.write(items)
                done, tasks = done + len(tagged), tasks + len(items)
            advance(len(tagged))
        output.end()
    except BrokenPipeError:
        pass  # the reader, such as `head`, needs no more
    except UserError as error:
        raise UserError(f"{error}{so_far()}") from None
    except Interrupted as stop:
        start = "\n" if sys.stderr.isatty() else ""  # after a progress bar
        print(f"{start}{program_name()}: {stop}{so_far()}", file=sys.stderr)
        sys.exit(stop.status)
    if options.output_format == PAGE and not tasks:
        warnings.warn(f"{options.output}: no text to annotate", stacklevel=2)


@contextmanager
def source_of(
    options: argparse.Namespace, tagger: AnyTagger
) -> Iterator[tuple[Iterable[Document], Callable[[int], object]]]:
    """Give the documents, and a function to call with the number of those that were written."""
    if options.input is None and not options.words:
        texts = (tagger.document(text, f"TEXT {number}") for number, text in enumerate(options.texts, 1))
        yield texts, lambda _: None
        return
    # Here, since one sentence needs none of the libraries that read files.
    from tagline.inference import Document
    from tagline.tools.texts.readers import opened, read_words, reader_of, split_at_spaces

    if options.input is None:
        words = [word for text in options.texts for word in split_at_spaces(text)]
        yield [Document.of_words(words, "TEXT")], lambda _: None
        return
    format_ = options.input_format
    reader = read_words if options.words else reader_of(format_, options.column, tagger.split, tagger.sentences)
    # A bar would mix with output on the same terminal.
    show_progress = options.output is not None or not sys.stdout.isatty()
    with opened(options.input, reader, show_progress) as source:
        yield source.documents, source.advance


def output_of(options: argparse.Namespace, tagger: AnyTagger) -> Output[Any] | BratFolder:
    """The output: of tasks for annotation tools and the page, otherwise of pairs of a document and its labels."""
    from tagline.tools.answers import notations, tool_formats
    from tagline.tools.answers.outputs import Lines, Output

    name, path, types = options.output_format, options.output, tagger.types
    if name in (*TOOLS, PAGE):
        guideline = tool_formats.check("--output", name, path, types, options.guideline) if path else None
        if name == BRAT:
            return tool_formats.BratFolder(path, types)
        return Output(path, tool_formats.form_of(name, types, guideline))
    lines = {"jsonl": notations.json_line, "conll": notations.conll_lines}
    if name == "text":
        in_colors = path is None and notations.in_color(sys.stdout)
        (alone,) = tagger.layers.values()
        lines[name] = notations.Highlighter(alone.labels, in_colors).line
    elif name in REDACTED:
        lines[name] = notations.Redactor(name == REDACTED[1]).line
    return Output(path, Lines(lambda pair: lines[name](*pair)))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    usage = "%(prog)s TEXT... [options]\n       %(prog)s --input FILE [options]"
    parser = ArgumentParser(description=__doc__, usage=usage)
    add = parser.add_argument
    add("texts", nargs="*", metavar="TEXT", help="raw text")
    add("--words", action="store_true", help="TEXT, or each line of the input, is words separated by spaces")
    add("--input", metavar="FILE", help="file to label; - for standard input")
    common.add_input_format(parser)
    add("--output", metavar="FILE", help="file to write, or folder for brat; default: standard output, also -")
    formats = (*common.FORMATS, *OF_ENTITIES)
    add(
        "--output-format",
        choices=formats,
        help="default: by suffix; for standard output text, jsonl with several models",
    )
    add_guideline(parser)
    about = "leave out entities with a score below P (0 to 1)"
    add("--min-score", type=common.probability, default=0.0, metavar="P", help=about)
    about = "leave out entities that the model's promise of a precision does not accept"
    add("--accepted", action="store_true", help=about)
    common.add_models(parser)
    common.add_no_split(parser)
    about = "do not compare the model's files with its hashes.json, to start faster"
    add("--no-verify", dest="verify", action="store_false", help=about)
    options = parser.parse_args(arguments)
    try:
        check_options(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def check_options(options: argparse.Namespace) -> None:
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
    if options.models and len(options.models) > 1 and options.output in (None, STANDARD):
        options.output_format = options.output_format or JSONL
    suffixes = {**common.SUFFIXES, PAGE_SUFFIX: PAGE}
    options.output_format = options.output_format or infer_format("--output", options.output, suffixes=suffixes)
    options.output = None if options.output in (None, STANDARD) else Path(options.output)
    needed = {BRAT: "FOLDER, a new or empty one", PAGE: "FILE.html"}
    if options.output_format in needed and options.output is None:
        raise ValueError(f"{options.output_format} needs --output {needed[options.output_format]}")
    if options.guideline and options.output_format != PAGE:
        raise ValueError("--guideline: expected the output format page, or --output FILE.html")
    if options.output and options.input and is_input(options.output, options.input):
        raise ValueError("--output is the same file as --input; expected another one")


def is_input(output: Path, file: str) -> bool:
    """Whether the output is the input file, possibly as standard input."""
    if not output.is_file():
        return False
    if file != STANDARD:
        return output.samefile(file)
    return sys.stdin is not None and os.path.samestat(output.stat(), os.fstat(sys.stdin.fileno()))
