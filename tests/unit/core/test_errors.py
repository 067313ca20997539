"""Errors as a user sees them: one message and exit status 1."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from tagline.core.errors import UserError, exit_with_message, take_no_arguments


def failure(main: Callable[[], object]) -> Any:
    """Run ``main`` as a script does and give the message, which Python prints with status 1, or the status."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as raised:
        patch.setattr(sys, "argv", ["program"])
        exit_with_message(main)  # type: ignore[arg-type]
    return raised.value.code


ERRORS = {Path("no/such/file").read_text: "no/such/file: No such file or directory"}
ERRORS |= {Path("x" * 5000).read_text: f"{'x' * 197}...: File name too long"}
ERRORS |= {Mock(side_effect=UserError("two\nlines, \x1b[2J and \r")): "two\nlines, \\x1b[2J and \\r"}


@pytest.mark.parametrize(("main", "message"), ERRORS.items())
def test_error_is_one_safe_message(main: Callable[[], object], message: str) -> None:
    assert failure(main) == f"program: {message}"


def test_flag_of_accelerate_is_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_CPU", "maybe")
    message = "environment variable ACCELERATE_USE_CPU is 'maybe'; expected true or false; unset it"
    assert failure(lambda: None) == f"program: {message}"
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    exit_with_message(lambda: None)


def test_unknown_argument_is_wrong_usage_and_shown_safely(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["program", "https://ada:secret@host\x1b[2J" + "x" * 5000])
    with pytest.raises(SystemExit) as raised:
        take_no_arguments("")
    assert raised.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("program: error: unrecognized arguments: https://***@host\\x1b[2Jxxx")
    assert error.endswith(f"...{'x' * 200}")


def test_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_with_message(lambda: 1 // 0)  # type: ignore[arg-type, return-value]


def test_debug_shows_the_traceback_behind_a_message(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def main() -> None:
        try:
            int("three")
        except ValueError:
            raise UserError("no file: https://ada:secret@host") from None

    for value, shown in (("0", False), ("1", True)):
        monkeypatch.setenv("TAGLINE_DEBUG", value)
        assert failure(main) == "program: no file: https://***@host"
        error = capsys.readouterr().err
        assert error.startswith("Traceback (most recent call last):\n") == shown
        assert ("invalid literal for int() with base 10: 'three'" in error) == shown, "what `from None` hides"
        assert "secret" not in error
