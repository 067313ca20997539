"""Texts with the strings of their entities, without offsets, as language models, GLiNER2 and LangExtract answer.

``{"text": "Ada lives in Oslo.", "entities": {"PER": ["Ada"], "LOC": ["Oslo"]}}``, or entities as a list of objects:
``[{"type": "PER", "text": "Ada"}]``. Offsets that a model adds are not read. A key can be one of an object in the row:
``output.entities``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from tagline.labels import is_type
from tagline.sources.formats.annotated import FURTHER, NOT_FOUND, OTHER_CASE, OVERLAPPING, AnnotatedText, split_text
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.list_sniffing import is_span
from tagline.sources.formats.lists import keys_of, with_fields
from tagline.sources.formats.offsets import Span, WordOffsets
from tagline.sources.formats.page_layout import SAVED
from tagline.sources.formats.rows import Row, by_file, rows_of, shared
from tagline.sources.formats.saved_page import PageTexts, check_saved, selected_rows, to_text
from tagline.sources.formats.sniffing import Guess, objects_in, words_among
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note

# The keys that `tagline inspect` tries: our own, those of instructions, GLiNER2's, and LangExtract's.
_EXTRACTIONS = {"entities": "extractions", "type": "extraction_class", "mention": "extraction_text"}
_LAYOUTS: tuple[Guess, ...] = (
    {},
    {"type": "label"},
    {"text": "input", "entities": "output.entities"},
    {"id": "document_id", **_EXTRACTIONS},
)
# Strings, each with the list that quotes it: one of a type, or one of all. The value has a type for each time.
Quotations = Mapping[tuple[str, str], Sequence[str]]


class Mentions(PageTexts):
    """The keys of a text, its entities, and an entity's parts."""

    own_notes = (*PageTexts.own_notes, NOT_FOUND, OTHER_CASE, FURTHER)

    format: Literal["mentions"]
    id: Key = "id"
    text: Key = "text"
    entities: Key = "entities"
    type: Key = "type"
    mention: Key = "text"
    occurrences: Literal["all", "first", "listed"] = "all"

    @property
    def refused(self) -> dict[str, str]:
        refused = super().refused
        if OVERLAPPING in refused and self.occurrences != "listed":
            refused[OVERLAPPING] = (
                "write one type for each mention; or set download.dataset.occurrences to listed, which takes one type "
                "per occurrence, or download.dataset.overlaps to longest or first"
            )
        return refused

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        """Guess the keys by the first row with entities and without offsets or lists of words."""
        for named in _LAYOUTS:
            keys = cls.model_construct(**named)
            found = (with_fields(row, (keys.text, keys.entities)) for row in rows)
            first = next((row for row in found if row.get(keys.entities)), {})
            of_words = words_among([key for key, value in first.items() if isinstance(value, list)])
            if keys.text not in first or of_words or any(map(is_span, objects_in(first[keys.entities]))):
                continue
            try:
                _quotations(Row("", first), keys)
            except UserError:
                continue
            return named
        return None

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        """Yield the texts of a file or folder, where answers of models can be beside files of the page."""
        for rows in selected_rows(path, lambda: _rows(path, self), self.selection):
            yield _text(rows, self)


def _rows(path: Path, keys: Mentions) -> Iterator[Row]:
    """Yield the rows of all files, with ids also under ``id``."""
    for location, values in rows_of(keys.files(path), keys.encoding):
        content = with_fields(values, (keys.text, keys.entities))
        if path.is_dir() and content.keys().isdisjoint((keys.id, "id")):
            raise UserError(
                f"{location}: the key {keys.id!r} is missing (keys: {keys_of(content)}); expected the id that the text "
                "has in the other files of the folder"
            )
        if keys.id in content:
            content = {**content, "id": content[keys.id]}
        row = Row(location, content)
        if _is_saved(row):
            check_saved(row)
        yield row


def _is_saved(row: Row) -> bool:
    """Whether the page saved a row; answers of models lack what it saves."""
    return row.content.keys() >= set(SAVED)


def _text(rows: Sequence[Row], keys: Mentions) -> AnnotatedText:
    text = shared(rows, lambda row: row.text("text" if _is_saved(row) else keys.text))
    saved = [row for row in rows if _is_saved(row)]
    annotated = AnnotatedText(rows[0].location, text, [], rows[0].id())
    if saved:
        annotated = to_text(saved)
    for annotator, row in by_file([row for row in rows if row not in saved]).items():
        quotations = _quotations(row, keys)
        if quotations is not None:
            spans = _spans(quotations, text, row.location, keys, annotated.notes)
            annotated.annotations.append(Annotation(annotator, spans))
    return annotated


