"""A model's config.json, which comes from outside with an encoder or an export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagline.core.reading import parse_object

# A config.json with more layers or labels is treated as damaged.
_MOST_LAYERS, _MOST_LABELS = 1000, 100_000


def check_config(path: Path) -> None:
    """Check a model's config.json: transformers would build objects without end, or run code from the Hub.

    Args:
        path: config.json; a missing one is left to transformers.

    Raises:
        ValueError: see `parse_object`; a number is too large for any model, or an implementation of attention or
            experts is one that transformers may fetch.
    """
    if not path.exists():
        return
    content = parse_object(path.read_text(encoding="utf-8"))
    if foreign := [name for name in _implementations("", content) if name not in (None, "eager", "sdpa")]:
        raise ValueError(
            f"{path.name}: the implementation {foreign[0]!r} may be code from the Hub; expected eager or sdpa"
        )
    for key, value in content.items():
        most = _MOST_LAYERS if "layer" in key else _MOST_LABELS if key == "num_labels" else 2**31
        if isinstance(value, int | float) and value > most:
            raise ValueError(f"{path.name}: {key} is {value}; expected at most {most:,}")


def _implementations(key: str, value: Any) -> Iterator[Any]:
    """What a config.json names as ``_attn_implementation`` and the like, also in or by sub-configurations."""
    named = key.endswith("_implementation")
    if isinstance(value, dict):
        for inner, each in value.items():
            yield from _implementations(key if named else inner, each)
    elif named:
        yield value
