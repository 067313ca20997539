"""A model's config.json and normalizer, which come from outside with an encoder or an export."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagline.core.reading import parse_object

# A config.json with more layers or labels is treated as damaged.
_MOST_LAYERS, _MOST_LABELS = 1000, 100_000
_MOST_GROWTH = 1000


def check_config(path: Path) -> None:
    """Check a model's config.json: transformers would build objects without end, or run code from the Hub.

    Args:
        path: config.json; a missing one is left to transformers.

    Raises:
        ValueError: see `parse_object`; a number is too large for any model, an implementation of attention or experts
            is one that transformers may fetch, or the model is distributed over devices.
    """
    if not path.exists():
        return
    content = parse_object(path.read_text(encoding="utf-8"))
    if foreign := [name for name in _implementations("", content) if name not in (None, "eager", "sdpa")]:
        raise ValueError(
            f"{path.name}: the implementation {foreign[0]!r} may be code from the Hub; expected eager or sdpa"
        )
    if content.get("distributed_config") is not None:
        raise ValueError(f"{path.name}: it has a distributed_config, of another machine; expected none")
    for key, value in content.items():
        most = _MOST_LAYERS if "layer" in key else _MOST_LABELS if key == "num_labels" else 2**31
        if isinstance(value, int | float) and value > most:
            raise ValueError(f"{path.name}: {key} is {value}; expected at most {most:,}")


def check_normalizer(state: dict[str, Any] | None) -> None:
    """Check that a tokenizer's normalizer does not make gigabytes of a word, by replacements of replacements.

    Args:
        state: the normalizer as in tokenizer.json.

    Raises:
        ValueError: a letter may become more than `_MOST_GROWTH` ones.
    """
    sizes: dict[str, int] = {}  # what a letter may become by the steps from here on; letters of any case alike
    others = 1
    for step in reversed([*_steps(state or {})]):
        if step.get("type") != "Replace":
            continue
        size = sum(max(sizes.get(letter, 1), others) for letter in step["content"].lower())
        if size > _MOST_GROWTH:
            raise ValueError(f"its normalizer may replace a letter by {size:,}; expected at most {_MOST_GROWTH:,}")
        if replaced := step["pattern"].get("String"):
            sizes[replaced[0].lower()] = max(size, sizes.get(replaced[0].lower(), 1))
        else:  # a regular expression
            others = max(size, others)


def _steps(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "normalizers" not in state:
        yield state
    for step in state.get("normalizers", ()):
        yield from _steps(step)


def _implementations(key: str, value: Any) -> Iterator[Any]:
    """What a config.json names as ``_attn_implementation`` and the like, also in or by sub-configurations."""
    named = key.endswith("_implementation")
    if isinstance(value, dict):
        for inner, each in value.items():
            yield from _implementations(key if named else inner, each)
    elif named:
        yield value
