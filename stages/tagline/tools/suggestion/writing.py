"""Writing suggestions for an annotation tool, or as predict.py writes JSON Lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tagline.core.outputs import replacing
from tagline.tools.annotation import tool_formats
from tagline.tools.annotation.task import DIGITS, AnnotationTask
from tagline.tools.predict.notations import json_line, own_row, row_line, to_task
from tagline.tools.suggestion.selection import Suggestion

JSONL = "jsonl"
FORMATS = (*tool_formats.NAMES, JSONL)


def default_format(path: Path) -> str:
    """The format of a file or folder to write, by its suffix."""
    return JSONL if path.suffix == ".jsonl" else "label_studio"


def save(name: str, path: Path, suggestions: Sequence[Suggestion], types: Sequence[str]) -> None:
    """Write suggestions in a format, all of them or nothing.

    Random texts have no predicted entities: labels that start from a model's are biased towards it, and could not test
    it honestly.

    Args:
        name: one of `FORMATS`.
        path: a file, or a folder for brat.
        suggestions: in this order.
        types: the entity types.

    Raises:
        UserError: see `tool_formats.save`.
    """
    if name != JSONL:
        tool_formats.save(name, path, map(_task, suggestions), types)
        return
    with replacing(path) as [file], file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(map(_line, suggestions))


def _fields(suggestion: Suggestion) -> dict[str, str | float]:
    return {"selection": suggestion.selection, "uncertainty": round(suggestion.uncertainty, DIGITS)}


def _task(suggestion: Suggestion) -> AnnotationTask:
    task = to_task(suggestion.document, suggestion.tagged)
    suggested = None if suggestion.selection == "random" else task.suggested
    return replace(task, suggested=suggested, fields={**task.fields, **_fields(suggestion)})


def _line(suggestion: Suggestion) -> str:
    document = suggestion.document
    row = own_row(document) | _fields(suggestion)
    if suggestion.selection == "random":
        return row_line(row, document)
    return json_line(replace(document, row=row), suggestion.tagged)
