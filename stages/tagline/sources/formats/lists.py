"""Rows that hold a sentence as lists, one of words and one per tag column: the format json, and parts of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tagline.sources.formats import sniffing
from tagline.sources.formats.base import Files, Key, LabelNames, TagColumns, TextFiles, WordKeys
from tagline.sources.formats.json_objects import read_rows
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, quoted, shortened
from tagline.text.sentence import EMPTY_SENTENCES, Note, Sentence, WordRules, without_skipped

if TYPE_CHECKING:
    from datasets import Dataset

BATCH_ROWS = 1000
# The keys of a span in the format spans, and how other formats call them, the most telling name first.
_NAMES = {
    "start": ("start", "begin"),
    "end": ("end", "stop"),
    "label": ("label", "type", "tag", "category", "class", "^entity"),
}
# Words that are tokenised in another way than a text have nearly as many characters, and no word is as long on average.
_LEAST_SHARE, _LONG = 0.9, 20


class RowKeys(WordKeys):
    """The keys (JSON) or columns (tables) of rows with words and tags."""

    # The key of the document; its value and a slash begin the ids of its sentences.
    document: Key | None = None
    words: Key
    tag_columns: TagColumns

    @property
    def sentence_key(self) -> str | None:
        """The key of a sentence's id, if the rows have one."""
        return None

    @property
    def id_keys(self) -> list[str]:
        """The keys that together identify a sentence."""
        return [key for key in (self.document, self.sentence_key) if key]

    @property
    def row_keys(self) -> list[str]:
        """Every key that a row must have."""
        return list(dict.fromkeys([self.words, *self.tag_columns.values(), *self.id_keys]))


class ListKeys(RowKeys):
    """The keys of rows with a sentence each: of its lists, and the names of labels that are numbers."""

    names: dict[str, LabelNames] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_of_tag_columns(self) -> Self:
        for name in self.names:
            if name not in self.tag_columns:
                raise ValueError(f"names.{name}: not one of tag_columns ({', '.join(self.tag_columns)})")
        return self

    def names_for(self, features: Mapping[str, Any]) -> dict[str, list[str]]:
        """The label names by tag column: where the params have none, those that `datasets` has in a column's type."""
        return {**class_label_names(features, self.tag_columns), **self.names}


class ListFiles(ListKeys, Files):
    """Files with one row per sentence."""

    id: Key | None = None

    @property
    def sentence_key(self) -> str | None:
        return self.id


class JsonFiles(TextFiles, ListFiles):
    """JSON or JSON Lines: one object per sentence."""

    holds: ClassVar[str] = "JSON Lines, a JSON list, or an object with one such list: one object per sentence"

    format: Literal["json"]

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        def read() -> Iterator[Mapping[str, Any]]:
            return (row for _, row in read_rows(sample.path, sample.encoding))

        return sniff_lists(read, sample.path) if sample.is_json else None

    def read(self, path: Path) -> Iterator[Sentence]:
        for location, row in read_rows(path, self.encoding):
            yield to_sentence(row, self, self.names, location)


def to_sentence(row: Mapping[str, Any], keys: RowKeys, names: Mapping[str, Sequence[str]], location: str) -> Sentence:
    """Check a row and convert it to a sentence.

    Args:
        row: values by key.
        keys: of the words, tags and ids.
        names: tag column name to label names, for tags that are numbers.
        location: where the row is, for messages.

    Raises:
        UserError: a key is missing; words or tags are not a list, or differ in length; a word is not a string, or is
            empty and not skipped; a tag is neither a name nor the number of one.
    """
    row, rules = with_fields(row, keys.row_keys), keys.rules
    for key in keys.row_keys:
        if key not in row:
            raise UserError(f"{location}: the key {key!r} is missing (keys: {keys_of(row)})")
    words = _words(row[keys.words], keys.words, rules, location)
    tags = {name: _tags(row[key], key, names.get(name), location) for name, key in keys.tag_columns.items()}
    for name, of_column in tags.items():
        if len(of_column) != len(words):
            raise UserError(
                f"{location}: {len(words)} words in {keys.words!r} but {len(of_column)} tags in "
                f"{keys.tag_columns[name]!r}; expected one tag per word"
            )
    ids = [to_id(row[key], key, location) for key in keys.id_keys]
    sentence_id = joined_id(ids) if keys.sentence_key else None
    document = ids[0] if keys.document else None
    notes = () if words else (Note(EMPTY_SENTENCES, location),)
    sentence = Sentence(location, words, tags, sentence_id, document, notes)
    return without_skipped(sentence, rules, (f"{location}, word {index}" for index in range(len(words))))


