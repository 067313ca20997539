"""Texts with the strings of their entities, without offsets, as language models, GLiNER2 and LangExtract answer.

``{"text": "Ada lives in Oslo.", "entities": {"PER": ["Ada"], "LOC": ["Oslo"]}}``, or entities as a list of objects:
``[{"type": "PER", "text": "Ada"}]``. Offsets that a model adds are not read. A key can be one of an object in the row:
``output.entities``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, permutations
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tagline.labels import is_type
from tagline.sources.formats import saved_page
from tagline.sources.formats.annotated import OVERLAPPING, AnnotatedText, sentences, split_text
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.keys import Key
from tagline.sources.formats.list_sniffing import is_span
from tagline.sources.formats.lists import keys_of, with_fields
from tagline.sources.formats.offsets import Span
from tagline.sources.formats.offsets import Words as Bounds
from tagline.sources.formats.page_layout import SAVED
from tagline.sources.formats.rows import Row, annotator_files, annotator_of, recognised_by, rows_of, shared
from tagline.sources.formats.sniffing import Guess, list_of, objects_in, words_among
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note, Sentence

NOT_FOUND, OTHER_CASE, FURTHER = "mentions_not_found", "mentions_in_other_case", "further_occurrences"
# What `tagline inspect` tries: our own keys, which are GLiNER2's, and LangExtract's.
_EXTRACTIONS = {"entities": "extractions", "type": "extraction_class", "mention": "extraction_text"}
_LAYOUTS: tuple[Guess, ...] = ({}, {"type": "label"}, {"id": "document_id", **_EXTRACTIONS})
# What calls the type of an entity so.
_TYPE = re.compile("type|label|tag|categ|class", re.IGNORECASE)
# More different names are ids or descriptions if most of them are there only once.
_FEW_TYPES = 10
# Strings, each with the list that quotes it: one of a type, or one of all. The value has a type for each time.
Quotations = Mapping[tuple[str, str], Sequence[str]]


class Keys(saved_page.PageKeys):
    """The keys of a text, its entities, and an entity's parts."""

    format: Literal["mentions"]
    id: Key = "id"
    text: Key = "text"
    entities: Key = "entities"
    type: Key = "type"
    mention: Key = "text"
    occurrences: Literal["all", "first", "listed"] = "all"

    @property
    def meanings(self) -> dict[str, str]:
        return {
            **super().meanings,
            NOT_FOUND: "mentions that their text does not have as whole words, or not so often, left out",
            OTHER_CASE: "mentions that their text has only with other capital and small letters",
            FURTHER: f"further occurrences of mentions, {'also' if self.occurrences == 'all' else 'not'} read",
        }

    @property
    def refused(self) -> dict[str, str]:
        refused = super().refused
        if OVERLAPPING in refused and self.occurrences != "listed":
            refused[OVERLAPPING] = (
                "write one type for each mention; or set download.dataset.occurrences to listed, which takes one type "
                "per occurrence, or download.dataset.overlaps to longest or first"
            )
        return refused

    @property
    def suspicious(self) -> dict[str, str]:
        missing = (
            "too many texts do not have the mentions of their entities; join texts and answers again, set "
            "download.dataset.language if words are split wrongly, or set download.dataset.occurrences to all if a "
            "mention is listed more often than its text has it:"
        )
        return {NOT_FOUND: missing, **super().suspicious}


def guess(rows: Sequence[Mapping[str, Any]]) -> Guess | None:
    """Guess the keys by the first rows."""
    inner = []
    for row in rows:
        for outer, value in row.items():
            inner += [f"{outer}.{key}" for key in _object(value)]
    rows = [with_fields(row, dict.fromkeys(inner)) for row in rows]
    for named in (*_LAYOUTS, _keys_by_content(rows)):
        if _fits(rows, Keys.model_construct(**named)):
            return named
    return None


def _fits(rows: Sequence[Mapping[str, Any]], keys: Keys) -> bool:
    """Whether rows have entities by these keys, and neither offsets nor lists of words, which other formats read."""
    first = next((row for row in rows if row.get(keys.entities)), {})
    if keys.text not in first or any(map(is_span, objects_in(first.get(keys.entities)))):
        return False
    if words_among([key for key, value in first.items() if isinstance(value, list)]):
        return False
    try:
        return bool(_quotations(Row("", first), keys))
    except UserError:
        return False


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the texts of a file, or of a folder, where a model's answers can be beside files that the page saved."""
    return sentences(path, keys, rows_by_text(path, keys), partial(to_text, keys=keys))


