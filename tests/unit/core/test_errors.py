"""Errors as a user sees them: one message on standard error and exit status 1, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.project import ROOT

from tagline.core.errors import UserError, exit_with_message, require


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = f"from tagline.core.errors import *\ndef main():\n    {code}\nexit_with_message(main)"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT / "stages",
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("raise UserError('the cat is on the mat')", 1, "-c: the cat is on the mat\n"),
        ("open('no/such/file')", 1, "-c: no/such/file: No such file or directory\n"),
        ("raise OSError(28, 'No space left on device')", 1, "-c: No space left on device\n"),
        ("open('x' * 5000)", 1, f"-c: {'x' * 197}...: File name too long\n"),
        ("raise KeyboardInterrupt", 130, "-c: interrupted\n"),
        ("raise UserError('two\\nlines, \\x1b[2J and \\r')", 1, "-c: two\nlines, \\x1b[2J and \\r\n"),
        ("raise UserError('https://ada:secret@hub.example/x')", 1, "-c: https://***@hub.example/x\n"),
        ("pass", 0, ""),
    ],
)
def test_status_and_message(code: str, status: int, message: str) -> None:
    done = run(code)
    assert (done.returncode, done.stderr) == (status, message)


def test_a_flag_of_accelerate_that_is_neither_yes_nor_no() -> None:
    message = "-c: environment variable ACCELERATE_USE_CPU is 'maybe'; expected true or false; unset it\n"
    assert run("pass", ACCELERATE_USE_CPU="maybe").stderr == message
    assert run("pass", ACCELERATE_USE_CPU="True").stderr == ""


def test_arguments_are_shortened_and_escaped() -> None:
    for argument, message in {
        "https://ada:secret@host\x1b[2J": "-c: error: unrecognized arguments: https://***@host\\x1b[2J\n",
        "x" * 5000: f"-c: error: unrecognized arguments: {'x' * 176}...{'x' * 200}\n",
    }.items():
        done = run(f"sys.argv.append({argument!r}); take_no_arguments('')")
        assert (done.returncode, done.stderr.split("\n", 1)[1]) == (2, message)


def test_a_bug_keeps_its_traceback() -> None:
    done = run("1 / 0")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("code", ["open('no/such/file')", "raise UserError('no file: https://ada:secret@host')"])
def test_debug_shows_the_traceback_behind_a_message(code: str) -> None:
    code = f"""
    try:
        int("three")
    except ValueError:
        try:
            {code}
        except Exception as error:
            raise error from None"""
    message = run(code).stderr
    done = run(code, TAGLINE_DEBUG="1")
    assert done.returncode == 1
    assert "Traceback" not in message
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "invalid literal for int() with base 10: 'three'" in done.stderr, "what `from None` hides"
    assert done.stderr.endswith(message)
    assert "secret" not in done.stderr
    assert run(code, TAGLINE_DEBUG="0").stderr == message


@pytest.mark.parametrize("program", ["predict.py", "compare.py"])
def test_debug_in_the_programs_for_users(program: str, tmp_path: Path) -> None:
    arguments = {"predict.py": ["--model", "nowhere", "a"], "compare.py": ["nowhere", "HEAD"]}[program]
    environment = os.environ | {"TAGLINE_DEBUG": "1", "PYTHONPATH": str(ROOT / "stages")}
    command = [sys.executable, str(ROOT / program), *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback (most recent call last):" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"{Path(program).stem}: ")


def test_a_stage_outside_the_repository_says_so(tmp_path: Path) -> None:
    stage = [sys.executable, str(ROOT / "stages/check.py")]
    done = subprocess.run(stage, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "check: params.yaml is missing; run the stages from the root of the repository\n"


def test_wrong_usage_is_2() -> None:
    stage = [sys.executable, "stages/evaluate.py", "--shwo"]
    done = subprocess.run(stage, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_require_names_the_stage_that_writes(tmp_path: Path) -> None:
    require(tmp_path, "download")
    with pytest.raises(UserError, match="is missing: the stage download writes it, so run `dvc repro download` first"):
        require(tmp_path / "none", "download")


def test_main_is_run() -> None:
    ran: list[bool] = []
    exit_with_message(lambda: ran.append(True))
    assert ran == [True]
