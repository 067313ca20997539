"""What the annotation page saves (`page_layout` beside this file): a file, or a folder with one per annotator.

In such a folder a file whose name begins with `ADJUDICATE` decides, whatever the other annotators marked.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagline.artifacts.raw_data import SPLITS
from tagline.sources.formats.annotated import AnnotatedText, AnnotatorFiles, Errors, RowFiles, shared
from tagline.sources.formats.annotators import Annotation, Row, Selected, annotator_of, grouped
from tagline.sources.formats.lists import keys_of
from tagline.sources.formats.offsets import Span, Words, list_to_span, span_of_words
from tagline.sources.formats.page_layout import SAVED, STATUSES, content_hash
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, quoted, shortened
from tagline.text.agreement import running_text
from tagline.text.sentence import Note

# Begins the name of such a file, as of what adjudicate.html saves; messages and reports call its annotator so.
ADJUDICATE = "adjudicate"
UNSURE = "unsure_texts"


class PageFiles(RowFiles, AnnotatorFiles):
    """Rows that the annotation page saved; spans count code points, or the words of rows with words."""

    holds: ClassVar[str] = "what the [page](annotate.md#in-a-page) saves, or a folder with such a file per annotator"
    folders: ClassVar[bool] = True
    signs: ClassVar[frozenset[str]] = frozenset(SAVED)
    common_key: ClassVar[str | None] = "id"
    counted: ClassVar[Mapping[str, str]] = {UNSURE: "texts that an annotator was not sure of, read as they are"}

    format: Literal["page"]
    offsets: Literal["code_points"] = "code_points"
    # Of what `tagline suggest` chose, only the texts drawn at random, or only the others; None: all.
    selection: Literal["random", "chosen"] | None = None

    @property
    def lacks_types(self) -> bool:
        return True  # a page says which types could be chosen

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        empty = True
        for rows in grouped(lambda: self.rows(path), "id"):
            # A page that adjudicates does not know how its texts were chosen.
            is_random = any(row.content.get("selection") == "random" for row in rows)
            if self.selection in (None, "random" if is_random else "chosen"):
                empty = False
                with errors.collected():
                    yield self.text_of(rows, errors)
        if empty and self.selection:
            raise UserError(
                f"{path}: no text of selection {self.selection}; expected what a page of `tagline suggest` saved"
            )

    def text_of(self, rows: Sequence[Row], errors: Errors) -> AnnotatedText:
        """See `RowFiles.text_of`.

        Raises:
            UserError: a row is malformed; its text was changed, or is another one; an annotator decided twice.
        """
        text, words = shared(rows, _content)
        decided: dict[str, tuple[str, list[Span]]] = {}
        notes = []
        for row in rows:
            location, content = row
            if content["status"] not in STATUSES:
                raise UserError(
                    f"{location}: status {quoted(content['status'])}; expected one of {', '.join(STATUSES)}"
                )
            if content["status"] == "skipped":
                continue
            if content["status"] == "unsure":
                notes.append(Note(UNSURE, f"{location}: {quoted(content['note'])}" if content["note"] else location))
            file, by = annotator_of(location), row.text("annotator")
            # Only the name of a file decides, not that of a person.
            name = ADJUDICATE if file.startswith(ADJUDICATE) else file if by in ("", ADJUDICATE) else by
            spans = sorted(errors.of_each(row.items("spans"), _span, words, content["types"], location))
            earlier, same = decided.setdefault(name, (location, spans))
            if spans != same:
                raise UserError(
                    f"{location}: {quoted(name)} annotated this text differently at {earlier}; expected one annotation "
                    "by each annotator; remove the other row"
                )
        annotations = [Annotation(name, spans) for name, (_, spans) in decided.items()]
        types = {type_ for row in rows for type_ in row.content["types"]}
        text_id = rows[0].id()
        return AnnotatedText(rows[0].location, text, annotations, text_id, words, notes=notes, types=[*types] or None)

    def selected(self, annotations: Sequence[Annotation], location: str, words: Words) -> Selected:
        final = next((each.spans for each in annotations if each.annotator == ADJUDICATE), None)
        return super().selected(annotations, location, words) if final is None else (final, [])

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield the rows of all files, which are of the same tasks; only those that adjudicate are of others.

        Raises:
            UserError: a row is not one that the page saved, or is of other tasks.
        """
        first: tuple[str, object] | None = None
        for row in super().rows(path):
            location, content = row
            check_saved(row)
            if not annotator_of(location).startswith(ADJUDICATE):
                first = first or (location, content["tasks"])
                if content["tasks"] != first[1]:
                    raise UserError(
                        f"{location}: made from other tasks than {first[0]}; expected annotations of one page; "
                        "read those of several pages by a pattern such as *.jsonl; the name of a file that decides "
                        f"conflicts begins with {ADJUDICATE}"
                    )
            yield row


def any_page(tag_column: str, **keys: Any) -> PageFiles:
    """The section that reads what a page saved, where params.yaml names no such file."""
    files = dict.fromkeys(SPLITS, "any")
    return PageFiles.model_validate({"source": "files", "format": "page", "tag_column": tag_column, **files, **keys})


def check_saved(row: Row) -> None:
    """Check the keys of a row that the page saved.

    Raises:
        UserError: one is missing or null; or the types are not names.
    """
    location, content = row
    if missing := [key for key in SAVED if content.get(key) is None]:
        raise UserError(
            f"{location}: the key {missing[0]!r} is missing or null (keys: {keys_of(content)}); expected what the "
            "annotation page saved; for answers of models beside it, set format: mentions in params.yaml"
        )
    if not all(isinstance(each, str) and each.strip() for each in row.items("types")):
        raise UserError(f"{location}: 'types' must be a list of names; got {quoted(content['types'])}")


def _content(row: Row) -> tuple[str, list[tuple[int, int]] | None]:
    """The text of a row and, if it has words, the start and end of each."""
    key = "words" if "words" in row.content else "text"
    content = row.items(key) if key == "words" else row.text(key)
    if content_hash(content) != row.content["sha256"]:
        raise UserError(
            f"{row.location}: {key!r} was changed after the annotation: its SHA-256 is not that of the row; expected "
            "what the page saved; annotate the new text"
        )
    return (content, None) if isinstance(content, str) else running_text(content)


def _span(value: object, words: Words | None, types: Sequence[str], location: str) -> Span:
    """Convert a span of a row, which counts words if the row has words, to code points."""
    span = list_to_span(value, location)
    if span.label not in types:
        known = shortened(", ".join(types), QUOTED)
        raise UserError(f"{location}: the page has no type {quoted(span.label)}; expected one of {known}")
    return span if words is None else span_of_words(span, words, location, value)
