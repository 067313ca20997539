"""Choose which texts of a pool to annotate next, with the model's entities as a start.

    tagline suggest pool.txt --max-words 5000 --output tasks.html
    tagline suggest pool.txt --max-words 5000 --output tasks.json
    zcat pool.txt.gz | tagline suggest - --max-words 5000 --output tasks.html

An .html file is a page to annotate in, for a browser, a .json file is for Label Studio (--format: others). POOL is read
as a stream: text (one per line), JSON Lines with "text" or "words", or CoNLL columns. The texts chosen are those of
which the model is least certain, and a random share. The random texts come first, without entities, so that their
annotations can test any model; the field "selection" marks them. Texts that are annotated already are left out. The
same pool and model give the same choice.

Without a model, or with --types, whatever models/export is, all texts are drawn at random:

    tagline suggest pool.txt --types PER LOC --max-words 500 --output tasks.html
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tagline.core import restore
from tagline.terminal import ArgumentParser, UserError, defer_signals, show, show_warnings, wrapped
from tagline.tools.answers.options import CONFIGURED, JSONL, LABEL_STUDIO, PAGE, PAGE_SUFFIX, TOOLS, add_guideline
from tagline.tools.texts.options import (
    MODEL,
    STANDARD,
    add_input_format,
    add_model,
    check_input_format,
    check_readable,
    infer_format,
    natural,
    probability,
)

if TYPE_CHECKING:
    from tagline.inference import Tagger

FORMATS = (*TOOLS, PAGE, JSONL)


def main() -> None:
    options = parsed()
    # Here, since --help need not wait for libraries.
    from tagline.inference import Tagger
    from tagline.text.words import split_words
    from tagline.tools.suggestion.already_annotated import annotated_keys
    from tagline.tools.suggestion.selection import save, select, summary
    from tagline.tools.texts.readers import opened, reader_of

    show_warnings()
    with ExitStack() as stack:
        tagger = None
        if options.model:
            with defer_signals():  # a signal during the import of an extension module would become an ImportError
                tagger = stack.enter_context(Tagger(options.model, options.backend, types=options.types or None))
        types = tagger.types if tagger else options.types
        guideline = check_output(options, types, tagger)
        split = tagger.split if tagger else split_words
        sentences = tagger.sentences if tagger else None
        annotated = annotated_keys(options.exclude, split)
        reader = reader_of(options.input_format, options.column, split, sentences, options.text_column)
        with opened(options.pool, reader, show_progress=True) as source:
            suggestions = select(source, tagger, annotated, options.max_words, options.random_share)
        save(options.format, options.output, suggestions, types, guideline)
    if not tagger:
        show("no model is used: texts drawn at random, without entities")
    left_out = ", ".join(map(str, options.exclude)) or "none; --exclude names annotated texts"
    written = f"{options.output} is written"
    if options.format == PAGE:
        written += "; open it in a browser"
    show(wrapped(f"{summary(suggestions)}\nleft out: {left_out}\n{written}"))


def check_output(options: argparse.Namespace, types: Sequence[str], tagger: Tagger | None) -> str | None:
    """Raise a `UserError` if the output can't be written; return the text of the guideline."""
    from tagline.tools.answers import tool_formats  # likewise

    if tagger and options.format != JSONL and tagger.labels.kind == "tags":
        raise UserError(f"--format {options.format}: {options.model} predicts a tag for each word, not entities")
    if options.format in CONFIGURED and not types:
        raise UserError(
            f"{MODEL} is missing; expected a model, or the entity types to annotate; {restore('export')}, or give "
            "--types, for instance --types PER LOC"
        )
    return tool_formats.check("--output", options.format, options.output, options.guideline)


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("pool", metavar="POOL", nargs="?", help="file of texts; - for standard input")
    parser.add_argument("--max-words", type=natural, required=True, metavar="N", help="of all texts together")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="default: page for a file named .html, jsonl for .jsonl, label_studio for .json or without a suffix",
    )
    add_guideline(parser)
    add_input_format(parser)
    parser.add_argument(
        "--random-share", type=probability, default=0.1, metavar="P", help="share of random words (default: 0.1)"
    )
    parser.add_argument(
        "--exclude",
        type=Path,
        nargs="*",
        metavar="PATH",
        help="annotated texts to leave out: files like POOL, or folders like data/raw"
        " (default: data/raw beside the model's folder, if it exists)",
    )
    parser.add_argument(
        "--types",
        nargs="+",
        default=[],
        metavar="TYPE",
        help="entity types for the tool; of --model find these alone, without --model no model is used",
    )
    add_model(parser)
    parser.set_defaults(model=None)
    options = parser.parse_args()
    if MODEL.exists() and not options.types:
        options.model = options.model or MODEL
    if options.pool is None:
        parser.error("POOL is missing; expected it before --types and --exclude, which take all words that follow them")
    if options.exclude is None:
        raw = (options.model or MODEL).parent.parent / "data/raw"  # of the pipeline that made models/export
        options.exclude = [raw] if raw.is_dir() else []
    check_readable("POOL", options.pool)
    try:
        options.input_format = options.input_format or infer_format("POOL", options.pool, "--input-format")
        check_input_format(options)
        options.format = options.format or format_of(options.output)
        check_options(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def format_of(output: Path) -> str:
    """Infer the format from the suffix of the output; without one, Label Studio.

    Raises:
        ValueError: the suffix is unknown.
    """
    if not output.suffix:
        return LABEL_STUDIO
    suffixes = {PAGE_SUFFIX: PAGE, ".json": LABEL_STUDIO, ".jsonl": JSONL}
    return infer_format("--output", str(output), "--format", suffixes)


def check_options(options: argparse.Namespace) -> None:
    """Raise a `ValueError` if options contradict each other or have impossible values."""
    from tagline.labels import is_type  # likewise

    if options.guideline and options.format != PAGE:
        raise ValueError("--guideline: expected --format page, or --output FILE.html")
    for type_ in options.types:
        if not is_type(type_):
            raise ValueError(f"--types {type_!r}: expected names of entity types, without B-, I-, E-, S-, such as PER")
        if options.types.count(type_) > 1:
            raise ValueError(f"--types {type_!r} is given twice; expected different types")
    if options.pool != STANDARD and is_same_file(options.output, Path(options.pool)):
        raise ValueError("--output is the same file as POOL; expected another one")
    if any(is_same_file(options.output, path) for path in options.exclude):
        raise ValueError("--output is the same file as one of --exclude; expected another one")


def is_same_file(output: Path, path: Path) -> bool:
    return output.is_file() and path.exists() and path.samefile(output)