def _quotations(row: Row, keys: Mentions) -> Quotations | None:
    """What a row quotes, in order; None if its entities are null: nobody annotated its text."""
    if keys.entities not in row.content:
        raise UserError(f"{row.location}: the key {keys.entities!r} is missing (keys: {keys_of(row.content)})")
    value = row.content[keys.entities]
    if value is None:
        return None
    groups = value if isinstance(value, Mapping) else {"": value}
    types: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for group, values in groups.items():
        if group and not isinstance(values, list):  # GLiNER2 can write the only mention of a type without a list
            values = [values] if values else []
        if not isinstance(values, list):
            raise _not_entities(values, row, keys)
        for item in values:
            entity = item if isinstance(item, Mapping) else {keys.mention: item}
            mention = entity.get(keys.mention)
            type_ = group or entity.get(keys.type)
            names: list[Any] = type_ if isinstance(type_, list) else [type_]
            are_names = names and all(isinstance(name, str) and name.strip() for name in names)
            if not are_names or not isinstance(mention, str):
                raise _not_entities(item, row, keys)
            for name in names:
                if not is_type(name):
                    raise UserError(
                        f"{row.location}: the type {quoted(name)} of {quoted(mention)} is a tag of words; expected "
                        "types such as PER, each with whole entities; ask the model for these, or join the words and "
                        "rename the types"
                    )
            list_name = "" if keys.occurrences == "listed" else group  # of one word, the lists go on
            types[" ".join(mention.split()), list_name] += names
    return types


def _not_entities(value: Any, row: Row, keys: Mentions) -> UserError:
    return UserError(
        f"{row.location}: {keys.entities!r} must be lists by type, or a list of objects with {keys.type!r} and "
        f"{keys.mention!r}; got {quoted(value)}"
    )


def _spans(quotations: Quotations, text: str, location: str, keys: Mentions, notes: list[Note]) -> list[Span]:
    """The entities of a text, in the order of quotations; notes where the text has these otherwise."""
    spans: list[Span] = []
    words = split_text(text, keys.language, keys.split_words)
    occurrences = _occurrences([quotation for quotation, _ in quotations], text, words)
    for (quotation, _), types in quotations.items():
        bounds = occurrences[quotation]
        missing: Sequence[str] = () if bounds else types
        further = bounds[1:] if keys.occurrences == "first" else bounds[len(types) :]
        if keys.occurrences == "listed":
            spans += [Span(*each, type_) for each, type_ in zip(bounds, types, strict=False)]
            missing = types[len(bounds) :]
        else:
            read_ = bounds[:1] if keys.occurrences == "first" else bounds
            spans += [Span(*each, type_) for type_ in dict.fromkeys(types) for each in read_]
        notes += [Note(NOT_FOUND, f"{location}: {quoted(quotation)}", type_.strip()) for type_ in missing]
        notes += [Note(FURTHER, f"{location}: {quoted(quotation)} at {start}") for start, _ in further]
        if bounds:
            in_text = text[slice(*bounds[0])]
            if in_text.split() != quotation.split():
                notes.append(Note(OTHER_CASE, f"{location}: {quoted(quotation)} is {quoted(in_text)}"))
    return spans


def _occurrences(quotations: Sequence[str], text: str, words: WordOffsets) -> dict[str, list[tuple[int, int]]]:
    """Find each quotation in a text as whole words."""
    # White space may differ, and the case if the text has a quotation in another case only. What is inside of a
    # longer quotation is found if there is nothing else: "Ada" in "Ada Lind met Ada" is the second one if both are
    # quoted.
    starts = {start for start, _ in words}
    ends = {end for _, end in words}
    occurrences: dict[str, list[tuple[int, int]]] = {}
    in_longer: set[int] = set()  # the characters of longer quotations
    for quotation in sorted(set(quotations), key=len, reverse=True):
        same = r"\s+".join(map(re.escape, quotation.split()))
        for flags in (re.NOFLAG, re.IGNORECASE):
            spans = [match.span(1) for match in re.finditer(f"(?=({same}))", text, flags) if match[1]]
            of_words = [(start, end) for start, end in spans if start in starts and end in ends]
            if of_words:
                break
        apart = [span for span in of_words if not in_longer.issuperset(range(*span))]
        occurrences[quotation] = apart or of_words
        for span in of_words:
            in_longer.update(range(*span))
    return occurrences
