"""What the annotation page saves (`page_layout`): a file, or a folder with one per annotator."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import ClassVar, Literal

from tagline.sources.formats.annotated import UNSURE, AnnotatedText, JsonTexts
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.lists import keys_of
from tagline.sources.formats.offsets import Span, span_of_words, to_span
from tagline.sources.formats.page_layout import SAVED, STATUSES, content_hash
from tagline.sources.formats.rows import (
    Row,
    annotator_files,
    annotator_of,
    grouped,
    rows_of,
    shared,
)
from tagline.terminal import UserError, quoted
from tagline.text.agreement import running_text
from tagline.text.sentence import Note

Selection = Literal["random", "chosen"] | None


class PageTexts(JsonTexts):
    """The keys of files that the page saved, and of others beside these; spans count code points, or words."""

    folders = True
    own_notes: ClassVar[tuple[str, ...]] = (UNSURE,)

    # Of what `tagline suggest` chose, only the texts drawn at random, or only the others; None: all.
    selection: Selection = None

    @property
    def lacks_types(self) -> bool:
        return True

    def files(self, path: Path) -> list[Path]:
        return annotator_files(path)


class SavedPage(PageTexts):
    signs = frozenset(SAVED)

    format: Literal["page"]

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        for rows in selected_rows(path, lambda: _rows(path, self), self.selection):
            yield to_text(rows)


def selected_rows(path: Path, rows: Callable[[], Iterable[Row]], selection: Selection) -> Iterator[list[Row]]:
    """Join the rows of one text, and yield those of texts chosen in some way; a `UserError` if none were."""
    empty = True
    for of_text in grouped(rows, "id"):
        is_random = any(row.content.get("selection") == "random" for row in of_text)
        if selection in (None, "random" if is_random else "chosen"):
            empty = False
            yield of_text
    if empty and selection:
        raise UserError(f"{path}: no text of selection {selection}; expected what a page of `tagline suggest` saved")


def to_text(rows: Sequence[Row]) -> AnnotatedText:
    """Read the text of some rows; a `UserError` if one is malformed or changed, or an annotator decided twice."""
    text, words = shared(rows, _content)
    decided: dict[str, tuple[str, list[Span]]] = {}
    notes = []
    for row in rows:
        location, content = row
        if content["status"] not in STATUSES:
            raise UserError(f"{location}: status {quoted(content['status'])}; expected one of {', '.join(STATUSES)}")
        if content["status"] == "skipped":
            continue
        if content["status"] == "unsure":
            notes.append(Note(UNSURE, f"{location}: {quoted(content['note'])}" if content["note"] else location))
        spans = []
        for value in row.items("spans"):
            span = to_span(value, location)
            if span.label not in content["types"]:
                raise UserError(f"{location}: the page has no type {quoted(span.label)}; expected one of its types")
            spans.append(span if words is None else span_of_words(span, words, location, value))
        name = _annotator(row)
        earlier, spans_there = decided.setdefault(name, (location, sorted(spans)))
        if sorted(spans) != spans_there:
            raise UserError(
                f"{location}: {quoted(name)} annotated this text differently at {earlier}; expected one annotation by "
                "each annotator; remove the other row"
            )
    return AnnotatedText(
        rows[0].location,
        text,
        [Annotation(name, spans) for name, (_, spans) in decided.items()],
        rows[0].id(),
        words=words,
        notes=notes,
        types=list(dict.fromkeys(chain.from_iterable(row.content["types"] for row in rows))) or None,
    )


def _annotator(row: Row) -> str:
    """Who annotated a text."""
    return row.text("annotator") or annotator_of(row.location)


def _rows(path: Path, keys: SavedPage) -> Iterator[Row]:
    """Yield the rows of all files, which are of the same tasks."""
    first: Row | None = None
    for row in rows_of(annotator_files(path), keys.encoding):
        check_saved(row)
        first = first or row
        if row.content["tasks"] != first.content["tasks"]:
            raise UserError(
                f"{row.location}: made from other tasks than {first.location}; expected annotations of one page; "
                "read those of several pages by a pattern such as *.jsonl"
            )
        yield row


def check_saved(row: Row) -> None:
    """Raise a `UserError` if a row lacks what the page saves."""
    missing = [key for key in SAVED if row.content.get(key) is None]
    if missing:
        raise UserError(
            f"{row.location}: the key {missing[0]!r} is missing or null (keys: {keys_of(row.content)}); expected what "
            "the annotation page saved; for answers of models beside it, set format: mentions in params.yaml"
        )
    if not all(isinstance(type_, str) and type_.strip() for type_ in row.items("types")):
        raise UserError(f"{row.location}: 'types' must be a list of names; got {quoted(row.content['types'])}")


def _content(row: Row) -> tuple[str, list[tuple[int, int]] | None]:
    """The text of a row and, if it has words, their start and end."""
    key = "words" if "words" in row.content else "text"
    content = row.items(key) if key == "words" else row.text(key)
    if content_hash(content) != row.content["sha256"]:
        raise UserError(
            f"{row.location}: {key!r} was changed after the annotation: its SHA-256 is not that of the row; expected "
            "what the page saved; annotate the new text"
        )
    return (content, None) if isinstance(content, str) else running_text(content)
