"""Sinks write complete lines, whatever interrupts them."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tagline.core.errors import UserError
from tagline.tools.predict.sinks import OutputFile


def test_an_existing_file_is_kept_until_there_is_something_to_write(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("earlier, and longer than what comes")
    sink = OutputFile(path)
    assert path.read_text().startswith("earlier")
    sink.write("one\n")
    sink.write("")
    sink.write("tw\u00f6\n")
    assert path.read_text(encoding="utf-8") == "one\ntw\u00f6\n"


def test_a_full_disk(tmp_path: Path) -> None:
    sink = OutputFile(tmp_path / "out")
    sink.write("whole\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(UserError) as raised:
            sink.write("this is too much\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(raised.value) == f"{tmp_path / 'out'}: OutputFile too large"
    assert sink.path.read_text() == "whole\n"
