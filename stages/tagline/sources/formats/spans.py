"""Texts with spans in JSON or JSON Lines: our own format of raw text.

``{"text": "Ada lives in Oslo.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}``: the end is exclusive, a span may
repeat its mention as ``text``, other keys are ignored. ``"annotated": [[0, 9]]`` says that only these parts are
annotated; tags of other words outside spans are unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.annotated import MISALIGNED, AnnotatedText, JsonTexts
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.list_sniffing import sniff_id, span_keys
from tagline.sources.formats.offsets import Unit, new_span, to_span
from tagline.sources.formats.rows import Row, rows_of
from tagline.sources.formats.sniffing import Guess, objects_in, text_key, words_among
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note


class Spans(JsonTexts):
    """The keys of a text, its spans, and a span's parts."""

    own_notes = ("null_spans",)

    format: Literal["spans"]
    id: Key | None = None
    text: Key = "text"
    spans: Key = "spans"
    start: Key = "start"
    end: Key = "end"
    label: Key = "label"
    # None: code points, which many misaligned spans show to be wrong.
    offsets: Unit | None = None

    def suspects(self, kind: str) -> bool:
        return kind != MISALIGNED or self.offsets is None

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        found = span_keys(rows)
        if found is None and any(objects_in(row.get("spans")) for row in rows):
            return None  # objects without offsets
        named = {**text_key(rows[0]), **(found or {})}
        keys = cls.model_construct(**named)
        if words_among([key for key, value in rows[0].items() if isinstance(value, list)]):
            return None
        if not all(isinstance(row.get(keys.text), str) and isinstance(row.get(keys.spans), list) for row in rows):
            return None
        others = {name: key for name, key in named.items() if key != cls.model_fields[name].default}
        return {**others, **sniff_id(rows)}

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        for row in rows_of([path], self.encoding):
            yield _text(row, self)


def _text(row: Row, keys: Spans) -> AnnotatedText:
    location, content = row
    text = row.text(keys.text)
    if keys.spans not in content:
        raise UserError(f"{location}: {keys.spans!r} must be a list, which is empty for a text without spans")
    names = (keys.start, keys.end, keys.label)
    annotation = Annotation("", [to_span(value, location, names) for value in row.items(keys.spans)])
    notes = [Note("null_spans", location)] if content[keys.spans] is None else []
    annotated = None
    if content.get("annotated") is not None:
        annotated = []
        for value in row.items("annotated"):
            if not isinstance(value, list) or len(value) != 2:
                raise UserError(f"{location}: 'annotated' must be a list of [start, end]; got {quoted(value)}")
            start, end = value
            annotated.append(new_span(start, end, "annotated", location))
    text_id = row.id(keys.id) if keys.id else None
    unit = keys.offsets or "code_points"
    return AnnotatedText(location, text, [annotation], text_id, unit, notes=notes, known=annotated)