def rows_by_text(path: Path, keys: Keys) -> Iterator[list[Row]]:
    """The rows of each text."""
    return saved_page.selected_rows(path, lambda: _rows(path, keys), keys.selection)


def _rows(path: Path, keys: Keys) -> Iterator[Row]:
    """Yield the rows of all files; the id of a row is also under ``id``."""
    for location, values in rows_of(annotator_files(path), keys.encoding):
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
            saved_page.check_saved(row)
        yield row


def _is_saved(row: Row) -> bool:
    """Whether the page saved a row; answers of models lack what it saves."""
    return row.content.keys() >= set(SAVED)


def to_text(rows: Sequence[Row], keys: Keys) -> AnnotatedText:
    """Read the text of some rows."""
    text = shared(rows, lambda row: row.text("text" if _is_saved(row) else keys.text))
    saved = [row for row in rows if _is_saved(row)]
    annotated = saved_page.to_text(saved) if saved else AnnotatedText(rows[0].location, text, [], rows[0].id())
    for row in rows:
        if row in saved:
            continue
        annotator = annotator_of(row.location)
        if any(annotation.annotator == annotator for annotation in annotated.annotations):
            raise UserError(
                f"{row.location}: another row of this file has the same id; expected one row with all entities of a "
                "text"
            )
        quotations = _quotations(row, keys)
        if quotations is not None:
            spans = _spans(quotations, text, row.location, keys, annotated.notes)
            annotated.annotations.append(Annotation(annotator, spans))
            if annotator == saved_page.ADJUDICATE:
                annotated.decided_by = annotator
    return annotated


def _quotations(row: Row, keys: Keys) -> Quotations | None:
    """What a row quotes, in its order; None if its entities are null, so that nobody annotated its text."""
    location, content = row
    if keys.entities not in content:
        raise UserError(f"{location}: the key {keys.entities!r} is missing (keys: {keys_of(content)})")
    value = content[keys.entities]
    if value is None:
        return None
    if not isinstance(value, Mapping | list):
        raise _not_entities(value, location, keys)
    groups = value if isinstance(value, Mapping) else {"": value}
    types: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for group, values in groups.items():
        if not isinstance(values, list):  # GLiNER2 can write the only mention of a type without a list
            values = [values] if values else []
        for item in values:
            mention, names = _mention(item, group, location, keys)
            types[mention, "" if keys.occurrences == "listed" else group] += names  # of one word, the lists go on
    return types


def _mention(item: Any, group: str, location: str, keys: Keys) -> tuple[str, list[str]]:
    """The mention of an entity with single spaces, and its types: that of its group, or its own."""
    entity = item if isinstance(item, Mapping) else {keys.mention: item}
    mention = entity.get(keys.mention)
    type_ = group or entity.get(keys.type)
    names: list[Any] = type_ if isinstance(type_, list) else [type_]
    are_names = all(isinstance(name, str) and name.strip() for name in names)
    if not names or not are_names or not isinstance(mention, str):
        raise _not_entities(item, location, keys)
    return " ".join(mention.split()), names


def _not_entities(value: Any, location: str, keys: Keys) -> UserError:
    return UserError(
        f"{location}: {keys.entities!r} must be lists by type, or a list of objects with {keys.type!r} and "
        f"{keys.mention!r}; got {quoted(value)}"
    )


def _spans(quotations: Quotations, text: str, location: str, keys: Keys, notes: list[Note]) -> list[Span]:
    """The entities of a text, in the order of the quotations, with notes where the text has these otherwise."""
    spans: list[Span] = []
    words = split_text(text, keys.language, keys.split_words)
    occurrences = _occurrences([quotation for quotation, _ in quotations], text, words)
    for (quotation, _), types in quotations.items():
        _check_types(types, quotation, location)
        bounds = occurrences[quotation]
        missing: Sequence[str] = () if bounds else types
        further = bounds[len(types) :]
        if keys.occurrences == "listed":
            spans += [Span(start, end, type_) for (start, end), type_ in zip(bounds, types, strict=False)]
            missing = types[len(bounds) :]
        elif keys.occurrences == "first":
            further = bounds[1:]
            spans += _each_type(bounds[:1], types)
        else:
            spans += _each_type(bounds, types)
        notes += [Note(NOT_FOUND, f"{location}: {quoted(quotation)}", type_.strip()) for type_ in missing]
        notes += [Note(FURTHER, f"{location}: {quoted(quotation)} at {start}") for start, _ in further]
        if bounds:
            start, end = bounds[0]
            if text[start:end].split() != quotation.split():
                notes.append(Note(OTHER_CASE, f"{location}: {quoted(quotation)} is {quoted(text[start:end])}"))
    return spans


