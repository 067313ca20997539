"""Errors as a user sees them: one message and exit status 1."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.project import ROOT

from tagline.core.errors import UserError, exit_with_message, require, take_no_arguments


def failure(main: Callable[[], object]) -> Any:
    """Run ``main`` as a script does and give the message, which Python prints with status 1, or the status."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as raised:
        patch.setattr(sys, "argv", ["program"])
        exit_with_message(main)  # type: ignore[arg-type]
    return raised.value.code


def raising(error: BaseException) -> Callable[[], None]:
    def main() -> None:
        raise error

    return main


@pytest.mark.parametrize(
    ("main", "message"),
    [
        (raising(UserError("the cat is on the mat")), "the cat is on the mat"),
        (Path("no/such/file").read_text, "no/such/file: No such file or directory"),
        (raising(OSError(28, "No space left on device")), "No space left on device"),
        (Path("x" * 5000).read_text, f"{'x' * 197}...: File name too long"),
        (raising(UserError("two\nlines, \x1b[2J and \r")), "two\nlines, \\x1b[2J and \\r"),
        (raising(UserError("https://ada:secret@hub.example/x")), "https://***@hub.example/x"),
    ],
)
def test_error_is_one_safe_message(main: Callable[[], object], message: str) -> None:
    assert failure(main) == f"program: {message}"


def test_interruption_has_status_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "program: interrupted\n"


def test_flag_of_accelerate_is_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_USE_CPU", "maybe")
    message = "environment variable ACCELERATE_USE_CPU is 'maybe'; expected true or false; unset it"
    assert failure(lambda: None) == f"program: {message}"
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    exit_with_message(lambda: None)


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("https://ada:secret@host\x1b[2J", "https://***@host\\x1b[2J"),
        ("x" * 5000, f"{'x' * 176}...{'x' * 200}"),
    ],
)
def test_unknown_argument_is_wrong_usage_and_shown_safely(
    argument: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["program", argument])
    with pytest.raises(SystemExit) as raised:
        take_no_arguments("")
    assert raised.value.code == 2
    assert capsys.readouterr().err.endswith(f"program: error: unrecognized arguments: {shown}\n")


def test_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_with_message(lambda: 1 // 0)  # type: ignore[arg-type, return-value]


def test_debug_shows_the_traceback_behind_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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


def test_stage_outside_the_repository_says_so_in_one_line(tmp_path: Path) -> None:
    """In a process of its own: the message goes to standard error, the status is 1."""
    stage = [sys.executable, str(ROOT / "stages/check.py")]
    done = subprocess.run(stage, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "check: params.yaml is missing; run the stages from the root of the repository\n"


def test_require_names_the_stage_that_writes(tmp_path: Path) -> None:
    require(tmp_path, "download")
    with pytest.raises(UserError, match="is missing: the stage download writes it, so run `dvc repro download` first"):
        require(tmp_path / "none", "download")
