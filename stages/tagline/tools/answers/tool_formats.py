"""Texts to annotate or correct, written as annotation tools import them.

    tool           written                           gold entities    suggested entities
    Label Studio   a JSON list and NAME.labels.xml   annotation       prediction
    doccano        JSON Lines                        label            label; beside gold the field `suggested`
    Prodigy        JSON Lines                        spans            spans; beside gold the field `suggested`
    page           one HTML file                     annotation       model, beside gold where they differ

The page is a tool of our own, which needs no server. A tool with a file of JSON is a function in `_TO_ROW`.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from tagline.labels import type_grounds
from tagline.terminal import extra
from tagline.tools.answers import outputs
from tagline.tools.answers.options import DIGITS, LABEL_STUDIO, PAGE
from tagline.tools.answers.outputs import Form, LineWriter, check_writable
from tagline.tools.answers.task import AnnotationTask, TextEntity

# Names in the configuration of Label Studio, which results refer to.
CONTROL, TEXT = "label", "text"


def doccano_row(task: AnnotationTask) -> dict[str, Any]:
    """Convert a task to a line that doccano imports; it keeps other keys, and exports them again.

    Offsets count UTF-16 units, as its editor does.
    """
    # The offset in UTF-16 units of each code point.
    units = [0, *accumulate(2 if character > "\uffff" else 1 for character in task.text)]
    label = [[units[entity.start], units[entity.end], entity.type] for entity in task.entities]
    return {"text": task.text, "label": label, **task.all_fields()}


def prodigy_row(task: AnnotationTask) -> dict[str, Any]:
    """Convert a task to a line that Prodigy imports; gold entities count as accepted.

    Its recipe ``ner.manual`` keeps the tokens, and so the model's words. ``token_end`` is inclusive
    (https://prodi.gy/docs/api-interfaces).
    """
    tokens = [
        {
            "text": task.text[start:end],
            "start": start,
            "end": end,
            "id": index,
            "ws": task.text.startswith(" ", end),
        }
        for index, (start, end) in enumerate(task.words)
    ]
    spans = []
    for entity in task.entities:
        first, end = task.words_of(entity)
        span = {
            "start": entity.start,
            "end": entity.end,
            "token_start": first,
            "token_end": end - 1,
            "label": entity.type,
        }
        spans.append({**span, **_score(entity.score)})
    row = {"text": task.text, "tokens": tokens, "spans": spans, "meta": task.all_fields()}
    if task.gold is not None:
        row["answer"] = "accept"
    return row


def _score(value: float | None) -> dict[str, float]:
    return {} if value is None else {"score": round(value, DIGITS)}


def label_studio_row(task: AnnotationTask) -> dict[str, Any]:
    """Convert a task to an object that Label Studio imports.

    Suggested entities are predictions, gold ones annotations (https://labelstud.io/guide/predictions).
    """
    row: dict[str, Any] = {"data": {TEXT: task.text, **task.fields}}
    if task.gold is not None:
        row["annotations"] = [{"result": _results(task.gold, task.text)}]
    if task.suggested is not None:
        row["predictions"] = [_prediction(task.suggested, task.text)]
    return row


def _prediction(entities: Sequence[TextEntity], text: str) -> dict[str, Any]:
    """A prediction with the score of its least certain entity, by which Label Studio sorts."""
    scores = [entity.score for entity in entities if entity.score is not None]
    return {"model_version": "tagline", **_score(min(scores, default=None)), "result": _results(entities, text)}


def _results(entities: Sequence[TextEntity], text: str) -> list[dict[str, Any]]:
    results = []
    for index, entity in enumerate(entities):
        mention = text[entity.start : entity.end]
        value = {"start": entity.start, "end": entity.end, "text": mention, "labels": [entity.type]}
        result = {"id": str(index), "from_name": CONTROL, "to_name": TEXT, "type": "labels", "value": value}
        results.append({**result, **_score(entity.score)})
    return results


def beside(name: str, path: Path, types: Sequence[str]) -> dict[Path, str]:
    """What a tool needs beside a file: Label Studio ``out.labels.xml`` for ``out.json``."""
    if name != LABEL_STUDIO:
        return {}
    from xml.sax.saxutils import quoteattr  # imports urllib.request, for which predictions would wait

    lines = ["<View>", f'  <Labels name="{CONTROL}" toName="{TEXT}">']
    for type_, index in type_grounds.of_types(types).items():
        lines.append(f'    <Label value={quoteattr(type_)} background="{type_grounds.web_color(index)}"/>')
    lines += ["  </Labels>", f'  <Text name="{TEXT}" value="${TEXT}"/>', "</View>", ""]
    return {path.with_suffix(".labels.xml"): "\n".join(lines)}


def check(option: str, name: str, path: Path, guideline: Path | None = None) -> str | None:
    """Check before any work that a format can be written, and read the text of ``--guideline``.

    Args:
        name: one of `options.TOOLS`, or ``page``.

    Raises:
        UserError: it can't.
    """
    if name == PAGE:
        with extra("pipeline", "The annotation page"):
            from tagline.tools.answers import page_writer
        return page_writer.check(option, path, guideline)
    check_writable(option, path)
    return None


_TO_ROW = {LABEL_STUDIO: label_studio_row, "doccano": doccano_row, "prodigy": prodigy_row}


def form_of(name: str, types: Sequence[str], guideline: str | None = None) -> Form[AnnotationTask]:
    """How tasks are written in a format that is a file.

    Args:
        name: one of `options.TOOLS`, or ``page``.
        guideline: a text shown by the page.
    """
    if name == PAGE:
        from tagline.tools.answers.page_writer import Page

        return Page(types, guideline)
    to_row = _TO_ROW[name]

    def line(task: AnnotationTask) -> str:
        return json.dumps(to_row(task), ensure_ascii=False, allow_nan=False) + "\n"

    return LineWriter(line, is_list=name == LABEL_STUDIO)


def save(
    name: str, path: Path, tasks: Iterable[AnnotationTask], types: Sequence[str], guideline: str | None = None
) -> None:
    """Write a file and the configuration that the tool needs, all or nothing; see `form_of`."""
    outputs.save(path, form_of(name, types, guideline), tasks, beside(name, path, types))
