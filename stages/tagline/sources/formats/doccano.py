"""doccano's JSONL exports: ``label`` (``labels`` in 1.0) with lists, or ``entities`` with objects beside relations.

A folder holds a file per annotator, as doccano exports a project whose members annotate separately.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from tagline.core.errors import UserError
from tagline.sources.formats.annotated import (
    AnnotatedText,
    AnnotatorFiles,
    Errors,
    list_in,
    list_to_span,
    shared_text,
    to_span,
)
from tagline.sources.formats.annotators import Annotation, Row, annotator_of, files_of, grouped
from tagline.sources.formats.base import Key
from tagline.sources.formats.json_objects import first_rows, read_rows
from tagline.sources.formats.lists import id_in, keys_of
from tagline.sources.formats.offsets import Span, Unit
from tagline.sources.formats.sniffing import SPANS, Keys, Sample, list_of, text_key

LISTS = ("label", "labels")
ENTITY = ("start_offset", "end_offset", "label")


class DoccanoFiles(AnnotatorFiles):
    """Exports of doccano, whose editor counts UTF-16 units, or graphemes if the project says so."""

    folders: ClassVar[bool] = True
    default_unit: ClassVar[Unit] = "utf16"

    holds: ClassVar[str] = "JSONL of doccano, or a folder with such a file per annotator"

    format: Literal["doccano"]
    text: Key = "text"

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        rows = first_rows(sample)
        spans = [span for row in rows for key in (*LISTS, "entities") for span in list_of(row.get(key))]
        as_lists = all(isinstance(span, list) and list(map(type, span)) == [int, int, str] for span in spans)
        as_objects = all(isinstance(span, dict) and span.keys() >= set(ENTITY) for span in spans)
        return {**SPANS, **text_key(rows[0])} if spans and (as_lists or as_objects) else None

    def files(self, path: Path) -> list[Path]:
        return files_of(path)

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        for rows in grouped(lambda: self._rows(path), "id") if path.is_dir() else ([row] for row in self._rows(path)):
            with errors.collected():
                yield self._text(rows, errors)

    def _rows(self, path: Path) -> Iterator[tuple[str, Row]]:
        """The rows of all files; the location of a row begins with its file."""
        return (row for file in self.files(path) for row in read_rows(file, self.encoding))

    def _text(self, rows: Sequence[tuple[str, Row]], errors: Errors) -> AnnotatedText:
        annotations = [Annotation(annotator_of(location), _spans(row, location, errors)) for location, row in rows]
        location, first = rows[0]
        return AnnotatedText(location, shared_text(rows, self.text), annotations, id_in(first, location))


def _spans(row: Row, location: str, errors: Errors) -> list[Span]:
    if "entities" in row:
        values = list_in(row, "entities", location)
        return errors.of_each(values, lambda value: to_span(value, location, ENTITY))
    key = next((key for key in LISTS if key in row), None)
    if key is None:
        raise UserError(f"{location}: neither 'label' nor 'entities' (keys: {keys_of(row)}); expected doccano's JSONL")
    return errors.of_each(list_in(row, key, location), lambda value: list_to_span(value, location))
