"""Objects in JSON and JSON Lines: one per line or all in one list, each with its line or number.

The content decides which: a list begins with ``[`` or ``{"data": [``, a line of JSON Lines with ``{``. Of an object
over several lines, such as Rasa's ``{"rasa_nlu_data": {"common_examples": [``, the only list of objects is read.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tagline.sources.formats.lines import UTF_8, at_least_one, read_lines
from tagline.sources.formats.sniffing import ROWS, Sample, objects_in
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, quoted, shortened

Rows = Iterator[tuple[str, dict[str, Any]]]
"""Objects, each with its location: the file and the line on which it begins or, if others begin there, its number."""
EXPECTED = "expected JSON objects, one per line or all in one list"
# What stands before the list in an object that has it as its first value.
_WRAPPED = re.compile(r'\s*\{\s*"data"\s*:\s*(?=\[\s*\{)')
_SPACE = " \t\n"


def read_rows(path: Path, encoding: str = UTF_8) -> Rows:
    """Yield the objects of a file, each with its location.

    Raises:
        UserError: the file is empty; an object of several lines has no list of objects, or several; see also `rows_in`.
    """
    lines = read_lines(path, encoding)
    first = list(islice(lines, 3))  # `{`, `"data": [` and `{` if each has a line
    start = _text(first)
    wrapped = _WRAPPED.match(start)
    if wrapped:
        rows = _list_items(_text(chain(first, lines)), 1, str(path), EXPECTED, wrapped[0])
    elif _continues(start.lstrip(_SPACE).partition("\n")[0]):
        rows = _only_list(_text(chain(first, lines)), str(path))
    else:
        rows = rows_in(chain(first, lines), str(path))
    return at_least_one(rows, f"{path}: no sentence; {EXPECTED}")


def _text(lines: Iterable[tuple[int, str]]) -> str:
    return "\n".join(line for _, line in lines)


def _continues(line: str) -> bool:
    """Whether a line begins an object that ends on a later line."""
    line = line.strip(_SPACE)
    try:
        json.JSONDecoder().raw_decode(line)
    except json.JSONDecodeError as error:
        return line.startswith("{") and error.pos == len(line)
    except (ValueError, RecursionError):
        return False  # reported by `_decode`
    return False


def _only_list(text: str, name: str) -> Rows:
    """Yield the objects of the only list of objects in an object, or in objects that are its values."""
    position = _skip_space(text, 0)
    content, end = _decode(text, position, name, 1 + text.count("\n", 0, position), EXPECTED)
    end = _skip_space(text, end)
    if end < len(text):
        line = 1 + text.count("\n", 0, end)
        raise UserError(f"{name}:{line}: text after the object; {EXPECTED}")
    lists = {key: value for key, value in content.items() if objects_in(value)}
    for outer, value in content.items():
        if isinstance(value, dict):
            lists |= {f"{outer}.{key}": inner for key, inner in value.items() if objects_in(inner)}
    if len(lists) != 1:
        names = shortened(", ".join(map(repr, lists)), QUOTED) or "none"
        raise UserError(
            f"{name}: an object over several lines with {len(lists)} lists of objects ({names}); expected one such "
            "list, or JSON objects, one per line or all in one list; save the list as a file of its own"
        )
    ((key, rows),) = lists.items()
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UserError(f"{name}: row {number}: {quoted(row)} in {key!r} is not an object; {EXPECTED}")
        yield f"{name}: row {number}", row


@lru_cache(maxsize=1)
def first_rows(sample: Sample) -> list[dict[str, Any]]:
    """The first objects of a file; none if it is not JSON, or malformed."""
    try:
        rows = read_rows(sample.path, sample.encoding) if sample.is_json else ()
        return [row for _, row in islice(rows, ROWS)]
    except UserError:
        return []  # reported by `JsonFiles.sniff`


def rows_in(lines: Iterable[tuple[int, str]], name: str, expected: str = EXPECTED) -> Rows:
    """Yield the objects in numbered lines, each with its location.

    JSON Lines are read line by line. Of a list the text is in memory, not its objects.

    Args:
        lines: as `read_lines` yields them.
        name: the file's name in messages.
        expected: what the file should contain, for messages.

    Raises:
        UserError: the text is not JSON, contains something other than objects, or an object has a key twice.
    """
    lines = iter(lines)
    is_first = True
    for number, line in lines:
        if not line.strip(_SPACE):
            continue
        if is_first and line.lstrip(_SPACE).startswith("["):
            yield from _list_items(_text(chain([(number, line)], lines)), number, name, expected)
            return
        is_first = False
        row, end = _decode(line, _skip_space(line, 0), name, number, expected)
        if _skip_space(line, end) < len(line):
            raise UserError(f"{name}:{number}: text after the object; {expected}")
        yield f"{name}:{number}", row


def _list_items(text: str, line: int, name: str, expected: str, before: str = "") -> Rows:
    """Yield the objects of a list, whose text begins on the given line, with the text before the list.

    The location of an object is its number if the whole list is on one line.
    """
    on_one_line = "\n" not in text.strip(_SPACE)
    counted = 0  # `line` is the line of this position
    position = _skip_space(text, text.index("[") + 1)
    closing = text[position : position + 1] == "]"
    number = 0
    while not closing:
        line += text.count("\n", counted, position)
        counted = position
        value, position = _decode(text, position, name, line, expected)
        number += 1
        yield f"{name}: row {number}" if on_one_line else f"{name}:{line}", value
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
        raise UserError(
            f"{name}:{line}: the key {error} is in one object twice; expected each key once; rename one"
        ) from None
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
        raise UserError(
            f"{name}:{line}: the key {error} is in one object twice; expected each key once; rename one"
        ) from None
    except json.JSONDecodeError as error:
        line += text.count("\n", position, error.pos)
        raise UserError(f"{name}:{line}: not JSON ({error.msg}); {expected}") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets nested thousands deep
        raise UserError(f"{name}:{line}: JSON beyond Python's limits ({error}); {expected}") from None
    if not isinstance(value, dict):
        raise UserError(f"{name}:{line}: {text[position : min(end, position + 40)]!r} is not an object; {expected}")
    return value, end


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its keys and values; a `KeyError` if a key is there twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise KeyError(next(key for key in keys if keys.count(key) > 1))
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=unique_keys)


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position
