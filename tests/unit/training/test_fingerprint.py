"""Fingerprint: of params, code and inputs by what they hold, and of nothing else."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tagline.training.fingerprint import fingerprint


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/a").write_text("a")
    Path("stage.py").write_text("1")
    return Path("stage.py")


def test_it_is_the_same_whatever_the_time_and_the_order_of_keys(script: Path) -> None:
    first = fingerprint({"a": 1, "b": {"c": None, "d": 0.1}}, script, Path("data"))
    os.utime("data/a", (0, 0))
    assert fingerprint({"b": {"d": 0.1, "c": None}, "a": 1}, script, Path("data")) == first
    assert len(first) == 16


def test_whatever_is_changed_changes_it(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ours(value: int = 1) -> str:
        return fingerprint({"a": value}, script, Path("data"))

    found = [ours(), ours(2)]
    Path("data/a").write_text("b")
    found.append(ours())
    Path("data/a").rename("data/b")
    found.append(ours())
    script.write_text("2")
    found.append(ours())
    module = ModuleType("tagline.other")
    module.__file__ = "other.py"
    monkeypatch.setitem(sys.modules, "tagline.other", module)
    for code in ("1", "2"):
        Path("other.py").write_text(code)
        found.append(ours())
    assert len(set(found)) == len(found)
