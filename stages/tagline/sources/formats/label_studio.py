"""Label Studio's exports JSON and JSON-MIN: texts with the results of a Labels control.

JSON has an object per task with its ``annotations``; JSON-MIN an object per annotation, where the results have the
control's name as key. Cancelled annotations, drafts and predictions are not read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.annotated import (
    AnnotatedText,
    AnnotatorKeys,
    Errors,
    OffsetKeys,
    TextFormat,
)
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key, TextKeys
from tagline.sources.formats.offsets import Span, new_span
from tagline.sources.formats.rows import Row, annotator_files, grouped, recognised_by, rows_of, shared_text
from tagline.sources.formats.sniffing import Guess, list_of, objects_in, text_key
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted
from tagline.text.sentence import Note


class Keys(TextKeys):
    """The key of the text in a task's data, and the control if there are several."""

    format: Literal["label_studio"]
    text: Key = "text"
    control: Key | None = None


def guess(rows: Sequence[Mapping[str, Any]]) -> Guess | None:
    """Guess the keys by the first rows."""
    tasks = all(isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list) for row in rows)
    if not tasks and not all({"annotator", "annotation_id"} <= row.keys() for row in rows):
        return None
    keys = text_key(rows[0]["data"] if tasks else rows[0])
    controls = Counter(chain.from_iterable(map(_controls, rows)))
    if len(controls) > 1:
        keys["control"] = controls.most_common(1)[0][0]
    return keys


def read(path: Path, keys: Keys, errors: Errors) -> Iterator[AnnotatedText]:
    """Read the texts of a file, or of a folder of annotators.

    Raises:
        UserError: the control that params.yaml names is not in the file.
    """
    if keys.control:
        controls = set(chain.from_iterable(_controls(row.content) for row in _rows(path, keys)))
        if controls and keys.control not in controls:
            raise UserError(
                f"{path}: no labels of control {keys.control!r}, but of {', '.join(map(repr, sorted(controls)))}; see "
                "download.dataset.control in params.yaml"
            )
    for rows in grouped(lambda: _rows(path, keys), "id"):
        with errors.collected():
            if "data" in rows[0].content:
                yield _task(rows, keys, errors)
            else:
                yield _minimal(rows, keys, errors)


def _rows(path: Path, keys: Keys) -> Iterator[Row]:
    """Yield the rows of all files; JSON is one line, so that a task is only found by its id."""
    for location, content in rows_of(annotator_files(path), keys.encoding):
        if "id" in content:
            location += f": task {quoted(content['id'])}"
        yield Row(location, content)


def _task(rows: Sequence[Row], keys: Keys, errors: Errors) -> AnnotatedText:
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
        labels: defaultdict[str, list[Any]] = defaultdict(list)
        for result in Row(location, value).items("result"):
            if _is_of_labels(result, location):
                labels[result["from_name"]].append(result["value"])
        annotations.append(Annotation(_name(value.get("completed_by")), _spans(labels, location, keys, errors)))
    text = Row(location, row["data"]).text(keys.text)
    return AnnotatedText(location, text, annotations, task.id(), notes=notes)


def _minimal(rows: Sequence[Row], keys: Keys, errors: Errors) -> AnnotatedText:
    """Read the objects of a task in JSON-MIN."""
    annotations = []
    for row in rows:
        location, values = row
        controls = _controls(values)
        labels = {key: row.items(key) for key in values if key == keys.control or key in controls}
        # A task without annotations is exported too, with null here.
        if "annotator" not in values or values["annotator"] is not None:
            annotations.append(Annotation(_name(values.get("annotator")), _spans(labels, location, keys, errors)))
    return AnnotatedText(rows[0].location, shared_text(rows, keys.text), annotations, rows[0].id())


def _spans(labels: Mapping[str, list[Any]], location: str, keys: Keys, errors: Errors) -> list[Span]:
    """The spans of one control, one per label, of results by control."""
    if keys.control is None and len(labels) > 1:
        raise UserError(
            f"{location}: labels of several controls ({', '.join(map(repr, labels))}); set "
            "download.dataset.control to one of them"
        )
    values = labels.get(keys.control or next(iter(labels), ""), [])
    return [span for spans in errors.of_each(values, _of_result, location) for span in spans]


def _controls(row: Mapping[str, Any]) -> list[str]:
    """The control of each result with labels in a task of JSON, or the controls of an annotation in JSON-MIN."""
    controls = []
    for annotation in objects_in(row.get("annotations")):
        for result in objects_in(annotation.get("result")):
            if result.get("type") == "labels":
                controls.append(str(result.get("from_name")))
    return controls or [key for key, values in row.items() if any(map(_is_labelled, list_of(values)))]


def _is_of_labels(result: Any, location: str) -> bool:
    """Check a result; False if it is of another kind than labels of a text, such as a choice for the whole text."""
    if not isinstance(result, Mapping) or not isinstance(result.get("type"), str):
        raise UserError(f"{location}: a result must be an object with a type; got {quoted(result)}")
    if not result["type"].endswith("labels"):
        return False
    if result["type"] != "labels" or not isinstance(result.get("from_name"), str) or "value" not in result:
        raise UserError(f"{location}: a result of type {quoted(result['type'])}; expected labels of a Text")
    return True


def _is_labelled(value: Any) -> bool:
    return isinstance(value, Mapping) and {"start", "end", "labels"} <= value.keys()


def _of_result(value: Any, location: str) -> list[Span]:
    """The spans of a result, one per label."""
    if not _is_labelled(value) or not isinstance(value["labels"], list) or not value["labels"]:
        raise UserError(f"{location}: a result must have start, end and labels; got {quoted(value)}")
    mention = value.get("text") if isinstance(value.get("text"), str) else None
    return [new_span(value["start"], value["end"], label, location, mention) for label in value["labels"]]


def _name(annotator: Any) -> str:
    """The name of an annotator: an id, or an object where the export has e-mail addresses."""
    return str(annotator.get("email", annotator.get("id"))) if isinstance(annotator, Mapping) else str(annotator)


FORMAT = TextFormat(
    keys=Keys,
    read=read,
    recognise=recognised_by(guess),
    holds="JSON or JSON-MIN of Label Studio",
    files=annotator_files,
    counted=lambda _: {"cancelled_annotations": "cancelled annotations, left out"},
    shared=(AnnotatorKeys, OffsetKeys),
)
