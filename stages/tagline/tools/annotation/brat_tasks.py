"""brat: a folder with NAME.txt and NAME.ann for each text, and annotation.conf with the entity types.

Offsets count code points (https://brat.nlplab.org/standoff.html). A span must not contain a line break, so an entity
that does becomes fragments, which brat shows as one entity. The score of a suggested entity is a note on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.tools.annotation.task import DIGITS, AnnotationTask, TextEntity

CONFIGURATION = "annotation.conf"
# Digits of a file's name, so that names sort like numbers in a folder of up to a million texts.
_NUMBER_WIDTH = 6
# What ends a line for str.splitlines(), by which Python programs may read .ann files.
_LINE_BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# In annotation.conf, other characters begin sections, comments and macros, and white space ends a name.
_NAME = re.compile(r"\w\S*")


def check(folder: Path, types: Sequence[str]) -> None:
    """Check before any work that a folder can be written.

    Raises:
        UserError: it contains something, which may be somebody's annotations, or brat can't read the name of a type.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: exists already; expected a new or empty folder for brat; choose another one")
    for type_ in types:
        if not _NAME.fullmatch(type_):
            raise UserError(
                f"{folder}: brat can't read the entity type {quoted(type_)}; expected a letter, digit or underscore "
                "first, and no white space; choose another format"
            )


def start(folder: Path, types: Sequence[str]) -> None:
    """Make a folder with annotation.conf."""
    folder.mkdir(exist_ok=True)
    sections = ["[entities]", *types, "[relations]", "[events]", "[attributes]", ""]
    (folder / CONFIGURATION).write_text("\n".join(sections), encoding="utf-8")


def write(task: AnnotationTask, folder: Path, number: int) -> None:
    """Write the files of a task, the text last: brat shows texts, and needs the annotations beside them."""
    lines = []
    for index, entity in enumerate(task.entities, 1):
        fragments = _fragments(entity, task.text)
        offsets = ";".join(f"{start} {end}" for start, end in fragments)
        mention = " ".join(task.text[start:end] for start, end in fragments)
        lines.append(f"T{index}\t{entity.type} {offsets}\t{mention}\n")
        if entity.score is not None:
            lines.append(f"#{index}\tAnnotatorNotes T{index}\t{round(entity.score, DIGITS)}\n")
    path = folder / f"{number:0{_NUMBER_WIDTH}}"
    # As bytes, since text mode writes line breaks as two characters on some systems.
    path.with_suffix(".ann").write_bytes("".join(lines).encode())
    path.with_suffix(".txt").write_bytes(task.text.encode())


def _fragments(entity: TextEntity, text: str) -> list[tuple[int, int]]:
    """Split an entity at line breaks: Ada, a line break and Lind, from 4 to 12, become (4, 7) and (8, 12)."""
    breaks = [match.span() for match in _LINE_BREAKS.finditer(text, entity.start, entity.end)]
    starts, ends = [entity.start, *(end for _, end in breaks)], [*(start for start, _ in breaks), entity.end]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
