"""Rows that hold a sentence as lists, one of words and one per tag column: in JSON, tables and on the Hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from tagline.core.params import Section
from tagline.sources.formats.keys import Key, LabelNames, TagColumns
from tagline.terminal import QUOTED, UserError, quoted, shortened
from tagline.text.sentence import EMPTY_SENTENCES, Note, Sentence, WordRules, without_skipped

if TYPE_CHECKING:
    from datasets import Dataset

BATCH_ROWS = 1000


class RowKeys(Section):
    """The keys (JSON) or columns (tables) of rows with words and tags."""

    # The key of the document; its value and a slash begin the ids of its sentences.
    document: Key | None = None
    words: Key
    tag_columns: TagColumns

    @property
    def sentence_key(self) -> str | None:
        """The key of a sentence's id, if any."""
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
    """The keys of rows with a sentence each, and the names of labels that are numbers."""

    names: dict[str, LabelNames] = Field(default_factory=dict)
    id: Key | None = None

    @property
    def sentence_key(self) -> str | None:
        return self.id

    @model_validator(mode="after")
    def _names_are_of_tag_columns(self) -> Self:
        check_names(self.names, self.tag_columns)
        return self


def check_names(names: Mapping[str, Sequence[str]], tag_columns: Mapping[str, str]) -> None:
    """Raise a `ValueError` if label names are not of a tag column."""
    for name in names:
        if name not in tag_columns:
            raise ValueError(f"names.{name}: not one of tag_columns ({', '.join(tag_columns)})")


def to_sentence(
    row: Mapping[str, Any], keys: RowKeys, rules: WordRules, names: Mapping[str, Sequence[str]], location: str
) -> Sentence:
    """Check a row and convert it to a sentence.

    Args:
        names: label names by tag column, for tags that are numbers.

    Raises:
        UserError: a key is missing; words or tags are wrong or differ in number; a number has no name.
    """
    row = with_fields(row, keys.row_keys)
    for key in keys.row_keys:
        if key not in row:
            raise UserError(f"{location}: the key {key!r} is missing (keys: {keys_of(row)})")
    words = _words(row[keys.words], keys.words, rules, location)
    tags = {name: _tags(row[key], key, names.get(name), location) for name, key in keys.tag_columns.items()}
    for name, key in keys.tag_columns.items():
        if len(tags[name]) != len(words):
            raise UserError(
                f"{location}: {len(words)} words in {keys.words!r} but {len(tags[name])} tags in {key!r}; expected one "
                "tag per word"
            )
    ids = [to_id(row[key], key, location) for key in keys.id_keys]
    sentence_id = joined_id(ids) if keys.sentence_key else None
    document = ids[0] if keys.document else None
    notes = () if words else (Note(EMPTY_SENTENCES, location),)
    sentence = Sentence(location, words, tags, sentence_id, document, notes)
    return without_skipped(sentence, rules, (f"{location}, word {index}" for index in range(len(words))))


def with_fields(row: Mapping[str, Any], keys: Iterable[str]) -> Mapping[str, Any]:
    """The row with the value of each key OUTER.FIELD: of an object, or a list of those of objects."""
    values = {}
    for key in keys:
        if key in row or "." not in key:
            continue
        outer, _, field = key.partition(".")
        value = row.get(outer)
        if isinstance(value, list):
            values[key] = [item.get(field) if isinstance(item, dict) else item for item in value]
        elif isinstance(value, dict) and field in value:
            values[key] = value[field]
    return {**row, **values} if values else row


def columns_of(keys: RowKeys, columns: Sequence[str], location: str) -> list[str]:
    """The columns that hold the keys, LIST.FIELD in LIST; a `UserError` if one is missing or there twice."""
    needed = list(dict.fromkeys(key if key in columns else key.partition(".")[0] for key in keys.row_keys))
    for column in needed:
        if list(columns).count(column) != 1:
            raise UserError(f"{location}: no column {column!r} (columns: {', '.join(columns) or 'none'})")
    return needed


def rows_of(table: Dataset, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, read in batches: row by row takes eight times as long."""
    for batch in table.select_columns(columns).with_format(None).iter(BATCH_ROWS):
        for cells in zip(*batch.values(), strict=True):
            yield dict(zip(batch, cells, strict=True))


def _words(value: Any, key: str, rules: WordRules, location: str) -> list[str]:
    """The words, with those that will be skipped."""
    if rules.skip_empty and isinstance(value, list | None):
        value = ["" if word is None else word for word in value or ()]  # tables often have null for no word
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        words = list(map(rules.strip, value))
        if rules.skip_empty or (words and all(map(str.strip, words))):
            return words
    raise UserError(
        f"{location}: {key!r} must be a list of words, none of them empty; got {quoted(value)}{rules.remedy}"
    )


def joined_id(parts: Iterable[str]) -> str:
    """The id of a sentence in a document: ``report/1``."""
    return "/".join(parts)


def to_id(value: Any, key: str, location: str) -> str:
    """An id as a string; a `UserError` if it is neither an integer nor a non-empty string."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise UserError(f"{location}: {key!r} must be a non-empty string or an integer; got {quoted(value)}")
    return str(value)


def _tags(tags: Any, key: str, names: Sequence[str] | None, location: str) -> list[str]:
    if isinstance(tags, list) and all(isinstance(tag, str) and tag.strip() for tag in tags):
        return list(map(str.strip, tags))
    if not isinstance(tags, list) or any(type(tag) is not int for tag in tags):
        raise UserError(f"{location}: {key!r} must be a list of label names or of label numbers; got {quoted(tags)}")
    if names is None:
        raise UserError(f"{location}: {key!r} contains numbers; give their label names under download.dataset.names")
    if not 0 <= min(tags) <= max(tags) < len(names):
        raise UserError(f"{location}: label numbers in {key!r} must be 0 to {len(names) - 1}; got {quoted(tags)}")
    return [names[tag] for tag in tags]


def keys_of(row: Mapping[str, Any]) -> str:
    return shortened(", ".join(map(repr, row)), QUOTED) or "none"


def class_label_names(features: Mapping[str, Any], tag_columns: Mapping[str, str]) -> dict[str, list[str]]:
    """The label names of tag columns whose items are ClassLabels of `datasets`."""
    if not features:
        return {}
    from datasets import ClassLabel  # imported here: it is slow to load

    items = {name: getattr(features.get(column), "feature", None) for name, column in tag_columns.items()}
    return {name: item.names for name, item in items.items() if isinstance(item, ClassLabel)}


def label_names(
    features: Mapping[str, Any], tag_columns: Mapping[str, str], names: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """The label names by tag column: of the params, else of the column's type in `datasets`."""
    return {**class_label_names(features, tag_columns), **names}
