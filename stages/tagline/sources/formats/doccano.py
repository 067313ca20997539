"""doccano's JSONL exports: ``label`` (``labels`` in 1.0) with lists, or ``entities`` with objects beside relations.

A folder holds a file per annotator, as doccano exports a project whose members annotate separately. Its editor counts
UTF-16 units.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.annotated import AnnotatedText, JsonTexts
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.lists import keys_of
from tagline.sources.formats.offsets import Span, to_span
from tagline.sources.formats.rows import Row, annotator_files, by_file, grouped, rows_of, shared
from tagline.sources.formats.sniffing import Guess, list_of, text_key
from tagline.terminal import UserError

LISTS = ("label", "labels")
ENTITY = ("start_offset", "end_offset", "label")


class Doccano(JsonTexts):
    """The key of the text."""

    folders = True

    format: Literal["doccano"]
    text: Key = "text"

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        spans = []
        for row in rows:
            for key in (*LISTS, "entities"):
                spans += list_of(row.get(key))
        as_lists = all(isinstance(span, list) and list(map(type, span)) == [int, int, str] for span in spans)
        as_objects = all(isinstance(span, dict) and span.keys() >= set(ENTITY) for span in spans)
        return text_key(rows[0]) if spans and (as_lists or as_objects) else None

    def files(self, path: Path) -> list[Path]:
        return annotator_files(path)

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        for rows in grouped(lambda: rows_of(self.files(path), self.encoding), "id"):
            annotations = [Annotation(annotator, _spans(row)) for annotator, row in by_file(rows).items()]
            text = shared(rows, lambda row: row.text(self.text))
            yield AnnotatedText(rows[0].location, text, annotations, rows[0].id(), "utf16")


def _spans(row: Row) -> list[Span]:
    for key in ("entities", *LISTS):
        if key in row.content:
            return [to_span(value, row.location, ENTITY) for value in row.items(key)]
    raise UserError(
        f"{row.location}: neither 'label' nor 'entities' (keys: {keys_of(row.content)}); expected doccano's JSONL"
    )
