"""Texts with spans in JSON or JSON Lines: our own format, of raw text, and GLiNER's, of words.

``{"text": "Ada lives in Oslo.", "spans": [{"start": 0, "end": 3, "label": "PER"}]}``: the end is exclusive, a span may
repeat its mention as ``text``, other keys are ignored. ``"annotated": [[0, 9]]`` says that only these parts of the text
are annotated; the tags of other words outside spans are unknown.

``{"tokenized_text": ["Ada", "in", "Oslo"], "ner": [[0, 0, "person"], [2, 2, "city"]]}``: offsets count words, and the
end is a span's last word.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from tagline.sources.formats.annotated import AnnotatedText, Errors, OffsetFiles, RowFiles
from tagline.sources.formats.annotators import Annotation, Row
from tagline.sources.formats.base import Key
from tagline.sources.formats.lists import sniff_id, span_keys
from tagline.sources.formats.offsets import Span, list_to_span, new_span, span_of_words, to_span
from tagline.sources.formats.sniffing import Guess, objects_in, text_key, words_among
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted
from tagline.text.agreement import running_text
from tagline.text.sentence import Note


class SpanFiles(RowFiles, OffsetFiles):
    """JSON or JSON Lines of raw text with character spans."""

    holds: ClassVar[str] = "JSON Lines or a JSON list"
    counted: ClassVar[Mapping[str, str]] = {"null_spans": "texts whose spans are null, read as without spans"}

    format: Literal["spans"]
    id: Key | None = None
    text: Key = "text"
    spans: Key = "spans"
    start: Key = "start"
    end: Key = "end"
    label: Key = "label"

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        found = span_keys(rows)
        if found is None and any(objects_in(row.get("spans")) for row in rows):
            return None  # objects without offsets
        keys = {**text_key(rows[0]), **(found or {})}
        reader = cls.model_construct(**keys)
        has_words = words_among([key for key, value in rows[0].items() if isinstance(value, list)])
        made = all(isinstance(row.get(reader.text), str) and isinstance(row.get(reader.spans), list) for row in rows)
        others = {name: key for name, key in keys.items() if key != cls.model_fields[name].default}
        return {**others, **sniff_id(rows)} if made and not has_words else None

    def text_of(self, rows: Sequence[Row], errors: Errors) -> AnnotatedText:
        """See `RowFiles.text_of`.

        Raises:
            UserError: the text, the spans or the id are missing or of another type.
        """
        (row,) = rows
        location, content = row
        text, values = row.text(self.text), content.get(self.spans)
        if self.spans not in content or not isinstance(values, list | None):
            problem = f"got {quoted(values)}" if self.spans in content else "the key is missing"
            raise UserError(
                f"{location}: {self.spans!r} must be a list, which is empty for a text without spans; {problem}"
            )
        if self.id is not None and self.id not in content:
            raise UserError(f"{location}: the key {self.id!r} is missing")
        notes = [Note("null_spans", location)] if values is None else []
        spans = errors.of_each(values or [], to_span, location, (self.start, self.end, self.label))
        known = None
        if content.get("annotated") is not None:
            known = errors.of_each(row.items("annotated"), _range, location)
        text_id = row.id(self.id) if self.id else None
        return AnnotatedText(location, text, [Annotation("", spans)], text_id, notes=notes, known=known)


def _range(value: Any, location: str) -> Span:
    """Convert a list of start and end to a span.

    Raises:
        UserError: it is something else.
    """
    if not isinstance(value, list) or len(value) != 2:
        raise UserError(f"{location}: 'annotated' must be a list of [start, end] in the text; got {quoted(value)}")
    start, end = value
    return new_span(start, end, "annotated", location)


class GlinerFiles(RowFiles):
    """JSON or JSON Lines of words with spans of words."""

    holds: ClassVar[str] = "training data of GLiNER; offsets count words and include the last one"
    signs: ClassVar[frozenset[str]] = frozenset({"tokenized_text", "ner"})

    format: Literal["gliner"]

    def text_of(self, rows: Sequence[Row], errors: Errors) -> AnnotatedText:
        """See `RowFiles.text_of`.

        Raises:
            UserError: the words are not a list of words.
        """
        (row,) = rows
        location, content = row.location, row.content.get("tokenized_text")
        if not isinstance(content, list) or not all(isinstance(word, str) and word.strip() for word in content):
            raise UserError(f"{location}: 'tokenized_text' must be a list of words; got {quoted(content)}")
        text, words = running_text(content)

        def to_code_points(value: Any) -> Span:
            span = list_to_span(value, location)
            return span_of_words(span._replace(end=span.end + 1), words, location, value)

        spans = errors.of_each(row.items("ner"), to_code_points)
        return AnnotatedText(location, text, [Annotation("", spans)], words=words)
