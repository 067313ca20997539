"""Argilla's records: what ``to_json`` writes, or rows of ``to_datasets`` as JSON.

``{"id": "1", "fields": {"text": "Ada"}, "responses": {"ner": [{"value": [SPAN, ...], "user_id": "u1"}]}}``, or the
columns ``text``, ``ner.responses``, ``ner.responses.users`` and ``ner.responses.status``. Suggestions are not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.annotated import AnnotatedText, AnnotatorFiles, Errors, list_in, text_in, to_span
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Key
from tagline.sources.formats.json_objects import first_rows, read_rows
from tagline.sources.formats.lists import keys_of, to_id
from tagline.sources.formats.sniffing import SPANS, Keys, Sample, list_of, objects_in, text_key
from tagline.text.sentence import Note

SUFFIX = ".responses"


class ArgillaFiles(AnnotatorFiles):
    """Records of Argilla: the field of the text, and the span question."""

    holds: ClassVar[str] = "records of Argilla as JSON"

    format: Literal["argilla"]
    question: Key
    text: Key = "text"

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "other_answers": "annotations that are drafts or discarded, left out"}

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        rows = first_rows(sample)
        columns = [(key.removesuffix(SUFFIX), row[key]) for row in rows for key in row if key.endswith(SUFFIX)]
        answers = [(question, answer) for question, of_column in columns for answer in list_of(of_column)]
        for row in rows:
            if isinstance(row.get("responses"), dict):
                for question, responses in row["responses"].items():
                    answers += [(question, response.get("value")) for response in objects_in(responses)]
        spans = ((name, value) for name, values in answers for value in objects_in(values))
        question = next((name for name, value in spans if value.keys() >= {"start", "end", "label"}), None)
        return None if question is None else {**SPANS, "question": question, **text_key(rows[0].get("fields", rows[0]))}

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        for location, row in read_rows(path, self.encoding):
            with errors.collected():
                yield self._text(row, f"{location}: record {quoted(row.get('id'))}", errors)

    def _text(self, row: dict[str, Any], location: str, errors: Errors) -> AnnotatedText:
        fields = row.get("fields", row)
        if not isinstance(fields, dict):
            raise UserError(f"{location}: 'fields' must be an object; got {quoted(fields)}")
        annotations, notes = [], []
        for value, user, status in self._responses(row, location):
            if status not in (None, "submitted"):
                notes.append(Note("other_answers", location))
            elif value is not None:
                spans = errors.of_each(
                    list_in({"value": value}, "value", location), partial(to_span, location=location)
                )
                annotations.append(Annotation(str(user or ""), spans))
        text_id = to_id(row["id"], "id", location) if row.get("id") is not None else None
        return AnnotatedText(location, text_in(fields, self.text, location), annotations, text_id, notes=notes)

    def _responses(self, row: dict[str, Any], location: str) -> Iterator[tuple[Any, Any, Any]]:
        """The value, user and status of each response to the question."""
        column = f"{self.question}{SUFFIX}"
        if column in row:
            columns = (list_in(row, key, location) for key in (column, f"{column}.users", f"{column}.status"))
            yield from zip_longest(*columns)
            return
        responses = row.get("responses")
        if not isinstance(responses, dict):
            raise UserError(f"{location}: neither 'responses' nor {column!r} (keys: {keys_of(row)})")
        if responses and self.question not in responses:
            raise UserError(
                f"{location}: no responses to {self.question!r}, but to {keys_of(responses)}; see "
                "download.dataset.question in params.yaml"
            )
        for response in list_in(responses, self.question, location):
            if not isinstance(response, dict) or "value" not in response:
                raise UserError(f"{location}: a response must be an object with a value; got {quoted(response)}")
            yield response["value"], response.get("user_id"), response.get("status")
