"""Presets have the form that DVC writes, so that `dvc exp run -S` only changes the line of its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import apply_overrides
from helpers.tiny import preset
from ruamel.yaml import YAML

# Not params.yaml: in a clone it is its owner's.
FILES = {
    name: preset(name) for name in ("sample", "conll2003", "conll2003-chunk", "conll2003-pos", "ontonotes5", "wnut17")
}


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    lines = before.split("\n"), after.split("\n")
    assert len(lines[0]) == len(lines[1])
    return [(old.strip(), new.strip()) for old, new in zip(*lines, strict=True) if old != new]


def leaves(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in section.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return {key: value for key, value in found.items() if not isinstance(value, dict | list)}


@pytest.mark.parametrize(
    ("override", "old", "new"),
    [
        ("train.learning_rate=1e-4", "learning_rate: 0.0003", "learning_rate: 0.0001"),
        ("train.epochs=3", "epochs: 8", "epochs: 3"),
        ("train.max_steps=10", "max_steps:", "max_steps: 10"),
        ("train.max_grad_norm=null", "max_grad_norm: 1.0", "max_grad_norm:"),
        ("tokenize_align.limits.windowed_sentences=0", "windowed_sentences:", "windowed_sentences: 0"),
        ("tokenize_align.task=chunk", "task: ner", "task: chunk"),
        ("export.int8=false", "int8: true", "int8: false"),
        ("train.batches.order=random", "order: by_length", "order: random"),
    ],
)
def test_an_override_changes_one_line(tmp_path: Path, override: str, old: str, new: str) -> None:
    path, before = tmp_path / "params.yaml", FILES["sample"]
    path.write_text(before, encoding="utf-8")
    for _ in range(3):  # comments after a list would only be lost in the second pass
        apply_overrides(path, [override])
        assert changed_lines(before, path.read_text(encoding="utf-8")) == [(old, new)]


@pytest.mark.parametrize("name", FILES)
def test_every_override_and_its_opposite_restore_the_file(tmp_path: Path, name: str) -> None:
    path, before = tmp_path / "params.yaml", FILES[name]
    path.write_text(before, encoding="utf-8")
    for key, value in leaves(YAML(typ="safe").load(before)).items():
        apply_overrides(path, [f"{key}=other"])
        ((_, new),) = changed_lines(before, path.read_text(encoding="utf-8"))
        assert new == f"{key.split('.')[-1]}: other"
        was = "null" if value is None else str(value).lower() if isinstance(value, bool) else value
        apply_overrides(path, [f"{key}={was}"])
        assert path.read_text(encoding="utf-8") == before, key
