"""Text for a terminal: aligned columns of any characters, wrapped to the width, and safe messages."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from helpers.project import ROOT

from tagline.core.terminal import QUOTED, SHOWN, columns, display_width, printable, quoted, safe_message, shortened


def test_columns_are_wrapped() -> None:
    rows = [["Ada", "lives", "in", "Oslo"], ["B-PER", "O", "O", "B-LOC"]]
    assert columns(rows, 80) == ["Ada    lives  in  Oslo", "B-PER  O      O   B-LOC"]
    assert columns(rows, 14) == ["Ada    lives", "B-PER  O", "", "in  Oslo", "O   B-LOC"]
    assert columns(rows, 1) == [*("Ada", "B-PER", "", "lives", "O", "", "in", "O", "", "Oslo", "B-LOC")]
    assert columns([[], []], 80) == []


def test_wide_characters_take_two_cells_and_marks_none() -> None:
    assert [display_width(text) for text in ("東京", "e\u0301", "❤\ufe0f")] == [4, 1, 1]
    assert columns([["東京", "x"], ["a", "y"]], 80) == ["東京  x", "a     y"]


def test_invisible_characters_are_escaped() -> None:
    shown = [printable(text) for text in ("a\u200bb\x00\t", "\ufe0f", "e\u0301 東")]
    assert shown == ["a\\u200bb\\x00\\t", "\\ufe0f", "e\u0301 東"]


def test_a_long_text_is_cut_to_its_beginning() -> None:
    assert shortened("a" * SHOWN) == "a" * SHOWN
    assert shortened("a" * (SHOWN + 1)) == "a" * (SHOWN - 3) + "..."
    assert quoted("a") == "'a'"
    assert shortened("https://ada:secret@host " + "a" * SHOWN, 20) == "https://***@host ..."
    assert quoted(["a" * 1000]) == f"['{'a' * (QUOTED - 5)}..."


MESSAGES = [
    ("東\n\x1b]0;title\x07 \u202e", "東\n" r"\x1b]0;title\x07 \u202e"),
    ("http://token@host:80 and https://a:p@ss@b", "http://***@host:80 and https://***@b"),
    ("https://ada:se/cret@host, http://host:80/a@b", "https://***@host, http://host:80/a@b"),
    ("'https://store/x?X-Id=a&X-Amz-Signature=b2#c'", "'https://store/x?X-Id=a&X-Amz-Signature=***#c'"),
    ("https://host/ada@main, ada@host", "https://host/ada@main, ada@host"),
]


@pytest.mark.parametrize(("text", "safe"), MESSAGES)
def test_messages_are_safe(text: str, safe: str) -> None:
    assert safe_message(text) == safe


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-c", "from tagline.core.terminal import show; show('a')"]
    done = subprocess.run(program, cwd=ROOT / "stages", stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
