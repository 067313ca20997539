"""Objects in JSON Lines, each with its line, or in one JSON text, each with its number.

The first line decides: a line of JSON Lines is a whole object. Otherwise the text is a list of objects, or an object
with one such list, such as Rasa's ``{"rasa_nlu_data": {"common_examples": [``.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from tagline.sources.formats.lines import UTF_8, at_least_one, read_lines
from tagline.sources.formats.sniffing import ROWS, Sample, objects_in
from tagline.terminal import QUOTED, UserError, quoted, shortened

LocatedObjects = Iterator[tuple[str, dict[str, Any]]]
"""Objects, each with its location: the file and the line or, in one JSON text, the number of the object."""
EXPECTED = "expected JSON objects, one per line or all in one list"
_SPACE = " \t\n"


def read_rows(path: Path, encoding: str = UTF_8) -> LocatedObjects:
    """Yield the objects of a file with locations; a `UserError` if there are none, see also `rows_in`."""
    return at_least_one(rows_in(read_lines(path, encoding), str(path)), f"{path}: no sentence; {EXPECTED}")


@lru_cache(maxsize=1)
def first_rows(sample: Sample) -> list[dict[str, Any]]:
    """The first objects of a file; none if it is not JSON or malformed."""
    try:
        rows = read_rows(sample.path, sample.encoding) if sample.is_json else ()
        return [row for _, row in islice(rows, ROWS)]
    except UserError:
        return []  # reported by `JsonFiles.sniff`


def rows_in(lines: Iterable[tuple[int, str]], name: str, expected: str = EXPECTED) -> LocatedObjects:
    """Yield the objects in numbered lines, each with its location.

    JSON Lines are read line by line, one JSON text is in memory with its objects.

    Raises:
        UserError: the text is not JSON, contains something other than objects, or an object has a key twice; an object
            of several lines has no list of objects, or several.
    """
    lines = iter(lines)
    is_first = True
    for number, line in lines:
        if not line.strip(_SPACE):
            continue
        if is_first and _begins_text(line):
            text = "\n".join([line, *(other for _, other in lines)])
            rows = _only_list(_decode(text, name, number, expected), name)
            located = [(f"{name}: row {index}", row) for index, row in enumerate(rows, 1)]
        else:
            located = [(f"{name}:{number}", _decode(line, name, number, expected))]
        is_first = False
        for location, row in located:
            if not isinstance(row, dict):
                raise UserError(f"{location}: {quoted(row)} is not an object; {expected}")
            yield location, row


def _begins_text(line: str) -> bool:
    """Whether a line begins a list, or an object that ends on a later line."""
    line = line.strip(_SPACE)
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return line.startswith("[") or (line.startswith("{") and error.pos == len(line))
    except (ValueError, RecursionError):
        return False  # reported by `_decode`
    return line.startswith("[")


def _only_list(value: Any, name: str) -> list[Any]:
    """The list, or the only list of objects in an object or its values."""
    if isinstance(value, list):
        return value
    lists = {}
    for outer, inner in value.items():
        for key, rows in inner.items() if isinstance(inner, dict) else [("", inner)]:
            if objects_in(rows):
                lists[f"{outer}.{key}".removesuffix(".")] = rows
    if len(lists) != 1:
        names = shortened(", ".join(lists), QUOTED) or "none"
        raise UserError(
            f"{name}: an object over several lines with {len(lists)} lists of objects ({names}); expected one such "
            "list, or JSON objects, one per line or all in one list; save the list as a file of its own"
        )
    return list(*lists.values())


def _decode(text: str, name: str, line: int, expected: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=unique_keys)
        if "\\u" in text:
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
        raise UserError(
            f"{name}:{line + error.lineno - 1}: not JSON ({error.msg}: column {error.colno}); {expected}; correct it, "
            "or if the file is cut off, export it again"
        ) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets nested thousands deep
        raise UserError(f"{name}:{line}: JSON beyond Python's limits ({error}); {expected}") from None
    return value


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of keys and values; a `KeyError` if a key is there twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        raise KeyError(next(key for key in keys if keys.count(key) > 1))
    return value
