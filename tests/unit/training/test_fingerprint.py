"""Fingerprint: depends on the contents of params, code and inputs, and on nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tagline.core.provenance import hashes
from tagline.training.fingerprint import fingerprint


def inputs() -> dict[str, dict[str, str]]:
    return {"data": hashes(Path("data"))}


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/a").write_text("a")
    Path("stage.py").write_text("1")
    return Path("stage.py")


def test_times_and_the_order_of_keys_do_not_matter(script: Path) -> None:
    first = fingerprint({"a": 1, "b": {"c": None, "d": 0.1}}, script, inputs())
    os.utime("data/a", (0, 0))
    assert fingerprint({"b": {"d": 0.1, "c": None}, "a": 1}, script, inputs()) == first
    assert len(first) == 16


def test_any_change_changes_it(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def current(value: int = 1) -> str:
        return fingerprint({"a": value}, script, inputs())

    seen = [current(), current(2)]
    Path("data/a").write_text("b")
    seen.append(current())
    Path("data/a").rename("data/b")
    seen.append(current())
    script.write_text("2")
    seen.append(current())
    module = ModuleType("tagline.other")
    module.__file__ = "other.py"
    monkeypatch.setitem(sys.modules, "tagline.other", module)
    for code in ("1", "2"):
        Path("other.py").write_text(code)
        seen.append(current())
    assert len(set(seen)) == len(seen)