def with_fields(row: Mapping[str, Any], keys: Iterable[str]) -> Mapping[str, Any]:
    """The row with the value of each key OUTER.FIELD: of an object, or a list of the values of objects in a list."""
    missing = [(key, *key.partition(".")[::2]) for key in keys if key not in row and "." in key]
    values = {}
    for key, outer, field in missing:
        value = row.get(outer)
        if isinstance(value, list):
            values[key] = [item.get(field) if isinstance(item, dict) else item for item in value]
        elif isinstance(value, dict) and field in value:
            values[key] = value[field]
    return {**row, **values} if values else row


def columns_of(keys: RowKeys, columns: Sequence[str], location: str) -> list[str]:
    """The columns of a table that hold the keys, of which LIST.FIELD is in the column LIST.

    Raises:
        UserError: the table does not have a column, or has it twice.
    """
    needed = list(dict.fromkeys(key if key in columns else key.partition(".")[0] for key in keys.row_keys))
    for column in needed:
        if list(columns).count(column) != 1:
            raise UserError(f"{location}: no column {column!r} (columns: {', '.join(columns) or 'none'})")
    return needed


def rows_of(table: Dataset, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table with some columns, read in batches: row by row takes eight times as long."""
    for batch in table.select_columns(columns).with_format(None).iter(BATCH_ROWS):
        yield from (dict(zip(batch, cells, strict=True)) for cells in zip(*batch.values(), strict=True))


def _words(value: Any, key: str, rules: WordRules, location: str) -> list[str]:
    """The words by the rules, with those that will be skipped."""
    if rules.skip_empty and (value is None or isinstance(value, list)):
        value = ["" if word is None else word for word in value or ()]  # tables often have null for no word
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        problem = f"{key!r} must be a list of words; got {_offending(value, str)}"
        raise UserError(f"{location}: {problem}{rules.remedy if isinstance(value, list) and None in value else ''}")
    words = list(map(rules.strip, value))
    if not words and not rules.skip_empty:
        raise UserError(f"{location}: {key!r} is empty; expected at least one word{rules.remedy}")
    if not rules.skip_empty and not all(map(str.strip, words)):
        raise UserError(f"{location}: {key!r} must be a list of words; got {_offending(words, str)}{rules.remedy}")
    return words


def joined_id(parts: Iterable[str]) -> str:
    """The id of a sentence whose document has an id too: ``report/1``."""
    return "/".join(parts)


def to_id(value: Any, key: str, location: str) -> str:
    """Convert the id of a sentence or document to a string.

    Raises:
        UserError: it is neither a non-empty string nor an integer.
    """
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise UserError(f"{location}: {key!r} must be a non-empty string or an integer; got {quoted(value)}")
    return str(value)


def _tags(tags: Any, key: str, names: Sequence[str] | None, location: str) -> list[str]:
    if not isinstance(tags, list):
        raise UserError(f"{location}: {key!r} must be a list of tags; got {_offending(tags, str)}")
    if all(isinstance(tag, str) for tag in tags) and all(map(str.strip, tags)):
        return list(map(str.strip, tags))
    if not all(isinstance(tag, int) and not isinstance(tag, bool) for tag in tags):
        expected = int if isinstance(tags[0], int) else str
        raise UserError(
            f"{location}: {key!r} must be a list of label names or of label numbers; got {_offending(tags, expected)}"
        )
    if names is None:
        raise UserError(f"{location}: {key!r} contains numbers; give their label names under download.dataset.names")
    for tag in tags:
        if not 0 <= tag < len(names):
            raise UserError(f"{location}: {tag} in {key!r} is not a label number; expected 0 to {len(names) - 1}")
    return [names[tag] for tag in tags]


def keys_of(row: Mapping[str, Any]) -> str:
    """The keys of a row, for a message."""
    return shortened(", ".join(map(repr, row)), QUOTED) or "none"


def _offending(values: Any, expected: type) -> str:
    """The value, if it is not a list, else its first item of another type, for a message."""
    if not isinstance(values, list):
        return shortened(repr(values))
    odd = next(
        item for item in values if isinstance(item, bool) or not isinstance(item, expected) or not str(item).strip()
    )
    return f"the item {shortened(repr(odd))}"


def class_label_names(features: Mapping[str, Any], tag_columns: Mapping[str, str]) -> dict[str, list[str]]:
    """The label names of columns whose items are ClassLabels of `datasets`, by tag column."""
    if not features:
        return {}
    from datasets import ClassLabel  # imported here: it is slow to load

    items = {name: getattr(features.get(column), "feature", None) for name, column in tag_columns.items()}
    return {name: item.names for name, item in items.items() if isinstance(item, ClassLabel)}


def sniff_lists(
    read: Callable[[], Iterator[Mapping[str, Any]]], path: Path, features: Mapping[str, Any] = MappingProxyType({})
) -> Guess:
    """Guess the keys of words and tags, which are lists of equal lengths, or fields of objects in one, and of an id.

    Args:
        read: reads all rows.
        path: the file or folder.
        features: of `datasets`, which can name numbers.

    Raises:
        UserError: there are none.
    """
    from tagline.labels import schemes  # imported here: only `tagline inspect` reads labels

    rows: list[Mapping[str, Any]] = list(islice(read(), sniffing.ROWS))
    fields = {
        f"{key}.{field}": None
        for row in rows
        for key, value in row.items()
        for item in sniffing.objects_in(value)
        if not is_span(item)
        for field in item
    }
    rows = [with_fields(row, fields) for row in rows]
    objects = {field.partition(".")[0] for field in fields}
    lists = {
        key: [value for row in rows for value in row[key]]
        for key in (rows[0] if rows else ())
        if all(isinstance(row.get(key), list) for row in rows) and key not in objects
    }
    # Missing items are reported by the reader.
    texts = {key: values for key, values in lists.items() if all(isinstance(value, str | None) for value in values)}
    lengths = {key: [len(row[key]) for row in rows] for key in lists}
    no_words = [lengths[key] for key in texts if _are_mentions(key, rows) or not _are_words(texts[key])]
    texts = {key: values for key, values in texts.items() if lengths[key] not in no_words}
    words = sniffing.words_among(texts) or max(texts, key=lambda key: len(set(texts[key])), default=None)
    others = [key for key in lists if key != words and words and lengths[key] == lengths[words]]
    named = class_label_names(features, {key: key for key in features})
    tags = [key for key in others if key in texts or key in named]
    highest: dict[str, int] = {}
    if not tags:
        called_so = [key for key in others if sniffing.TAGS.fullmatch(key)]
        highest = _highest(called_so or others, (with_fields(row, fields) for row in read()))
    tags = tags or list(highest)
    if words is None or not tags:
        raise UserError(
            f"{path}: no lists of words and tags (keys: {', '.join(lists) or 'none'}); expected two lists of strings "
            "of equal length, JSON of 'text' with 'spans', objects of 'start', 'end' and 'label', or texts with the "
            f"strings of their entities (format mentions){_beside_words(rows, sniffing.words_among(lists))}; "
            "docs/data.md describes these and other formats"
        )
    columns = sniffing.name_tag_columns({key: set(texts.get(key, ())) - {None} for key in tags})
    numbered = {name: range(highest[key] + 1) for name, key in columns.items() if key in highest}
    names = {name: [f"{schemes.PLACEHOLDER}{number}" for number in numbers] for name, numbers in numbered.items()}
    return {"words": words, "tag_columns": columns, **({"names": names} if names else {}), **sniff_id(rows)}


def _are_words(items: Sequence[str | None]) -> bool:
    """Whether strings are not texts, as the messages of a chat are."""
    found = [item.strip() for item in items if item]
    return 2 * sum(" " in item for item in found) <= len(found) and sum(map(len, found)) <= _LONG * len(found)


def _are_mentions(key: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the items of a list are parts of a text, as mentions of entities are, but not all its words."""
    for name in dict.fromkeys(name for row in rows for name, value in row.items() if isinstance(value, str)):
        texts = ["".join(row[name].split()) if isinstance(row.get(name), str) else "" for row in rows]
        lists = [["".join(item.split()) for item in filter(None, row[key])] for row in rows]
        pairs = list(zip(texts, lists, strict=True))
        found = [item in text for text, items in pairs for item in items]
        # One after the other they are the words of a sentence of the text.
        adjacent = ["".join(items) in text for text, items in pairs if len(items) > 1]
        shorter = sum(map(len, chain(*lists))) < _LEAST_SHARE * sum(map(len, texts))
        if shorter and 2 * sum(found) > len(found) and 2 * sum(adjacent) <= len(adjacent):
            return True
    return False


def _named(fields: Iterable[str], name: str) -> str | None:
    """The key of an object that is called as a key of `_NAMES`, or alike."""
    fields = list(fields)
    matching = (field for each in _NAMES[name] for field in fields if re.search(each, field, re.IGNORECASE))
    return next(matching, None)


def is_span(item: Mapping[str, Any]) -> bool:
    """Whether an object has a start and an end."""
    return all(type(item.get(_named(item, name) or "")) is int for name in ("start", "end"))


def span_keys(rows: Sequence[Mapping[str, Any]]) -> Guess | None:
    """The key of the lists of spans in some rows, and the keys of a span's start, end and label; None without spans."""
    for key in dict.fromkeys(key for row in rows for key in row):
        spans = [item for row in rows for item in sniffing.objects_in(row.get(key))]
        fields = dict.fromkeys(field for span in spans for field in span)
        keys = {name: _named(fields, name) for name in _NAMES}
        usual = [span for span in spans if is_span(span) and isinstance(span.get(keys["label"] or ""), str)]
        if all(keys.values()) and 2 * len(usual) > len(spans):  # the reader reports others
            return {"spans": key, **keys}
    return None


def _beside_words(rows: Sequence[Mapping[str, Any]], words: str | None) -> str:
    """Name the lists of objects beside the words, for a message."""
    names = {key for row in rows for key, value in row.items() if sniffing.objects_in(value)}
    if words is None or words.partition(".")[0] in names or not names:
        return ""
    return (
        f"; {', '.join(map(repr, sorted(names)))} beside {words!r} are not read: write a tag for each word, or the "
        "words as 'tokenized_text' with spans of words in 'ner' (format gliner)"
    )


def sniff_id(rows: Sequence[Mapping[str, Any]]) -> Guess:
    """The key of the ids, if each row has another one."""
    values = [row.get("id") for row in rows]
    usable = all(isinstance(value, int | str) and value != "" for value in values)
    return {"id": "id"} if usable and len(set(map(str, values))) == len(values) else {}


def _highest(keys: Collection[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The highest number in the lists of each key, without keys of more different numbers than tags can be."""
    highest = dict.fromkeys(keys, 0)
    for row in rows:
        for key in keys:
            highest[key] = max([highest[key], *(value for value in row.get(key) or () if isinstance(value, int))])
    return {key: number for key, number in highest.items() if 0 < number < sniffing.MOST_TAGS}
