"""JSON and JSON Lines: an object a sentence, one a line, or all in one list.

Which of them a file is its content says: a list begins with ``[``, an object a line with ``{``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from tagline.core.errors import UserError
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.lists import Keys, to_sentence
from tagline.sources.formats.sentence import Sentence

_SPACE = " \t\n"
_EXPECTED = "expected JSON objects, one a line or all in one list"


def read_sentences(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a file of word and tag lists sentence by sentence.

    Raises:
        UserError: see `read_rows` and `lists.to_sentence`.
    """
    for number, row in read_rows(path):
        yield to_sentence(row, keys, f"{path}:{number}")


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file, each with the line on which it begins.

    JSON Lines are read line by line; of a list in one piece the text is held in memory, not its objects.

    Raises:
        UserError: the file is not text or not JSON, holds no object or something else, or an object has a key twice.
    """
    lines = ((number, line) for number, line in read_lines(path) if line.strip(_SPACE))
    first = next(lines, None)
    if first is None:
        raise UserError(f"{path} holds no sentence: {_EXPECTED}")
    if first[1].lstrip(_SPACE).startswith("["):
        yield from _list_items(path)
        return
    for number, line in chain([first], lines):
        yield number, object_in(line, str(path), number)


def _list_items(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    text = "\n".join(line for _, line in read_lines(path))
    line = 1
    counted = 0  # up to where the line ends are in `line`
    position = _skip_space(text, text.index("[") + 1)
    closing = text[position : position + 1] == "]"
    if closing:
        raise UserError(f"{path} holds no sentence: {_EXPECTED}")
    while not closing:
        line += text.count("\n", counted, position)
        counted = position
        value, position = _decode(text, position, str(path), line, _EXPECTED)
        yield line, value
        position = _skip_space(text, position)
        closing = text[position : position + 1] == "]"
        if not closing and text[position : position + 1] != ",":
            raise UserError(f"{path}:{line}: no comma or closing bracket after this object; {_EXPECTED}")
        position = _skip_space(text, position + 1)
    if position < len(text):
        raise UserError(f"{path}:{text.count(chr(10), 0, position) + 1}: text after the list's closing bracket")


def object_in(line: str, name: str, number: int, expected: str = _EXPECTED) -> dict[str, Any]:
    """The object that a line holds.

    Args:
        line: one of JSON Lines.
        name: what messages call the file.
        number: the line's.
        expected: what messages say that the file should hold.

    Raises:
        UserError: the line is not JSON, or holds something else or more; the object has a key twice.
    """
    value, end = _decode(line, _skip_space(line, 0), name, number, expected)
    if _skip_space(line, end) < len(line):
        raise UserError(f"{name}:{number}: text after the object; {expected}")
    return value


def _decode(text: str, position: int, name: str, line: int, expected: str) -> tuple[dict[str, Any], int]:
    """Decode the object at a position of a text; give it and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, position)
    except _DuplicateKeyError as error:
        raise UserError(f"{name}:{line}: the key {error} stands twice in one object") from None
    except json.JSONDecodeError as error:
        line += text.count("\n", position, error.pos)
        raise UserError(f"{name}:{line}: not JSON ({error.msg}); {expected}") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets of thousands of levels
        raise UserError(f"{name}:{line}: JSON that can't be read ({error}); {expected}") from None
    if not isinstance(value, dict):
        raise UserError(f"{name}:{line}: no object but {text[position : min(end, position + 40)]!r}; {expected}")
    if "\\u" in text[position:end] and not _encodable(value):
        raise UserError(f"{name}:{line}: half of a surrogate pair (\\ud800 to \\udfff), which is no character")
    return value, end


class _DuplicateKeyError(Exception):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _DuplicateKeyError(next(repr(key) for key in keys if keys.count(key) > 1))
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position
