"""How rows show that they hold lists of words and tags, or spans: what `tagline inspect` guesses of JSON and tables."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tagline.sources.formats import sniffing
from tagline.sources.formats.lists import class_label_names, with_fields
from tagline.sources.formats.sniffing import Guess
from tagline.terminal import UserError

Rows = Sequence[Mapping[str, Any]]

# The keys of a span in the format spans, and how other formats call them, the most telling name first.
_NAMES = {
    "start": ("start", "begin", "^from$"),
    "end": ("end", "stop", "^to$"),
    "label": ("label", "type", "tag", "category", "class", "^entity"),
}
# Keys of layouts without words, and what these are.
_LAYOUTS = {"responses": "records of Argilla", "messages": "a chat", "conversations": "a chat", "result_list": "UIE"}
_INLINE = re.compile(r"<(\w+)>[^<]+</\1>")
# Words that are tokenised in another way than a text have nearly as many characters, and no word is as long on average.
_LEAST_SHARE, _LONG = 0.9, 20


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
    first_rows: Rows = list(islice(read(), sniffing.ROWS))
    fields = _fields(first_rows)
    rows = [with_fields(row, fields) for row in first_rows]
    lists = _lists(rows, fields)
    texts = _word_lists(lists, rows)
    words = sniffing.words_among(texts) or max(texts, key=lambda key: len(set(texts[key])), default=None)
    others = _as_long_as(words, lists, rows)
    named = class_label_names(features, {key: key for key in features})
    tags = [key for key in others if key in texts or key in named]
    highest: dict[str, int] = {}
    if not tags:
        called_so = [key for key in others if sniffing.TAGS.fullmatch(key)]
        highest = _highest(called_so or others, (with_fields(row, fields) for row in read()))
        tags = list(highest)
    if words is None or not tags or not _LAYOUTS.keys().isdisjoint(words.split(".")):
        _refuse_layouts(first_rows[:1], path)
        raise UserError(
            f"{path}: no lists of words and tags (keys: {', '.join(lists) or 'none'}); expected two lists of strings "
            "of equal length, JSON of 'text' with 'spans', objects of 'start', 'end' and 'label', or texts with the "
            f"strings of their entities (format mentions){_beside_words(rows, sniffing.words_among(lists))}"
            f"{_without_type(first_rows)}; "
            "docs/data.md describes these and other formats"
        )
    columns = sniffing.name_tag_columns({key: _names(texts.get(key, ())) for key in tags})
    return {"words": words, "tag_columns": columns, **_placeholders(columns, highest), **sniff_id(rows)}


def _refuse_layouts(rows: Rows, path: Path) -> None:
    """Raise a `UserError` if rows have a layout without words, or inline tags."""
    for key, value in chain.from_iterable(row.items() for row in rows):
        layouts = [_LAYOUTS[part] for part in key.split(".") if part in _LAYOUTS]
        if isinstance(value, str) and _INLINE.search(value):
            layouts.append("tags inside the text")
        if layouts:
            raise UserError(
                f"{path}: {layouts[0]} in {key!r}, which no format reads; expected words with tags, or texts with "
                'entities; write objects such as {"text": "Ada lives.", "entities": {"PER": ["Ada"]}} (format mentions)'
            )


def _fields(rows: Rows) -> dict[str, None]:
    """The keys LIST.FIELD of objects in lists that are not spans, in their order."""
    fields: dict[str, None] = {}
    for row in rows:
        for key, value in row.items():
            for item in sniffing.objects_in(value):
                if not is_span(item):
                    fields |= dict.fromkeys(f"{key}.{field}" for field in item)
    return fields


def _lists(rows: Rows, fields: Iterable[str]) -> dict[str, list[Any]]:
    """The items of each list that all rows have, apart from lists of objects, whose fields are lists by themselves."""
    objects = {field.partition(".")[0] for field in fields}
    lists = {}
    for key in rows[0] if rows else ():
        if key not in objects and all(isinstance(row.get(key), list) for row in rows):
            lists[key] = list(chain.from_iterable(row[key] for row in rows))
    return lists


def _word_lists(lists: Mapping[str, list[Any]], rows: Rows) -> dict[str, list[str | None]]:
    """The lists of strings that can be words or tags, and not of mentions or messages, nor of as many items."""
    # Missing items are reported by the reader.
    texts = {key: items for key, items in lists.items() if all(isinstance(item, str | None) for item in items)}
    no_words = [
        _lengths(key, rows) for key, items in texts.items() if _are_mentions(key, rows) or not _are_words(items)
    ]
    return {key: items for key, items in texts.items() if _lengths(key, rows) not in no_words}


def _as_long_as(words: str | None, lists: Iterable[str], rows: Rows) -> list[str]:
    """The lists that have as many items as there are words in each row."""
    if words is None:
        return []
    length = _lengths(words, rows)
    return [key for key in lists if key != words and _lengths(key, rows) == length]


def _lengths(key: str, rows: Rows) -> list[int]:
    return [len(row[key]) for row in rows]


def _names(items: Iterable[str | None]) -> set[str]:
    return {item for item in items if item is not None}


def _placeholders(columns: Mapping[str, str], highest: Mapping[str, int]) -> Guess:
    """Names for the labels of columns of numbers, given the highest number by key."""
    from tagline.labels import schemes  # imported here: only `tagline inspect` reads labels

    names = {}
    for name, key in columns.items():
        if key in highest:
            names[name] = [f"{schemes.PLACEHOLDER}{number}" for number in range(highest[key] + 1)]
    return {"names": names} if names else {}


def _are_words(items: Sequence[str | None]) -> bool:
    """Whether strings are not texts, as the messages of a chat are."""
    strings = [item.strip() for item in items if item]
    with_spaces = sum(" " in string for string in strings)
    return 2 * with_spaces <= len(strings) and sum(map(len, strings)) <= _LONG * len(strings)


def _are_mentions(key: str, rows: Rows) -> bool:
    """Whether the items of a list are parts of a text, as mentions of entities are, but not all its words."""
    lists = [[_without_spaces(item) for item in row[key] if item] for row in rows]
    names: dict[str, None] = {}
    for row in rows:
        names |= dict.fromkeys(name for name, value in row.items() if isinstance(value, str))
    return any(_are_parts(lists, [_without_spaces(row.get(name)) for row in rows]) for name in names)


def _are_parts(lists: Sequence[Sequence[str]], texts: Sequence[str]) -> bool:
    """Whether most items are inside their texts, but not one after the other, as the words of a sentence are."""
    inside = []
    adjacent = []
    for items, text in zip(lists, texts, strict=True):
        inside += [item in text for item in items]
        if len(items) > 1:
            adjacent.append("".join(items) in text)
    are_shorter = sum(map(len, chain.from_iterable(lists))) < _LEAST_SHARE * sum(map(len, texts))
    return are_shorter and 2 * sum(inside) > len(inside) and 2 * sum(adjacent) <= len(adjacent)


def _without_spaces(value: Any) -> str:
    """A string without white space; an empty one for other values."""
    return "".join(value.split()) if isinstance(value, str) else ""


def _named(fields: Collection[str], name: str) -> str | None:
    """The key of an object that is called as a key of `_NAMES`, or alike."""
    for pattern in _NAMES[name]:
        for field in fields:
            if re.search(pattern, field, re.IGNORECASE):
                return field
    return None


def is_span(item: Mapping[str, Any]) -> bool:
    """Whether an object has a start and an end."""
    return all(type(item.get(_named(item.keys(), name) or "")) is int for name in ("start", "end"))


def span_keys(rows: Rows) -> Guess | None:
    """The key of the lists of spans in some rows, and the keys of a span's start, end and label; None without spans."""
    for key in dict.fromkeys(chain.from_iterable(rows)):
        spans = list(chain.from_iterable(sniffing.objects_in(row.get(key)) for row in rows))
        fields = dict.fromkeys(chain.from_iterable(spans))
        keys = {name: _named(fields, name) for name in _NAMES}
        if not all(keys.values()):
            continue
        usual = [span for span in spans if is_span(span) and isinstance(span.get(keys["label"] or ""), str)]
        if 2 * len(usual) > len(spans):  # the reader reports others
            return {"spans": key, **keys}
    return None


