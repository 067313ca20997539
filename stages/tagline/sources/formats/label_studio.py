"""Label Studio's exports JSON and JSON-MIN: texts with the results of a Labels control.

JSON has an object per task with its ``annotations``; JSON-MIN an object per annotation, where the results have the
control's name as key. Cancelled annotations, drafts and predictions are not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagline.core.errors import UserError, quoted
from tagline.sources.formats.annotated import AnnotatedText, AnnotatorFiles, Errors, shared_text
from tagline.sources.formats.annotators import Annotation, Row, grouped
from tagline.sources.formats.base import Key
from tagline.sources.formats.json_objects import first_rows, read_rows
from tagline.sources.formats.offsets import Span, new_span
from tagline.sources.formats.sniffing import SPANS, Guess, Sample, list_of, objects_in, text_key
from tagline.text.sentence import Note


class LabelStudioFiles(AnnotatorFiles):
    """Exports of Label Studio: the key of the text in a task's data, and the control if there are several."""

    holds: ClassVar[str] = "JSON or JSON-MIN of Label Studio"

    format: Literal["label_studio"]
    text: Key = "text"
    control: Key | None = None

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        rows = first_rows(sample)
        if rows and all(isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list) for row in rows):
            annotations = [annotation for row in rows for annotation in objects_in(row["annotations"])]
            results = [result for annotation in annotations for result in objects_in(annotation.get("result"))]
            controls = Counter(str(result.get("from_name")) for result in results if result.get("type") == "labels")
            several = {"control": controls.most_common(1)[0][0]} if len(controls) > 1 else {}
            return {**SPANS, **text_key(rows[0]["data"]), **several}
        minimal = rows and all({"annotator", "annotation_id"} <= row.keys() for row in rows)
        return {**SPANS, **text_key(rows[0])} if minimal else None

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "cancelled_annotations": "cancelled annotations, left out"}

    def _rows(self, path: Path) -> Iterator[Row]:
        """The rows of a file; JSON is one line, so that a task is only found by its id."""
        for location, row in read_rows(path, self.encoding):
            yield Row(location + (f": task {quoted(row['id'])}" if "id" in row else ""), row)

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        """See `AnnotatedFiles.texts`.

        Raises:
            UserError: the control that params.yaml names is not in the file.
        """
        found: set[str] = set()
        for rows in grouped(lambda: self._rows(path), "id"):
            read = self._task if "data" in rows[0].content else self._minimal
            with errors.collected():
                yield read(rows, found, errors)
        if self.control is not None and found and self.control not in found:
            raise UserError(
                f"{path}: no labels of control {self.control!r}, but of {', '.join(map(repr, sorted(found)))}; see "
                "download.dataset.control in params.yaml"
            )

    def _task(self, rows: Sequence[Row], found: set[str], errors: Errors) -> AnnotatedText:
        """Read an object of JSON."""
        task, *others = rows
        location, row = task
        if others:
            raise UserError(f"{others[0].location}: its id is in the file twice; give each task its own id")
        if not isinstance(row["data"], Mapping):
            raise UserError(f"{location}: 'data' must be an object; got {quoted(row['data'])}")
        annotations, notes = [], []
        for value in task.items("annotations"):
            if not isinstance(value, Mapping):
                raise UserError(f"{location}: an annotation must be an object; got {quoted(value)}")
            if value.get("was_cancelled"):
                notes.append(Note("cancelled_annotations", location))
                continue
            results = [_labels(result, location) for result in Row(location, value).items("result")]
            controls = {result["from_name"]: None for result in results if result is not None}
            control = self._only(list(controls), found, location)
            values = [each["value"] for each in results if each is not None and each["from_name"] == control]
            annotations.append(Annotation(_name(value.get("completed_by")), _spans(values, location, errors)))
        text = Row(location, row["data"]).text(self.text)
        return AnnotatedText(location, text, annotations, task.id(), notes=notes)

    def _minimal(self, rows: Sequence[Row], found: set[str], errors: Errors) -> AnnotatedText:
        """Read the objects of a task in JSON-MIN."""
        annotations = []
        for row in rows:
            location, values = row
            controls = [key for key, of_key in values.items() if list(filter(_is_labelled, list_of(of_key)))]
            labels = row.items(self._only(controls, found, location) or "")
            # A task without annotations is exported too, with null here.
            if "annotator" not in values or values["annotator"] is not None:
                annotations.append(Annotation(_name(values.get("annotator")), _spans(labels, location, errors)))
        return AnnotatedText(rows[0].location, shared_text(rows, self.text), annotations, rows[0].id())

    def _only(self, controls: list[str], found: set[str], location: str) -> str | None:
        """The control whose labels are read; None if there are no labels. The controls are added to those found."""
        found.update(controls)
        if self.control is None and len(controls) > 1:
            raise UserError(
                f"{location}: labels of several controls ({', '.join(map(repr, controls))}); set "
                "download.dataset.control to one of them"
            )
        return self.control or next(iter(controls), None)


def _labels(result: Any, location: str) -> Mapping[str, Any] | None:
    """Check a result; None if it is of another kind than labels of a text, such as a choice for the whole text."""
    if not isinstance(result, Mapping) or not isinstance(result.get("type"), str):
        raise UserError(f"{location}: a result must be an object with a type; got {quoted(result)}")
    if not result["type"].endswith("labels"):
        return None
    if result["type"] != "labels" or not isinstance(result.get("from_name"), str) or "value" not in result:
        raise UserError(f"{location}: a result of type {quoted(result['type'])}; expected labels of a Text")
    return result


def _is_labelled(value: Any) -> bool:
    return isinstance(value, Mapping) and {"start", "end", "labels"} <= value.keys()


def _spans(values: Sequence[Any], location: str, errors: Errors) -> list[Span]:
    """The spans of results, one per label."""
    return [span for spans in errors.of_each(values, _of_result, location) for span in spans]


def _of_result(value: Any, location: str) -> list[Span]:
    if not _is_labelled(value) or not isinstance(value["labels"], list) or not value["labels"]:
        raise UserError(f"{location}: a result must have start, end and labels; got {quoted(value)}")
    mention = value.get("text") if isinstance(value.get("text"), str) else None
    return [new_span(value["start"], value["end"], label, location, mention) for label in value["labels"]]


def _name(annotator: Any) -> str:
    """The name of an annotator: an id, or an object where the export has e-mail addresses."""
    return str(annotator.get("email", annotator.get("id"))) if isinstance(annotator, Mapping) else str(annotator)
