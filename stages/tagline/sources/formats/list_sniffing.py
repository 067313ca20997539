"""How rows show that they hold lists of words and tags, or spans, for `tagline inspect`."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from tagline.sources.formats import sniffing
from tagline.sources.formats.lists import class_label_names, with_fields
from tagline.sources.formats.sniffing import Guess

SniffedRow = Mapping[str, Any]

# The keys of a span in the format spans, and how other formats call them, the most telling name first.
_NAMES = {
    "start": ("start", "begin", "^from$"),
    "end": ("end", "stop", "^to$"),
    "label": ("label", "type", "tag", "category", "class", "^entity"),
}


def sniff_lists(read: Callable[[], Iterator[SniffedRow]], features: SniffedRow = MappingProxyType({})) -> Guess | None:
    """Guess the keys of words and tags, lists of equal lengths or fields of objects in one, and of an id.

    Args:
        features: of `datasets`, which can name numbers.
    """
    first_rows = list(islice(read(), sniffing.ROWS))
    fields = _fields(first_rows)
    rows = [with_fields(row, fields) for row in first_rows]
    objects = {field.partition(".")[0] for field in fields}
    lists: dict[str, list[list[Any]]] = {}
    texts: dict[str, set[str]] = {}
    for key in rows[0] if rows else ():
        if key not in objects and all(isinstance(row.get(key), list) for row in rows):
            lists[key] = [row[key] for row in rows]
            items = list(chain.from_iterable(lists[key]))
            if all(isinstance(item, str | None) for item in items):
                texts[key] = set(filter(None, items))
    words = sniffing.words_among(texts)
    if words is None:
        return None
    lengths = list(map(len, lists[words]))
    others = [key for key, values in lists.items() if key != words and list(map(len, values)) == lengths]
    tags = [key for key in others if key in texts or key in class_label_names(features, {key: key})]
    names = {}
    if not tags:
        called_so = [key for key in others if sniffing.TAGS.fullmatch(key)]
        names = _placeholders(called_so or others, (with_fields(row, fields) for row in read()))
        tags = list(names)
    if not tags:
        return None
    columns = sniffing.name_tag_columns({key: texts.get(key, set()) for key in tags})
    guess = {"words": words, "tag_columns": columns, **sniff_id(rows)}
    if names:
        guess["names"] = {name: names[key] for name, key in columns.items()}
    return guess


def _fields(rows: Sequence[SniffedRow]) -> dict[str, None]:
    """The keys LIST.FIELD of objects in lists that are not spans."""
    fields: dict[str, None] = {}
    for row in rows:
        for key, value in row.items():
            for item in sniffing.objects_in(value):
                if not is_span(item):
                    fields |= dict.fromkeys(f"{key}.{field}" for field in item)
    return fields


def _placeholders(keys: Collection[str], rows: Iterable[SniffedRow]) -> dict[str, list[str]]:
    """Names for the numbers in the lists of each key, unless they are too many for tags."""
    from tagline.labels import schemes  # imported here: only `tagline inspect` reads labels

    highest = dict.fromkeys(keys, 0)
    for row in rows:
        for key in keys:
            highest[key] = max([highest[key], *(item for item in row.get(key) or () if isinstance(item, int))])
    names = {}
    for key, number in highest.items():
        if 0 < number < sniffing.MOST_TAGS:
            names[key] = [f"{schemes.PLACEHOLDER}{label}" for label in range(number + 1)]
    return names


def _named(fields: Iterable[str], name: str) -> str | None:
    """The key of an object that is called as in `_NAMES`, or alike."""
    for pattern in _NAMES[name]:
        for field in fields:
            if re.search(pattern, field, re.IGNORECASE):
                return field
    return None


def is_span(item: SniffedRow) -> bool:
    """Whether an object has a start and an end."""
    return all(type(item.get(_named(item, name) or "")) is int for name in ("start", "end"))


def span_keys(rows: Sequence[SniffedRow]) -> Guess | None:
    """The key of the lists of spans, and of a span's start, end and label; None without spans."""
    for key in dict.fromkeys(chain.from_iterable(rows)):
        spans = list(chain.from_iterable(sniffing.objects_in(row.get(key)) for row in rows))
        fields = dict.fromkeys(chain.from_iterable(spans))
        keys = {name: _named(fields, name) for name in _NAMES}
        if all(keys.values()) and 2 * sum(map(is_span, spans)) > len(spans):  # the reader reports others
            return {"spans": key, **keys}
    return None


def sniff_id(rows: Sequence[SniffedRow]) -> Guess:
    """The key of the ids, if each row has another one."""
    values = [row.get("id") for row in rows]
    usable = all(isinstance(value, int | str) and value != "" for value in values)
    return {"id": "id"} if usable and len(set(map(str, values))) == len(values) else {}
