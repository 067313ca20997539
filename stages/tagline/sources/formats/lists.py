"""Rows that hold a sentence as lists, a list of words and a list of tags a layer, as JSON and Parquet do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tagline.core.errors import UserError
from tagline.core.terminal import shortened
from tagline.sources.formats.sentence import Sentence


@dataclass(frozen=True)
class Keys:
    """Where a row holds what.

    Attributes:
        words: the key or column of the words.
        layers: layer name to the key or column of its tags.
        names: layer name to label names, for tags that are numbers.
        id: the key or column of the sentence's id, if there is one.
    """

    words: str
    layers: Mapping[str, str]
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    id: str | None = None

    @property
    def all(self) -> list[str]:
        """Every key that a row must have."""
        return [self.words, *self.layers.values(), *([self.id] if self.id else [])]


def to_sentence(row: Mapping[str, Any], keys: Keys, place: str) -> Sentence:
    """Check a row and make a sentence of it.

    Raises:
        UserError: a key is missing; words or tags are no list, or of different lengths; a word is no string or empty; a
            tag is neither a name nor a number that has one.
    """
    for key in keys.all:
        if key not in row:
            raise UserError(f"{place}: no {key!r} (there is {', '.join(map(repr, row)) or 'nothing'})")
    words = row[keys.words]
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise UserError(f"{place}: {keys.words!r} must be a list of words, {_odd(words, str)}")
    if not words:
        raise UserError(f"{place}: {keys.words!r} is empty: expected at least one word")
    layers = {layer: _tags(row[key], key, keys.names.get(layer), place) for layer, key in keys.layers.items()}
    for layer, tags in layers.items():
        if len(tags) != len(words):
            raise UserError(
                f"{place}: {len(words)} words in {keys.words!r}, {len(tags)} tags in {keys.layers[layer]!r}"
            )
    return Sentence(place, words, layers, to_id(row[keys.id], keys.id, place) if keys.id else None)


def to_id(value: Any, key: str, place: str) -> str:
    """A sentence's id as a string.

    Raises:
        UserError: it is neither a string with something in it nor a whole number.
    """
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise UserError(f"{place}: {key!r} must be a string or a whole number, got {value!r}")
    return str(value)


def _tags(tags: Any, key: str, names: Sequence[str] | None, place: str) -> list[str]:
    if not isinstance(tags, list):
        raise UserError(f"{place}: {key!r} must be a list of tags, {_odd(tags, str)}")
    if all(isinstance(tag, str) and tag for tag in tags):
        return tags
    if not all(isinstance(tag, int) and not isinstance(tag, bool) for tag in tags):
        kind = int if isinstance(tags[0], int) else str
        raise UserError(f"{place}: {key!r} must be a list of label names or of their numbers, {_odd(tags, kind)}")
    if names is None:
        raise UserError(f"{place}: {key!r} holds numbers: give their label names under download.dataset.names")
    for tag in tags:
        if not 0 <= tag < len(names):
            raise UserError(f"{place}: {tag} in {key!r} is no number of a label: there are {len(names)}, from 0")
    return [names[tag] for tag in tags]


def _odd(values: Any, wanted: type) -> str:
    """What a message says of a value that is no list, or of the first item that should not be in it."""
    if not isinstance(values, list):
        return f"got {shortened(repr(values))}"
    odd = next(item for item in values if isinstance(item, bool) or not isinstance(item, wanted) or item == "")
    return f"got {shortened(repr(odd))} in it"
