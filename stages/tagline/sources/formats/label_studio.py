"""Label Studio's export JSON: an object per task with its annotations, of which results of a Labels control are read.

Cancelled annotations, drafts and predictions are not read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, each, sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.keys import Encoding, Key
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.offsets import Span, new_span
from tagline.sources.formats.rows import Row, recognised_by, rows_of
from tagline.sources.formats.sniffing import Guess, objects_in, text_key
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note, Sentence


class Keys(AnnotatedFiles):
    """The key of the text in a task's data, and the control if there are several."""

    format: Literal["label_studio"]
    encoding: Encoding = UTF_8
    text: Key = "text"
    control: Key | None = None

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "cancelled_annotations": "cancelled annotations, left out"}


def guess(rows: Sequence[Mapping[str, Any]]) -> Guess | None:
    """Guess the keys by the first rows; those of other exports are recognised, too, which `read` refuses."""
    tasks = True
    for row in rows:
        tasks &= isinstance(row.get("data"), dict) and bool(row.keys() & {"annotations", "predictions"})
    if not tasks and not all(row.keys() & {"annotation_id", "completions"} for row in rows):
        return None
    keys = text_key(rows[0].get("data"))
    controls = Counter(chain.from_iterable(map(_controls, rows)))
    if len(controls) > 1:
        keys["control"] = controls.most_common(1)[0][0]
    return keys


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the tasks of a file, of which some are annotated, by the control that params.yaml names."""
    annotated = False
    controls: set[str] = set()
    for row in rows_of([path], keys.encoding):
        annotated |= "predictions" not in row.content or "annotations" in row.content
        controls.update(_controls(row.content))
    if not annotated:
        raise UserError(
            f"{path}: tasks with predictions only, which nobody checked; expected annotations; accept them in Label "
            "Studio and export the project as JSON, or write them as texts with spans (format spans)"
        )
    if keys.control and controls and keys.control not in controls:
        raise UserError(
            f"{path}: no labels of control {keys.control!r}, but of {', '.join(map(repr, sorted(controls)))}; see "
            "download.dataset.control in params.yaml"
        )
    yield from sentences(path, keys, rows_of([path], keys.encoding), partial(_task, keys=keys))


def _task(task: Row, keys: Keys) -> AnnotatedText:
    """Read an object of JSON."""
    location, row = task
    if "id" in row:  # the export is one line, so that a task is only found by its id
        location += f": task {quoted(row['id'])}"
    # A task that was not exported has predictions alone.
    if not isinstance(row.get("data"), Mapping) or not row.keys() & {"annotations", "predictions"}:
        raise UserError(
            f"{location}: expected an object with 'data' and 'annotations'; export the project as JSON (not JSON-MIN) "
            "from version 1.0 or later"
        )
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
        annotations.append(Annotation(_name(value.get("completed_by")), _spans(labels, location, keys)))
    text = Row(location, row["data"]).text(keys.text)
    return AnnotatedText(location, text, annotations, task.id(), notes=notes)


def _spans(labels: Mapping[str, list[Any]], location: str, keys: Keys) -> list[Span]:
    """The spans of one control, one per label, of results by control."""
    if keys.control is None and len(labels) > 1:
        raise UserError(
            f"{location}: labels of several controls ({', '.join(map(repr, labels))}); set "
            "download.dataset.control to one of them"
        )
    values = labels.get(keys.control or next(iter(labels), ""), [])
    return [span for spans in each(values, _of_result, location) for span in spans]


def _controls(row: Mapping[str, Any]) -> list[str]:
    """The control of each result with labels in a task."""
    controls = []
    for annotation in objects_in(row.get("annotations")):
        for result in objects_in(annotation.get("result")):
            if result.get("type") == "labels":
                controls.append(str(result.get("from_name")))
    return controls


def _is_of_labels(result: Any, location: str) -> bool:
    """Check a result; False if it is of another kind than labels of a text, such as a choice for the whole text."""
    if not isinstance(result, Mapping) or not isinstance(result.get("type"), str):
        raise UserError(f"{location}: a result must be an object with a type; got {quoted(result)}")
    if not result["type"].endswith("labels"):
        return False
    if result["type"] != "labels" or not isinstance(result.get("from_name"), str) or "value" not in result:
        raise UserError(f"{location}: a result of type {quoted(result['type'])}; expected labels of a Text")
    return True


def _of_result(value: Any, location: str) -> list[Span]:
    """The spans of a result, one per label."""
    labelled = isinstance(value, Mapping) and {"start", "end", "labels"} <= value.keys()
    if not labelled or not isinstance(value["labels"], list) or not value["labels"]:
        raise UserError(f"{location}: a result must have start, end and labels; got {quoted(value)}")
    mention = value.get("text") if isinstance(value.get("text"), str) else None
    return [new_span(value["start"], value["end"], label, location, mention) for label in value["labels"]]


def _name(annotator: Any) -> str:
    """The name of an annotator: an id, or an object where the export has e-mail addresses."""
    return str(annotator.get("email", annotator.get("id"))) if isinstance(annotator, Mapping) else str(annotator)


FORMAT = Format(keys=Keys, read=read, recognise=recognised_by(guess), holds="JSON of Label Studio")
