"""Files that no format reads: known layouts, what a file shows, and the beginning of a reader."""

import re
from string import Template

from tagline.sources.formats.csv_rows import table_of
from tagline.sources.formats.json_objects import first_rows
from tagline.sources.formats.sniffing import Sample
from tagline.terminal import QUOTED, UserError, quoted, shortened

EXPECTED = "columns of words and tags, CoNLL-U, CSV with a header, JSON objects or Parquet; docs/data.md describes them"
_OF_JSON = (
    "two lists of strings of equal length, named as words and tags are, words with spans of words (format gliner), "
    "texts with spans of start, end and label (format spans; name your keys by spans, start, end, label), "
    "or texts with the strings of their entities (format mentions; text, entities, type, mention); docs/data.md"
)
_OF_CSV = (
    "names such as sentence_id, word and ner, of which the first changes with the sentence; rename them, or name yours "
    "in params.yaml, below download.dataset: format: csv, sentence, words, tag_columns (docs/data.md); write entities "
    "with offsets as JSON (format spans)"
)
_SPANS = 'texts with spans: {"text": "Ada lives.", "spans": [{"start": 0, "end": 3, "label": "PER"}]} (format spans)'
_MENTIONS = 'texts with their entities: {"text": "Ada lives.", "entities": {"PER": ["Ada"]}} (format mentions)'
_COLUMNS = "a word and its tag per line, an empty line after each sentence (format conll)"
# How the text of a file begins, what that is, and what to convert it to.
_BEGINNINGS = (
    (r"<(!doctype|html|\?xml)\b", "a web page or XML", _SPANS),
    (r"\S+\|[ta]\|", "PubTator", _SPANS),
    (r"T\d+\t\S+[ \t]\d+[ \t]\d", "the spans of BioNLP or brat", "pairs of NAME.txt and NAME.ann (format brat)"),
    (r"#begin document\b", "CoNLL-2012", _COLUMNS),
    (r"[^\t]*\S\s*####\s*\S", "a sentence and its labels with #### between", _MENTIONS),
    (r"\S+<=>\S+", "words and tags with <=> between", _COLUMNS),
    (r".*\[\[\w+\|[^\[\]|]+\]\]", "tags inside the text ([[TYPE|name]])", _MENTIONS),
    (r'\{[^\[\]]*"documents"\s*:\s*\[[^\[\]]*"passages"', "BioC", _SPANS),
    (
        r'\{\s*"classes"\s*:\s*\[[^\]]*\],\s*"annotations"\s*:\s*\[',
        "tuples of spaCy, as NER Annotator writes them",
        "a DocBin of spaCy (format spacy), or " + _SPANS,
    ),
)

_READER = Template('''"""Reads $name (`format: own` in params.yaml). `python $reader` prints its first rows."""

${imports}from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any


def rows(path: Path) -> Iterator[Any]:
    """Yield $what."""
    with path.open(encoding="$encoding"$newline) as file:
        yield from $rows


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield sentences {"words": ["Ada"], "tags": ["B-PER"]} or texts {"text": "Ada", "spans": [[0, 3, "PER"]]}."""
    for row in rows(path):
        raise NotImplementedError(f"yield the words and tags, or the text and spans, of {row!r}")


if __name__ == "__main__":
    for row in islice(rows(Path(__file__).with_name($quoted)), 5):
        print(row)
''')


class Unread(UserError):
    """No format reads a file.

    Attributes:
        sample: its first lines.
    """

    def __init__(self, text: str, sample: Sample) -> None:
        super().__init__(text)
        self.sample = sample


def refuse(sample: Sample) -> None:
    """Raise a `UserError` if a file begins like a known layout."""
    text = sample.text.lstrip()
    for beginning, name, instead in _BEGINNINGS:
        if re.match(beginning, text, re.IGNORECASE):
            raise UserError(f"{sample.path}: {name}, which no format reads; convert it to {instead}; docs/data.md")


def message(sample: Sample) -> str:
    """What an unrecognised file shows, and what is expected."""
    rows = first_rows(sample)
    _, table = table_of(sample)
    if rows:
        keys = ", ".join(f"{key} ({type(value).__name__})" for key, value in rows[0].items())
        seen, expected = f"JSON objects with the keys {shortened(keys, QUOTED)}", _OF_JSON
    elif table:
        seen, expected = f"CSV with the columns {shortened(', '.join(table[0]), QUOTED)}", _OF_CSV
    else:
        first = " and ".join(map(quoted, filter(str.strip, sample.lines[:3])))
        seen, expected = f"{sample.encoding} text that begins with {first}", EXPECTED
    return (
        f"{sample.path}: no format recognised in {seen}; expected {expected}; with --output FILE.yaml, inspect begins "
        "a reader of your own; texts without labels are for `tagline suggest`"
    )


def reader(sample: Sample, name: str) -> str:
    """The beginning of a reader, which opens the file of a sample beside it."""
    values = {"imports": "", "what": "the lines of a file", "newline": "", "rows": "map(str.rstrip, file)"}
    dialect, table = table_of(sample)
    if sample.is_json:
        is_lines = sample.lines[0].rstrip().endswith("}")
        rows = "map(json.loads, file)" if is_lines else "json.load(file)"
        values |= {"imports": "import json\n", "what": "the objects of a file", "rows": rows}
    elif table:
        rows = f"csv.DictReader(file, delimiter={dialect['delimiter']!r})"
        values = {"imports": "import csv\n", "what": "the rows of a file", "newline": ', newline=""', "rows": rows}
    file = sample.path.name
    return _READER.substitute(values, name=file, reader=name, encoding=sample.encoding, quoted=repr(file))
