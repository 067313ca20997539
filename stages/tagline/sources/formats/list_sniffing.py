"""How rows show that they hold lists of words and tags, or spans: what `tagline inspect` guesses of JSON and tables."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from tagline.sources.formats import sniffing
from tagline.sources.formats.lists import class_label_names, with_fields
from tagline.sources.formats.sniffing import Guess

Rows = Sequence[Mapping[str, Any]]

# The keys of a span in the format spans, and how other formats call them, the most telling name first.
_NAMES = {
    "start": ("start", "begin", "^from$"),
    "end": ("end", "stop", "^to$"),
    "label": ("label", "type", "tag", "category", "class", "^entity"),
}


def sniff_lists(
    read: Callable[[], Iterator[Mapping[str, Any]]], features: Mapping[str, Any] = MappingProxyType({})
) -> Guess | None:
    """Guess the keys of words and tags, which are lists of equal lengths, or fields of objects in one, and of an id.

    Args:
        read: reads all rows.
        features: of `datasets`, which can name numbers.
    """
    first_rows: Rows = list(islice(read(), sniffing.ROWS))
    fields = _fields(first_rows)
    rows = [with_fields(row, fields) for row in first_rows]
    lists = _lists(rows, fields)
    texts = {key: items for key, items in lists.items() if all(isinstance(item, str | None) for item in items)}
    words = _words(texts)
    if words is None:
        return None
    others = [key for key in lists if key != words and _lengths(key, rows) == _lengths(words, rows)]
    tags = [key for key in others if key in texts or key in class_label_names(features, {key: key})]
    highest: dict[str, int] = {}
    if not tags:
        called_so = [key for key in others if sniffing.TAGS.fullmatch(key)]
        highest = _highest(called_so or others, (with_fields(row, fields) for row in read()))
        tags = list(highest)
    if not tags:
        return None
    columns = sniffing.name_tag_columns({key: set(filter(None, texts.get(key, ()))) for key in tags})
    return {"words": words, "tag_columns": columns, **_placeholders(columns, highest), **sniff_id(rows)}


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


def _words(texts: Mapping[str, Sequence[str | None]]) -> str | None:
    """The list that is called as words are, or the one of most different strings beside tags of entities."""
    named = sniffing.words_among(texts)
    if named is not None:
        return named
    tags = [key for key, items in texts.items() if sniffing.marks_spans(set(filter(None, items)))]
    others = [key for key in texts if key not in tags] if tags else []
    return max(others, key=lambda key: len(set(texts[key])), default=None)


def _lengths(key: str, rows: Rows) -> list[int]:
    return [len(row[key]) for row in rows]


def _highest(keys: Collection[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The highest number in the lists of each key, without keys of more different numbers than tags can be."""
    highest = dict.fromkeys(keys, 0)
    for row in rows:
        for key in keys:
            numbers = [value for value in row.get(key) or () if isinstance(value, int)]
            highest[key] = max([highest[key], *numbers])
    return {key: number for key, number in highest.items() if 0 < number < sniffing.MOST_TAGS}


def _placeholders(columns: Mapping[str, str], highest: Mapping[str, int]) -> Guess:
    """Names for the labels of columns of numbers, given the highest number by key."""
    from tagline.labels import schemes  # imported here: only `tagline inspect` reads labels

    names = {}
    for name, key in columns.items():
        if key in highest:
            names[name] = [f"{schemes.PLACEHOLDER}{number}" for number in range(highest[key] + 1)]
    return {"names": names} if names else {}


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
    for key, fields, spans in _objects(rows):
        keys = {name: _named(fields, name) for name in _NAMES}
        if not all(keys.values()):
            continue
        usual = [span for span in spans if is_span(span) and isinstance(span.get(keys["label"] or ""), str)]
        if 2 * len(usual) > len(spans):  # the reader reports others
            return {"spans": key, **keys}
    return None


def without_type(rows: Rows) -> str:
    """Name the objects with offsets in some rows, and their keys, none of which is called as a type."""
    for key, fields, _ in _objects(rows):
        start, end, label = (_named(fields, name) for name in _NAMES)
        if start and end and not label:
            others = ", ".join(field for field in fields if field not in (start, end))
            return f"{key!r} with the offsets {start!r} and {end!r}, but no type among {others}"
    return ""


def _objects(rows: Rows) -> Iterator[tuple[str, dict[str, None], list[dict[str, Any]]]]:
    """Yield each key of rows with lists of objects, the keys of these, and the objects."""
    for key in dict.fromkeys(chain.from_iterable(rows)):
        objects = list(chain.from_iterable(sniffing.objects_in(row.get(key)) for row in rows))
        yield key, dict.fromkeys(chain.from_iterable(objects)), objects


def sniff_id(rows: Rows) -> Guess:
    """The key of the ids, if each row has another one."""
    values = [row.get("id") for row in rows]
    usable = all(isinstance(value, int | str) and value != "" for value in values)
    return {"id": "id"} if usable and len(set(map(str, values))) == len(values) else {}
