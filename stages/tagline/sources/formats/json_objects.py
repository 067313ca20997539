"""Objects in JSON and JSON Lines: one per line or all in one list, each with its line.

The content decides which: a list begins with ``[`` or ``{"data": [``, a line of JSON Lines with ``{``.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tagline.core.errors import UserError
from tagline.sources.formats.lines import UTF_8, at_least_one, read_lines
from tagline.sources.formats.sniffing import ROWS, Sample

NumberedRows = Iterator[tuple[int, dict[str, Any]]]
"""Objects, each with the line on which it begins."""
EXPECTED = "expected JSON objects, one per line or all in one list"
# What stands before the list in an object that has it as its first value.
_WRAPPED = re.compile(r'\s*\{\s*"data"\s*:\s*(?=\[\s*\{)')
_SPACE = " \t\n"


def read_rows(path: Path, encoding: str = UTF_8) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a file, each with its location: the file and the line on which it begins.

    Raises:
        UserError: the file is empty; see also `rows_in`.
    """
    lines = read_lines(path, encoding)
    first = list(islice(lines, 3))  # `{`, `"data": [` and `{` if each has a line
    wrapped = _WRAPPED.match("\n".join(line for _, line in first))
    if wrapped:
        text = "\n".join(line for _, line in chain(first, lines))
        rows = _list_items(text, 1, str(path), EXPECTED, wrapped[0])
    else:
        rows = rows_in(chain(first, lines), str(path))
    for number, row in at_least_one(rows, f"{path}: no sentence; {EXPECTED}"):
        yield f"{path}:{number}", row


@lru_cache(maxsize=1)
def first_rows(sample: Sample) -> list[dict[str, Any]]:
    """The first objects of a file; none if it is not JSON, or malformed."""
    try:
        rows = read_rows(sample.path, sample.encoding) if sample.is_json else ()
        return [row for _, row in islice(rows, ROWS)]
    except UserError:
        return []  # reported by `JsonFiles.sniff`


def rows_in(lines: Iterable[tuple[int, str]], name: str, expected: str = EXPECTED) -> NumberedRows:
    """Yield the objects in numbered lines, each with the line on which it begins.

    JSON Lines are read line by line. Of a list the text is in memory, not its objects.

    Args:
        lines: as `read_lines` yields them.
        name: the file's name in messages.
        expected: what the file should contain, for messages.

    Raises:
        UserError: the text is not JSON, contains something other than objects, or an object has a key twice.
    """
    lines = iter(lines)
    first = next(((number, line) for number, line in lines if line.strip(_SPACE)), None)
    if first is None:
        return
    if first[1].lstrip(_SPACE).startswith("["):
        yield from _list_items("\n".join([first[1], *(line for _, line in lines)]), first[0], name, expected)
        return
    for number, line in chain([first], lines):
        if line.strip(_SPACE):
            row, end = _decode(line, _skip_space(line, 0), name, number, expected)
            if _skip_space(line, end) < len(line):
                raise UserError(f"{name}:{number}: text after the object; {expected}")
            yield number, row


def _list_items(text: str, line: int, name: str, expected: str, before: str = "") -> NumberedRows:
    """Yield the objects of a list, whose text begins on the given line, with the text before the list."""
    counted = 0  # `line` is the line of this position
    position = _skip_space(text, text.index("[") + 1)
    closing = text[position : position + 1] == "]"
    while not closing:
        line += text.count("\n", counted, position)
        counted = position
        value, position = _decode(text, position, name, line, expected)
        yield line, value
        position = _skip_space(text, position)
        closing = text[position : position + 1] == "]"
        if not closing and text[position : position + 1] != ",":
            raise UserError(f"{name}:{line}: no comma or closing bracket after this object; {expected}")
        if not closing:
            position = _skip_space(text, position + 1)
    position = _skip_space(text, position + 1)
    line += text.count("\n", counted, position)
    try:
        _DECODER.decode(f"{before}[]{text[position:]}")
    except KeyError as error:
        raise UserError(f"{name}:{line}: the key {error} is in one object twice") from None
    except (ValueError, RecursionError):
        raise UserError(f"{name}:{line}: text after the list's closing bracket; {expected}") from None


def _decode(text: str, position: int, name: str, line: int, expected: str) -> tuple[dict[str, Any], int]:
    """Decode the object at a position of a text; return it and the position after it."""
    try:
        value, end = _DECODER.raw_decode(text, position)
        if "\\u" in text[position:end]:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise UserError(
            f"{name}:{line}: half of a surrogate pair (\\ud800 to \\udfff); expected whole characters"
        ) from None
    except KeyError as error:
        raise UserError(f"{name}:{line}: the key {error} is in one object twice") from None
    except json.JSONDecodeError as error:
        line += text.count("\n", position, error.pos)
        raise UserError(f"{name}:{line}: not JSON ({error.msg}); {expected}") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets nested thousands deep
        raise UserError(f"{name}:{line}: JSON beyond Python's limits ({error}); {expected}") from None
    if not isinstance(value, dict):
        raise UserError(f"{name}:{line}: {text[position : min(end, position + 40)]!r} is not an object; {expected}")
    return value, end


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its keys and values; a `KeyError` if a key is there twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise KeyError(next(key for key in keys if keys.count(key) > 1))
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position
