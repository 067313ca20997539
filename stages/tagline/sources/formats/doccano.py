"""doccano's JSONL exports: ``label`` (``labels`` in 1.0) with lists, or ``entities`` with objects beside relations.

A folder holds a file per annotator, as doccano exports a project whose members annotate separately. Its editor counts
UTF-16 units.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.annotated import AnnotatedText, EncodedTexts, sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.keys import Key
from tagline.sources.formats.lists import keys_of
from tagline.sources.formats.offsets import Span, list_to_span, to_span
from tagline.sources.formats.rows import Row, annotator_files, by_file, grouped, recognised_by, rows_of, shared_text
from tagline.sources.formats.sniffing import Guess, list_of, text_key
from tagline.terminal import UserError
from tagline.text.sentence import Sentence

LISTS = ("label", "labels")
ENTITY = ("start_offset", "end_offset", "label")


class Keys(EncodedTexts):
    """The key of the text."""

    format: Literal["doccano"]
    text: Key = "text"


def guess(rows: Sequence[Mapping[str, Any]]) -> Guess | None:
    """Guess the keys by the first rows."""
    spans = []
    for row in rows:
        for key in (*LISTS, "entities"):
            spans += list_of(row.get(key))
    as_lists = all(isinstance(span, list) and list(map(type, span)) == [int, int, str] for span in spans)
    as_objects = all(isinstance(span, dict) and span.keys() >= set(ENTITY) for span in spans)
    return text_key(rows[0]) if spans and (as_lists or as_objects) else None


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the texts of a file, or of a folder of annotators."""
    return sentences(path, keys, grouped(lambda: rows_of(annotator_files(path), keys.encoding), "id"), _text)


def _text(rows: Sequence[Row], keys: Keys) -> AnnotatedText:
    annotations = [Annotation(annotator, _spans(row)) for annotator, row in by_file(rows).items()]
    return AnnotatedText(rows[0].location, shared_text(rows, keys.text), annotations, rows[0].id(), "utf16")


def _spans(row: Row) -> list[Span]:
    if "entities" in row.content:
        return [to_span(value, row.location, ENTITY) for value in row.items("entities")]
    for key in LISTS:
        if key in row.content:
            return [list_to_span(value, row.location) for value in row.items(key)]
    raise UserError(
        f"{row.location}: neither 'label' nor 'entities' (keys: {keys_of(row.content)}); expected doccano's JSONL"
    )


FORMAT = Format(
    keys=Keys,
    read=read,
    recognise=recognised_by(guess),
    holds="JSONL of doccano, or a folder with such a file per annotator",
    files=annotator_files,
    folders=True,
)