def _each_type(bounds: Bounds, types: Sequence[str]) -> list[Span]:
    """Spans of each type at each position."""
    return [Span(start, end, type_) for type_ in dict.fromkeys(types) for start, end in bounds]


def _check_types(types: Sequence[str], quotation: str, location: str) -> None:
    """Raise a `UserError` if the types of a quotation are tags of words."""
    for type_ in types:
        if not is_type(type_):
            raise UserError(
                f"{location}: the type {quoted(type_)} of {quoted(quotation)} is a tag of words; expected types such "
                "as PER, each with whole entities; ask the model for these, or join the words and rename the types"
            )


def _object(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


class _Layout(NamedTuple):
    """Keys by which rows may have entities: how many mentions these have, the length of the texts, and the keys."""

    mentions: int
    length: int
    keys: Guess


def _keys_by_content(rows: Sequence[Mapping[str, Any]]) -> Guess:
    """Find the keys of rows, in which a mention is a string inside the text: those with most mentions."""
    # An object of lists of strings has the mentions of a type under each key.
    best = _Layout(0, 0, {})
    keys = dict.fromkeys(chain.from_iterable(rows))
    for text, entities in permutations(keys, 2):
        layout = _layout(rows, text, entities)
        # A prompt can have the text inside.
        if layout and (layout.mentions, -layout.length) > (best.mentions, -best.length):
            best = layout
    return {name: key for name, key in best.keys.items() if key != Keys.model_fields[name].default}


def _layout(rows: Sequence[Mapping[str, Any]], text: str, entities: str) -> _Layout | None:
    """The keys of entities, given those of text and entities; None if most mentions are not in the text."""
    pairs = [(row.get(text), entity) for row in rows for entity in _entities(row.get(entities))]
    fields = dict.fromkeys(chain.from_iterable(entity for _, entity in pairs))
    inside = {field: sum(_is_inside(entity.get(field), content) for content, entity in pairs) for field in fields}
    mention = max(inside, key=inside.__getitem__, default="")
    named = [field for field in fields if field != mention and _TYPE.search(field)]
    type_ = next((field for field in named if _are_types([entity.get(field) for _, entity in pairs])), None)
    if type_ is None or 2 * inside[mention] <= len(pairs):
        return None
    length = sum(len(str(content)) for content, _ in pairs)
    return _Layout(inside[mention], length, {"text": text, "entities": entities, "type": type_, "mention": mention})


def _entities(value: Any) -> list[dict[str, Any]]:
    """The objects in a list, or one for each string in lists by type."""
    entities = objects_in(value)
    if not entities:
        for type_, mentions in _object(value).items():
            entities += [{"type": type_, "text": mention} for mention in list_of(mentions)]
    return entities


def _is_inside(value: Any, text: Any) -> bool:
    """Whether a value is a string in a text."""
    return isinstance(value, str) and isinstance(text, str) and bool(value.strip()) and value in text


def _are_types(values: Sequence[Any]) -> bool:
    """Whether values are names, or lists of names, of which many come back; tags of words have O among them."""
    names: list[Any] = []
    for value in values:
        names += value if isinstance(value, list) else [value]
    if not names or "O" in names or not all(isinstance(name, str) for name in names):
        return False
    return len(set(names)) <= max(_FEW_TYPES, len(names) / 2)


def _occurrences(quotations: Sequence[str], text: str, words: Bounds) -> dict[str, list[tuple[int, int]]]:
    """Find where a text has each quotation as whole words."""
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


FORMAT = Format(
    keys=Keys,
    read=read,
    recognise=recognised_by(guess),
    holds="texts with entities as strings, or a folder with such a file per annotator",
    files=annotator_files,
    folders=True,
)
