"""The import formats of annotation tools by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tagline.core.outputs import replacing
from tagline.tools.annotation import brat_tasks, doccano_tasks, label_studio_tasks, prodigy_tasks
from tagline.tools.annotation.task import AnnotationTask


@dataclass(frozen=True)
class JsonFormat:
    """One JSON object per task and line, as JSON Lines or as a list.

    Attributes:
        to_row: converts a task to its object.
        is_list: the objects are a list, whose brackets and commas begin lines.
    """

    to_row: Callable[[AnnotationTask], dict[str, Any]]
    is_list: bool = False

    def line(self, task: AnnotationTask) -> str:
        """Write a task as one line."""
        return json.dumps(self.to_row(task), ensure_ascii=False, allow_nan=False) + "\n"

    def lines(self, tasks: Iterable[AnnotationTask]) -> Iterator[str]:
        """Write tasks as they come."""
        before = "["
        for task in tasks:
            yield (before if self.is_list else "") + self.line(task)
            before = ","
        if self.is_list:
            yield "]\n" if before == "," else "[]\n"


JSON_FORMATS = {
    "label_studio": JsonFormat(label_studio_tasks.to_row, is_list=True),
    "doccano": JsonFormat(doccano_tasks.to_row),
    "prodigy": JsonFormat(prodigy_tasks.to_row),
}
BRAT = "brat"
# Our own tool, one HTML file. Its module is imported where one is written, since it needs Jinja.
PAGE = "page"
# Rows of texts or words, for no tool.
JSONL = "jsonl"
NAMES = (*JSON_FORMATS, BRAT)
# What is written for them names all entity types.
CONFIGURED = ("label_studio", BRAT, PAGE)
# The suffix of what is written in each format; brat's is a folder.
SUFFIXES = {**{name: ".json" if each.is_list else ".jsonl" for name, each in JSON_FORMATS.items()}, BRAT: ""}


def save(
    name: str, path: Path, tasks: Iterable[AnnotationTask], types: Sequence[str], guideline: str | None = None
) -> None:
    """Write a file, or a folder for brat, with the configuration that the tool needs: all of it or nothing.

    Tasks are written one at a time, so memory does not grow with their number.

    Args:
        name: of the format, one of `NAMES`, or `PAGE`.
        path: what to write; an earlier file is replaced, an earlier folder must be empty.
        tasks: in the order of the file; brat shows them by their number.
        types: the entity types of the project.
        guideline: how to annotate, a text shown by the page.

    Raises:
        UserError: the folder is not empty, or the tool does not allow the name of a type.
    """
    if name == PAGE:
        from tagline.tools.annotation import page

        page.write(path, map(page.of_task, tasks, count(1)), types, guideline)
        return
    if name == BRAT:
        brat_tasks.check(path, types)
        with replacing(path) as [folder]:
            brat_tasks.start(folder, types)
            for number, task in enumerate(tasks, 1):
                brat_tasks.write(task, folder, number)
        return
    outs = [path, *([label_studio_tasks.configuration_path(path)] if name == "label_studio" else [])]
    with replacing(*outs) as [file, *configuration]:
        with file.open("w", encoding="utf-8", newline="") as out:
            out.writelines(JSON_FORMATS[name].lines(tasks))
        for each in configuration:
            each.write_text(label_studio_tasks.configuration(types), encoding="utf-8")
