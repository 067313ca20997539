"""The params of runs, and groups of runs by their values."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, parse
from tagline.tools.comparison.runs import Run, some

Values: TypeAlias = dict[str, Any]
"""Values by dotted key, such as ``train.learning_rate``, in the order of the file."""

# Minimum similarity of a suggested key, from 0 to 1.
CUTOFF = 0.8


def read_values(run: Run) -> Values:
    """Read the params of a run.

    Raises:
        UserError: params.yaml is missing or damaged.
    """
    if run.params is None:
        raise UserError(f"{run.name}: {PARAMS} is missing; expected a revision of this pipeline")
    text = run.params.decode("utf-8", "replace")
    return dict(_leaves(parse(text, Path(f"{run.name}:{PARAMS}"))))


def _leaves(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def check_keys(keys: Sequence[str], params: Sequence[Values]) -> None:
    """Check that at least one run has each key.

    Raises:
        UserError: names the most similar keys, or those of the section.
    """
    known = list(dict.fromkeys(key for values in params for key in values))
    for key in keys:
        if key in known:
            continue
        if inside := [other for other in known if other.startswith(f"{key}.")]:
            raise UserError(f"--by {key}: a section of {PARAMS}; expected one of its keys: {', '.join(inside)}")
        close = _similar(key, known)
        hint = f"; did you mean {' or '.join(close)}?" if close else f"; expected a key such as {some(known)}"
        raise UserError(f"--by {key}: {PARAMS} does not have this key{hint}")


def _similar(key: str, known: Sequence[str]) -> list[str]:
    """List up to three keys that are spelt similarly, as a whole or after the last dot."""
    similar = difflib.get_close_matches(key, known, n=3, cutoff=CUTOFF)
    ends = difflib.get_close_matches(_end(key), [_end(other) for other in known], n=1, cutoff=CUTOFF)
    return similar or [other for other in known if _end(other) in ends][:3]


def _end(key: str) -> str:
    return key.rpartition(".")[2]


def group(keys: Sequence[str], params: Sequence[Values]) -> list[list[int]]:
    """Group runs by their values of some keys.

    Args:
        keys: the keys.
        params: those of each run.

    Returns:
        The indices of the runs of each group; groups in ascending order of their values.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, values in enumerate(params):
        groups.setdefault(tuple(_identity(values, key) for key in keys), []).append(index)
    return sorted(groups.values(), key=lambda indices: [_order(params[indices[0]], key) for key in keys])


def differing_keys(keys: Sequence[str], params: Sequence[Values]) -> list[str]:
    """List other keys in which the runs differ, except seeds."""
    others = dict.fromkeys(key for values in params for key in values if key not in keys)
    return [key for key in others if _end(key) != "seed" and len({_identity(values, key) for values in params}) > 1]


def value_text(values: Values, key: str) -> str:
    """Format a value as in params.yaml; ``null`` if it is empty, ``missing`` if there is no such key."""
    if key not in values:
        return "missing"
    value = values[key]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _identity(values: Values, key: str) -> str:
    """Return a text that is the same for equal values: of 1 and 1.0, not of 1 and true."""
    if key not in values:
        return ""
    value = values[key]
    return json.dumps(float(value) if _is_number(value) else value, default=str)


def _order(values: Values, key: str) -> tuple[int, float, str]:
    """Return a sort key: missing, empty, numbers by size, then text."""
    value = values.get(key)
    if value is None:
        return (int(key in values), 0, "")
    return (2, float(value), "") if _is_number(value) else (3, 0, value_text(values, key))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
