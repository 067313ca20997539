"""Label Studio: tasks in its JSON format, and the labelling configuration of the project that imports them.

Suggested entities are predictions, which an annotator accepts or corrects; gold ones are annotations
(https://labelstud.io/guide/predictions). Offsets count code points, as in its exports.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tagline.tools.annotation.task import DIGITS, AnnotationTask, TextEntity

# Names in the configuration, which results refer to.
CONTROL, TEXT = "label", "text"
MODEL = "tagline"


def to_row(task: AnnotationTask) -> dict[str, Any]:
    """Convert a task to an object of the list that Label Studio imports."""
    row: dict[str, Any] = {"data": {TEXT: task.text, **task.fields}}
    if task.gold is not None:
        row["annotations"] = [{"result": _results(task.gold, task.text)}]
    if task.suggested is not None:
        row["predictions"] = [_prediction(task.suggested, task.text)]
    return row


def configuration_path(path: Path) -> Path:
    """The path of the configuration beside that of the tasks: ``out.labels.xml`` for ``out.json``."""
    return path.with_suffix(".labels.xml")


def configuration(types: Sequence[str]) -> str:
    """Write the labelling configuration of a project with these entity types."""
    from xml.sax.saxutils import quoteattr  # imports urllib.request, for which predictions would wait

    labels = [
        f'    <Label value={quoteattr(type_)} background="{_color(index, len(types))}"/>\n'
        for index, type_ in enumerate(types)
    ]
    return (
        f'<View>\n  <Labels name="{CONTROL}" toName="{TEXT}">\n{"".join(labels)}  </Labels>\n'
        f'  <Text name="{TEXT}" value="${TEXT}"/>\n</View>\n'
    )


def _prediction(entities: Sequence[TextEntity], text: str) -> dict[str, Any]:
    """A prediction; its score, by which Label Studio sorts tasks, is that of the least certain entity."""
    scores = [each.score for each in entities if each.score is not None]
    score = {"score": round(min(scores), DIGITS)} if scores else {}
    return {"model_version": MODEL, **score, "result": _results(entities, text)}


def _results(entities: Sequence[TextEntity], text: str) -> list[dict[str, Any]]:
    return [{"id": str(index), **_result(entity, text)} for index, entity in enumerate(entities)]


def _result(entity: TextEntity, text: str) -> dict[str, Any]:
    value = {"start": entity.start, "end": entity.end, "text": text[entity.start : entity.end]}
    result = {"from_name": CONTROL, "to_name": TEXT, "type": "labels", "value": {**value, "labels": [entity.type]}}
    return result if entity.score is None else {**result, "score": round(entity.score, DIGITS)}


def _color(index: int, count: int) -> str:
    """One of as many hues as there are types, light enough for black text."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(index / count, 0.7, 0.8))