def _beside_words(rows: Rows, words: str | None) -> str:
    """Name the lists of objects beside the words, for a message."""
    names: set[str] = set()
    for row in rows:
        names.update(key for key, value in row.items() if sniffing.objects_in(value))
    if words is None or words.partition(".")[0] in names or not names:
        return ""
    return (
        f"; {', '.join(map(repr, sorted(names)))} beside {words!r} are not read: write a tag for each word, or the "
        "words as 'tokenized_text' with spans of words in 'ner' (format gliner)"
    )


def _without_type(rows: Rows) -> str:
    """Name the keys of objects with offsets, none of which is called as a type, for a message."""
    for key in dict.fromkeys(chain.from_iterable(rows)):
        fields = dict.fromkeys(
            chain.from_iterable(chain.from_iterable(sniffing.objects_in(row.get(key)) for row in rows))
        )
        start, end, label = (_named(fields, name) for name in _NAMES)
        if start and end and not label:
            others = ", ".join(field for field in fields if field not in (start, end))
            return (
                f"; {key!r} has the offsets {start!r} and {end!r}, but which of {others} is the type is not clear: to "
                f"read it, name them in params.yaml (format: spans, spans: {key}, start: {start}, end: {end}, label)"
            )
    return ""


def sniff_id(rows: Rows) -> Guess:
    """The key of the ids, if each row has another one."""
    values = [row.get("id") for row in rows]
    usable = all(isinstance(value, int | str) and value != "" for value in values)
    return {"id": "id"} if usable and len(set(map(str, values))) == len(values) else {}


def _highest(keys: Collection[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The highest number in the lists of each key, without keys of more different numbers than tags can be."""
    highest = dict.fromkeys(keys, 0)
    for row in rows:
        for key in keys:
            numbers = [value for value in row.get(key) or () if isinstance(value, int)]
            highest[key] = max([highest[key], *numbers])
    return {key: number for key, number in highest.items() if 0 < number < sniffing.MOST_TAGS}
