"""Texts with the strings of their entities, without offsets, as language models, GLiNER2 and LangExtract answer.

``{"text": "Ada lives in Oslo.", "entities": {"PER": ["Ada"], "LOC": ["Oslo"]}}``, or entities as a list of objects:
``[{"type": "PER", "text": "Ada"}]``. Offsets that a model adds are not read. A key can be one of an object in the row:
``output.entities``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, permutations
from pathlib import Path
from typing import Any, ClassVar, Literal

from tagline.core.findings import Findings
from tagline.sources.formats.annotated import (
    AnnotatedText,
    Bounds,
    Errors,
    RowFiles,
    lines_of_many,
    shared,
)
from tagline.sources.formats.annotators import Annotation, Row, annotator_of
from tagline.sources.formats.base import Key
from tagline.sources.formats.lists import is_span, keys_of, with_fields
from tagline.sources.formats.offsets import Span
from tagline.sources.formats.saved_page import PageFiles, check_saved
from tagline.sources.formats.sniffing import Guess, list_of, objects_in, words_among
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted
from tagline.text.sentence import Note

NOT_FOUND, OTHER_CASE, FURTHER = "mentions_not_found", "mentions_in_other_case", "further_occurrences"
# What `tagline inspect` tries: our own keys, which are GLiNER2's, and LangExtract's.
_EXTRACTIONS = {"entities": "extractions", "type": "extraction_class", "mention": "extraction_text"}
_LAYOUTS: tuple[Guess, ...] = ({}, {"type": "label"}, {"id": "document_id", **_EXTRACTIONS})
# What calls the type of an entity so.
_TYPE = re.compile("type|label|tag|categ|class", re.IGNORECASE)
# More different names are ids or descriptions if most of them are there only once.
_FEW_TYPES = 10
# Tags of words, which some models answer as types.
_TAG = re.compile("O|[BI]-.+")
# Strings, each with the list that quotes it: one of a type, or one of all. The value has a type for each time.
Quotations = Mapping[tuple[str, str], Sequence[str]]


class MentionFiles(PageFiles):
    """Texts with quoted entities, in a folder also beside files that the page saved."""

    holds: ClassVar[str] = "texts with entities as strings, or a folder with such a file per annotator"

    format: Literal["mentions"]  # type: ignore[assignment]
    id: Key = "id"
    text: Key = "text"
    entities: Key = "entities"
    type: Key = "type"
    mention: Key = "text"
    occurrences: Literal["all", "first", "listed"] = "all"

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        inner = [f"{outer}.{key}" for row in rows for outer, value in row.items() for key in _object(value)]
        rows = [with_fields(row, inner) for row in rows]
        for keys in (*_LAYOUTS, _keys_by_content(rows)):
            reader = cls.model_construct(**keys)
            first = next((row for row in rows if row.get(reader.entities)), {})
            # Other formats read offsets, and lists of words.
            offsets = any(map(is_span, objects_in(first.get(reader.entities))))
            words = words_among([key for key, value in first.items() if isinstance(value, list)])
            with suppress(UserError):
                if reader.text in first and reader._quotations(Row("", first)) and not offsets and not words:
                    return keys
        return None

    @property
    def meanings(self) -> dict[str, str]:
        return {
            **super().meanings,
            NOT_FOUND: "mentions that their text does not have as whole words, or not so often, left out",
            OTHER_CASE: "mentions that their text has only with other capital and small letters",
            FURTHER: f"further occurrences of mentions, {'also' if self.occurrences == 'all' else 'not'} read",
        }

    def rows(self, path: Path) -> Iterator[Row]:
        """See `RowFiles.rows`; the id of a row is also under ``id``."""
        for location, values in RowFiles.rows(self, path):  # answers lack what the page saves
            content = with_fields(values, (self.text, self.entities))
            if path.is_dir() and content.keys().isdisjoint((self.id, "id")):
                expected = "expected the id that the text has in the other files of the folder"
                raise UserError(f"{location}: the key {self.id!r} is missing (keys: {keys_of(content)}); {expected}")
            row = Row(location, {**content, "id": content[self.id]} if self.id in content else content)
            if content.keys() >= self.signs:
                check_saved(row)
            yield row

    def report(self, findings: Mapping[str, Findings]) -> str:
        """See `Files.report`.

        Raises:
            UserError: the mentions seem to be those of other texts; see also `AnnotatedFiles.report`.
        """
        if missing := lines_of_many(findings, NOT_FOUND):
            lines = "\n  ".join(missing)
            raise UserError(
                "too many texts do not have the mentions of their entities; join texts and answers again, set "
                "download.dataset.language if words are split wrongly, or set download.dataset.occurrences to all if a "
                f"mention is listed more often than its text has it:\n  {lines}"
            )
        return super().report(findings)

    def text_of(self, rows: Sequence[Row], errors: Errors) -> AnnotatedText:
        """See `RowFiles.text_of`.

        Raises:
            UserError: a row is malformed, or has another text than one with the same id.
        """
        text = shared(rows, lambda row: row.text("text" if self.signs <= row.content.keys() else self.text))
        saved = [row for row in rows if row.content.keys() >= self.signs]
        read = super().text_of(saved, errors) if saved else AnnotatedText(rows[0].location, text, [], rows[0].id())
        for row in (row for row in rows if row not in saved):
            if annotator_of(row.location) in (each.annotator for each in read.annotations):
                expected = "expected one row with all entities of a text"
                raise UserError(f"{row.location}: another row of this file has the same id; {expected}")
            if (quotations := self._quotations(row)) is not None:
                spans = self._spans(quotations, text, row.location, read.notes)
                read.annotations.append(Annotation(annotator_of(row.location), spans))
        return read

    def _quotations(self, row: Row) -> Quotations | None:
        """What a row quotes, in its order; None if its entities are null, so that nobody annotated its text."""
        location, content = row
        if self.entities not in content:
            raise UserError(f"{location}: the key {self.entities!r} is missing (keys: {keys_of(content)})")
        value = content[self.entities]
        must = f"{self.entities!r} must be lists by type, or a list of objects with {self.type!r} and {self.mention!r}"
        if not isinstance(value, Mapping | list | None):
            raise UserError(f"{location}: {must}; got {quoted(value)}")
        types: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for group, values in value.items() if isinstance(value, Mapping) else [("", value or [])]:
            # GLiNER2 can write the only mention of a type without a list.
            for each in values if isinstance(values, list) else filter(None, [values]):
                entity = each if isinstance(each, Mapping) else {self.mention: each}
                type_, mention = group or entity.get(self.type), entity.get(self.mention)
                names: list[Any] = type_ if isinstance(type_, list) else [type_]
                are_names = all(isinstance(name, str) and name.strip() for name in names)
                if not names or not are_names or not isinstance(mention, str):
                    raise UserError(f"{location}: {must}; got {quoted(each)}")
                types[" ".join(mention.split()), group] += names
        return None if value is None else types

    def _spans(self, quotations: Quotations, text: str, location: str, notes: list[Note]) -> list[Span]:
        """The entities of a text, in the order of the quotations, with notes where the text has these otherwise."""
        spans: list[Span] = []
        occurrences = _occurrences([quotation for quotation, _ in quotations], text, self._words(text))
        for (quotation, _), types in quotations.items():
            if tag := next(filter(_TAG.fullmatch, types), None):
                raise UserError(
                    f"{location}: the type {quoted(tag)} of {quoted(quotation)} is a tag of words; expected types such "
                    "as PER, each with whole entities; ask the model for these, or join the words and rename the types"
                )
            found = occurrences[quotation]
            if self.occurrences == "listed":
                spans += [Span(*each, type_) for each, type_ in zip(found, types, strict=False)]
            else:
                read = found[:1] if self.occurrences == "first" else found
                spans += [Span(*each, type_) for type_ in dict.fromkeys(types) for each in read]
            missing = types[len(found) :] if self.occurrences == "listed" or not found else ()
            notes += [Note(NOT_FOUND, f"{location}: {quoted(quotation)}", type_.strip()) for type_ in missing]
            further = found[1 if self.occurrences == "first" else len(types) :]
            notes += [Note(FURTHER, f"{location}: {quoted(quotation)} at {start}") for start, _ in further]
            if found and (in_text := text[slice(*found[0])]).split() != quotation.split():
                notes.append(Note(OTHER_CASE, f"{location}: {quoted(quotation)} is {quoted(in_text)}"))
        return spans


def _object(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _keys_by_content(rows: Sequence[Mapping[str, Any]]) -> Guess:
    """Find the keys of rows, in which a mention is a string inside the text: those with most mentions.

    An object of lists of strings has the mentions of a type under each key.
    """
    best, highest = Guess(), (0, 0)
    keys = dict.fromkeys(key for row in rows for key in row)
    for text, entities in permutations(keys, 2):
        pairs = [(row.get(text), entity) for row in rows for entity in _entities(row.get(entities))]
        fields = dict.fromkeys(field for _, entity in pairs for field in entity)
        inside = {field: sum(_is_inside(entity.get(field), content) for content, entity in pairs) for field in fields}
        mention = max(inside, key=inside.__getitem__, default="")
        types = [field for field in fields if field != mention and _are_types([each.get(field) for _, each in pairs])]
        # A prompt can have the text inside.
        score = (inside.get(mention, 0), -sum(len(str(content)) for content, _ in pairs))
        if types and 2 * score[0] > len(pairs) and score > highest:
            type_ = next(filter(_TYPE.search, types), types[0])
            best = {"text": text, "entities": entities, "type": type_, "mention": mention}
            highest = score
    return {name: key for name, key in best.items() if key != MentionFiles.model_fields[name].default}


def _entities(value: Any) -> list[dict[str, Any]]:
    """The objects in a list, or one for each string in lists by type."""
    by_type = [(type_, each) for type_, values in _object(value).items() for each in list_of(values)]
    return objects_in(value) or [{"type": type_, "text": each} for type_, each in by_type]


def _is_inside(value: Any, text: Any) -> bool:
    """Whether a value is a string in a text."""
    return isinstance(value, str) and isinstance(text, str) and bool(value.strip()) and value in text


def _are_types(values: Sequence[Any]) -> bool:
    """Whether values are names, or lists of names, of which many come back; tags of words have O among them."""
    names = list(chain(*(value if isinstance(value, list) else [value] for value in values)))
    if not names or "O" in names or not all(isinstance(name, str) for name in names):
        return False
    return len(set(names)) <= max(_FEW_TYPES, len(names) / 2)


def _occurrences(quotations: Sequence[str], text: str, words: Bounds) -> dict[str, list[tuple[int, int]]]:
    """Find where a text has each quotation as whole words.

    White space may differ, and the case if the text has a quotation in another case only. What is inside of a longer
    quotation is found if there is nothing else: "Ada" in "Ada Lind met Ada" is the second one if both are quoted.
    """
    starts, ends = ({word[side] for word in words} for side in (0, 1))
    found: dict[str, list[tuple[int, int]]] = {}
    in_longer: set[int] = set()  # the characters of longer quotations
    for quotation in sorted(set(quotations), key=len, reverse=True):
        same = r"\s+".join(map(re.escape, quotation.split()))
        for flags in (re.NOFLAG, re.IGNORECASE):
            spans = [match.span(1) for match in re.finditer(f"(?=({same}))", text, flags) if match[1]]
            if every := [(start, end) for start, end in spans if start in starts and end in ends]:
                break
        apart = [span for span in every if not in_longer.issuperset(range(*span))]
        found[quotation] = apart or every
        in_longer.update(chain(*(range(*span) for span in every)))
    return found
