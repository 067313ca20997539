"""The commands that show data. They import late: `--help` does not wait for libraries."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from pathlib import Path

from tagline.terminal import ArgumentParser, UserError, show, show_json, wrapped, write

TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
TOKENIZER = Path("models/pretrained/tokenizer")


def inspect() -> None:
    """Show what a file or folder of data holds, and what replaces `download` and `export.card` in params.yaml.

    tagline inspect data/mine --output presets/mine.yaml    `tagline preset mine` then writes params.yaml
    """
    parser = ArgumentParser(description=inspect.__doc__)
    parser.add_argument("path", metavar="PATH", type=Path, help="file or folder")
    parser.add_argument("--output", metavar="FILE.yaml", type=Path, help="write the sections to a file, too")
    parser.add_json("lines (what is shown), tag_columns, params (the sections)")
    options = parser.parse_args()
    from tagline.export.export_params import Card
    from tagline.sources.inspection.inspection import describe, section_of_reader
    from tagline.sources.inspection.unread import Unread, reader

    try:
        description = describe(options.path, Card.model_fields)
    except Unread as error:
        if not options.output:
            raise
        path = error.sample.path.with_name("reader.py")
        _save({path: reader(error.sample, path.name), options.output: section_of_reader(error.sample.path, path.name)})
        raise UserError(
            f"{error}; wrote {path}, whose function read() is yours to complete: `python {path}` prints the first "
            f"rows; and {options.output}, which names it"
        ) from None
    if options.output:
        _save({options.output: description.sections})
    if options.json:
        show_json(description._asdict())
        return
    text = wrapped("\n".join(description.lines))
    show(f"{text}\n\n# Replace these sections of params.yaml, then run `dvc repro`.\n{description.sections.rstrip()}")


def _save(files: Mapping[Path, str]) -> None:
    """Write files, unless one holds something else, such as a preset that somebody completed."""
    for path, text in files.items():
        if path.exists() and path.read_bytes() != text.encode("utf-8"):
            raise UserError(
                f"{path}: exists with other content; expected a new file; remove it, or write to another one and "
                "compare"
            )
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")


def windows() -> None:
    """Show a tokenized sentence in columns: words over labels, then each window's sub-words over their labels.

    tagline show train:4
    """
    parser = ArgumentParser(description=windows.__doc__)
    parser.add_argument("sentence", metavar="SPLIT:SENTENCE", help="its number in the split, from 0, or its id")
    wanted = parser.parse_args().sentence
    from tagline.tools.inspection.windows import sentence

    try:
        write(f"{sentence(TOKENIZED, TESTS, TOKENIZER, wanted)}\n")
    except ArgumentTypeError as error:
        parser.error(str(error))
