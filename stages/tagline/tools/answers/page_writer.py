"""The annotation page: one HTML file, in which people correct entities and save them, without a server.

`tagline.sources.formats.page_layout` describes its tasks and the rows that it saves.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tagline.core import reading
from tagline.labels import type_grounds
from tagline.report import html_files
from tagline.sources.formats import page_layout
from tagline.terminal import UserError, quoted
from tagline.tools.answers.options import DIGITS, PAGE_SUFFIX
from tagline.tools.answers.outputs import check_writable
from tagline.tools.answers.task import AnnotationTask, TextEntity

Task = Mapping[str, Any]

# Where the template leaves room for the tasks and their hash, which are known last.
_TASKS, _HASH = "@@TASKS@@", "@@HASH@@"


class Page:
    """The form of a page, for `outputs.Output` and `outputs.save`.

    Args:
        guideline: a text shown beside the tasks.
    """

    def __init__(self, types: Sequence[str], guideline: str | None = None) -> None:
        folder = Path(__file__).parent
        rooms = {"tasks": Markup(_TASKS), "hash": _HASH}
        scripts = (html_files.FOLDER / "marks.js", folder / "page.js")
        # What precedes the next task, in the page and in its JSON, which is hashed.
        self._page, self._after = html_files.render_file(folder / "page.html", rooms, *scripts).split(_TASKS)
        grounds = [*type_grounds.of_types(types).values()]
        head = _written(
            {"version": page_layout.VERSION, "types": list(types), "grounds": grounds, "guideline": guideline}
        )
        self._json = f'{head[:-1]},"tasks":['
        self._sha256 = hashlib.sha256()
        self._ids = set[str]()

    def line(self, task: Task | AnnotationTask) -> str:
        """Write a task; an id that another one has is followed by the number of the task.

        Raises:
            UserError: a word is white space, which nobody could train on.
        """
        if isinstance(task, AnnotationTask):
            task = of_task(task, len(self._ids) + 1)
        if "text" not in task and not all(map(str.strip, task["words"])):
            raise UserError(
                f"text {quoted(task['id'])}: a word of white space only in {quoted(list(task['words']))}; "
                "expected words; leave it out"
            )
        while task["id"] in self._ids:
            task = {**task, "id": f"{task['id']}#{len(self._ids) + 1}"}
        self._ids.add(task["id"])
        text = f"{self._json}\n{_written(task)}"
        self._sha256.update(text.encode())
        before = self._page
        self._page = ""
        self._json = ","
        return before + text

    def closing(self) -> str:
        end = "\n]}" if self._ids else f"{self._json}\n]}}"
        sha256 = self._sha256.copy()
        sha256.update(end.encode())
        return self._page + end + self._after.replace(_HASH, sha256.hexdigest())


def check(option: str, path: Path, guideline: Path | None = None) -> str | None:
    """Check before any work that a page can be written, and read the text of ``--guideline``.

    Raises:
        UserError: the page can't be written, has another suffix or is the guideline; or this can't be read.
    """
    if path.suffix.lower() != PAGE_SUFFIX:
        raise UserError(f"{option} {path}: the annotation page is one file; expected a name that ends in {PAGE_SUFFIX}")
    check_writable(option, path)
    if guideline is None:
        return None
    with reading(guideline, problem="can't be read", expected="text in UTF-8"):
        text = guideline.read_text(encoding="utf-8-sig")
        if "\0" in text:
            raise ValueError("NUL byte")
    if path.exists() and path.samefile(guideline):
        raise UserError(f"{option} {path}: the same file as --guideline; expected another one")
    return text


def of_task(given: AnnotationTask, number: int) -> Task:
    """Convert a task of any format to one of the page.

    Args:
        number: begins its id, if it has none; its hash follows, since texts of several pages are read together.
    """

    def span(entity: TextEntity) -> tuple[int, int, str]:
        bounds = given.words_of(entity) if given.joined else (entity.start, entity.end)
        return *bounds, entity.type

    def scored(entity: TextEntity) -> tuple[int | str | float | None, ...]:
        score = None if entity.score is None else round(entity.score, DIGITS)
        if entity.accepted is None:
            return *span(entity), score
        return *span(entity), score, entity.accepted

    content = [given.text[start:end] for start, end in given.words] if given.joined else given.text
    id_ = str(given.fields.get("id", f"{number}-{page_layout.content_hash(content)[:8]}"))
    selection = given.fields.get("selection")
    suggested = None if given.suggested is None else list(map(scored, given.suggested))
    return page_layout.task(
        id_, content, list(map(span, given.entities)), given.words, selection=selection, suggested=suggested
    )


def _written(value: Mapping[str, Any]) -> str:
    """Write JSON that can't end the script element around it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c")
