"""doccano's JSONL exports: ``label`` (``labels`` in 1.0) with lists, or ``entities`` with objects beside relations.

A folder holds a file per annotator, as doccano exports a project whose members annotate separately.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from tagline.sources.formats.annotated import AnnotatedText, AnnotatorFiles, Errors, RowFiles, shared_text
from tagline.sources.formats.annotators import Annotation, Row, annotator_of
from tagline.sources.formats.base import Key
from tagline.sources.formats.lists import keys_of
from tagline.sources.formats.offsets import Span, Unit, list_to_span, to_span
from tagline.sources.formats.sniffing import Guess, list_of, text_key
from tagline.terminal.errors import UserError

LISTS = ("label", "labels")
ENTITY = ("start_offset", "end_offset", "label")


class DoccanoFiles(RowFiles, AnnotatorFiles):
    """Exports of doccano, whose editor counts UTF-16 units, or graphemes if the project says so."""

    holds: ClassVar[str] = "JSONL of doccano, or a folder with such a file per annotator"
    folders: ClassVar[bool] = True
    common_key: ClassVar[str | None] = "id"
    default_unit: ClassVar[Unit] = "utf16"

    format: Literal["doccano"]
    text: Key = "text"

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        spans = [span for row in rows for key in (*LISTS, "entities") for span in list_of(row.get(key))]
        as_lists = all(isinstance(span, list) and list(map(type, span)) == [int, int, str] for span in spans)
        as_objects = all(isinstance(span, dict) and span.keys() >= set(ENTITY) for span in spans)
        return text_key(rows[0]) if spans and (as_lists or as_objects) else None

    def text_of(self, rows: Sequence[Row], errors: Errors) -> AnnotatedText:
        annotations = [Annotation(annotator_of(row.location), _spans(row, errors)) for row in rows]
        return AnnotatedText(rows[0].location, shared_text(rows, self.text), annotations, rows[0].id())


def _spans(row: Row, errors: Errors) -> list[Span]:
    location = row.location
    if "entities" in row.content:
        return errors.of_each(row.items("entities"), to_span, location, ENTITY)
    key = next((key for key in LISTS if key in row.content), None)
    if key is None:
        keys = keys_of(row.content)
        raise UserError(f"{location}: neither 'label' nor 'entities' (keys: {keys}); expected doccano's JSONL")
    return errors.of_each(row.items(key), list_to_span, location)
