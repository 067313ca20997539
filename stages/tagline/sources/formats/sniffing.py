"""What `tagline inspect` shows to formats, and how these name what they recognise."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tagline.sources.formats.lines import UTF_8
from tagline.terminal import UserError

# Rows that are looked at.
ROWS = 200
# Fewer lines of one width are no table, while a few others are errors in one.
LEAST_SHARE = 0.9
# More different values are no tags, unless all mark spans.
MOST_TAGS = 100
TAGS = re.compile("(.*[ _-])?(tags?|labels?)|ner|[ux]?pos|chunks?|iob|bio|entity", re.IGNORECASE)
_WORDS = (re.compile("words?|tokens?|form", re.IGNORECASE), re.compile("text|sentence", re.IGNORECASE))
_CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
# Strings in the rows of tools that are not the text.
_NOT_A_TEXT = ("created_at", "updated_at", "id")

_JSON = re.compile(r"""\s*(\{\s*["}]|\[\s*["{\[\]])""")

Guess = dict[str, Any]
"""Guessed keys of a section ``download.dataset``, with their values."""
# Keys with which most annotations can be read.
SPANS: Guess = {"tag_column": "ner", "misaligned_spans": "expand"}


@dataclass(frozen=True, eq=False)
class Sample:
    """The first lines of a file.

    Attributes:
        path: a file or a folder.
        encoding: one by which all of it can be read.
        lines: none of a folder, or if the file is not text.
        problem: why the file is not UTF-8.
    """

    path: Path
    encoding: str = UTF_8
    lines: list[str] = field(default_factory=list)
    problem: UserError | None = None

    @cached_property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_json(self) -> bool:
        """Whether the text begins as JSON does."""
        return _JSON.match(self.text) is not None


def words_among(names: Collection[str]) -> str | None:
    """The name that names words."""
    for pattern in _WORDS:
        for name in names:
            if pattern.fullmatch(name.rpartition(".")[2].strip()):
                return name
    return None


def name_tag_columns(tags: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Name tag columns by what their tags mark, else by their keys.

    Numbers beside other tags, mostly the same ones as ids, are left out.
    """
    numbers = {key for key, values in tags.items() if values and all(value.strip().isdecimal() for value in values)}
    if len(numbers) == len(tags):
        numbers = set()
    named: dict[str, str] = {}
    for key, values in tags.items():
        if key in numbers:
            continue
        stem = re.sub("[ _-]?(tags?|labels?)$", "", key.rpartition(".")[2].strip().lower())
        name = stem if stem not in ("", "id", "word", "words") else name_of_tags(values)
        named[unused_name(name, named)] = key
    return named


def name_of_tags(tags: Collection[str]) -> str:
    """What a column marks, by its tags."""
    types = {type_ for _, type_ in _split(tags)} - {""}
    if marks_spans(tags) and types <= _CHUNKS:
        return "chunk"
    has_outside = ("O", "") in _split(tags) and len(set(tags)) > 1
    return "ner" if has_outside or not tags else "pos"  # entities leave words outside


def marks_spans(tags: Collection[str]) -> bool:
    """Whether a tag has a prefix."""
    return any(prefix not in ("", "O") for prefix, _ in _split(tags))


def all_mark_spans(tags: Collection[str]) -> bool:
    """Whether each tag is O or has a prefix."""
    return all(prefix for prefix, _ in _split(tags))


def _split(tags: Collection[str]) -> list[tuple[str, str]]:
    from tagline.labels import split_tag
    from tagline.labels.schemes import standard_names  # imported here: only `tagline inspect` reads labels

    return [split_tag(name) for name in standard_names(tags)]


def unused_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number if it is taken."""
    unused = name
    number = 1
    while unused in taken:
        number += 1
        unused = f"{name}{number}"
    return unused


def list_of(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects in a list, if it is one."""
    return [item for item in list_of(value) if isinstance(item, dict)]


def text_key(row: Any) -> Guess:
    """The key of the text, if it is an unusual one: that of the longest string."""
    items = row.items() if isinstance(row, dict) else ()
    texts = {key: value for key, value in items if isinstance(value, str) and key not in _NOT_A_TEXT}
    return {} if "text" in texts or not texts else {"text": max(texts, key=lambda key: len(texts[key]))}
