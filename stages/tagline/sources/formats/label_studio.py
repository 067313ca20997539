"""Label Studio's export JSON: an object per task with its annotations, of which results of a Labels control are read.

Cancelled annotations, drafts and predictions are not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.annotated import AnnotatedText, JsonTexts
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.offsets import Span, new_span
from tagline.sources.formats.rows import Row, rows_of
from tagline.sources.formats.sniffing import Guess, objects_in, text_key
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note


class LabelStudio(JsonTexts):
    """The key of the text, and the control if there are several."""

    own_notes = ("cancelled_annotations",)

    format: Literal["label_studio"]
    text: Key = "text"
    control: Key | None = None

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        """Guess the keys by the first rows, also of other exports, which `texts` refuses."""
        tasks = all(isinstance(row.get("data"), dict) and row.keys() & {"annotations", "predictions"} for row in rows)
        if not tasks and not all(row.keys() & {"annotation_id", "completions"} for row in rows):
            return None
        keys = text_key(rows[0].get("data"))
        controls = Counter(chain.from_iterable(map(_controls, rows)))
        if len(controls) > 1:
            keys["control"] = controls.most_common(1)[0][0]
        return keys

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        """Yield the tasks of a file, of which some are annotated by the chosen control."""
        annotated = False
        controls: set[str] = set()
        for row in rows_of([path], self.encoding):
            annotated |= "predictions" not in row.content or "annotations" in row.content
            controls.update(_controls(row.content))
        if not annotated:
            raise UserError(
                f"{path}: tasks with predictions only, which nobody checked; expected annotations; accept them in "
                "Label Studio and export the project as JSON, or write them as texts with spans (format spans)"
            )
        if controls and (self.control not in controls if self.control else len(controls) > 1):
            raise UserError(
                f"{path}: labels of the controls {', '.join(map(repr, sorted(controls)))}; set "
                f"download.dataset.control to one of them, not {self.control!r}"
            )
        for row in rows_of([path], self.encoding):
            yield _task(row, self)


def _task(task: Row, keys: LabelStudio) -> AnnotatedText:
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
        spans = chain.from_iterable(_spans(result, location, keys) for result in Row(location, value).items("result"))
        annotations.append(Annotation(_name(value.get("completed_by")), [*spans]))
    text = Row(location, row["data"]).text(keys.text)
    return AnnotatedText(location, text, annotations, task.id(), notes=notes)


def _controls(row: Mapping[str, Any]) -> list[str]:
    """The control of each result with labels."""
    results = chain.from_iterable(objects_in(each.get("result")) for each in objects_in(row.get("annotations")))
    return [str(result.get("from_name")) for result in results if result.get("type") == "labels"]


def _spans(result: Any, location: str, keys: LabelStudio) -> list[Span]:
    """The spans of a result, one per label; none of another kind or another control."""
    if not isinstance(result, Mapping) or not isinstance(result.get("type"), str):
        raise UserError(f"{location}: a result must be an object with a type; got {quoted(result)}")
    if not result["type"].endswith("labels"):
        return []
    if result["type"] != "labels":
        raise UserError(f"{location}: a result of type {quoted(result['type'])}; expected labels of a Text")
    if keys.control not in (None, result.get("from_name")):
        return []
    value = result.get("value")
    labels = value.get("labels") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(labels, list) or not labels:
        raise UserError(f"{location}: a result must have start, end and labels; got {quoted(value)}")
    return [new_span(value.get("start"), value.get("end"), label, location, value.get("text")) for label in labels]


def _name(annotator: Any) -> str:
    """The name of an annotator: an id, or an e-mail address where the export has it."""
    return str(annotator.get("email", annotator.get("id"))) if isinstance(annotator, Mapping) else str(annotator)
