"""How a program starts and ends: what a process prepares; an error is one message and exit status 1."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest
from helpers.project import ROOT

from tagline.terminal import NotReachedError, UserError, exit_with_message, prepare_process, process


def failure(main):
    """Run ``main`` as a script does and give the message, which Python prints with status 1, or the status."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as raised:
        patch.setattr(sys, "argv", ["program"])
        exit_with_message(main)
    return raised.value.code


ERRORS = {
    Path("no/such/file").read_text: "no/such/file: No such file or directory",
    Path("x" * 5000).read_text: f"{'x' * 197}...: File name too long",
    Mock(side_effect=UserError("two\nlines, \x1b[2J and \r")): "two\nlines, \\x1b[2J and \\r",
}


@pytest.mark.parametrize("main, message", ERRORS.items())
def test_error_is_one_safe_message(main, message):
    assert failure(main) == f"program: {message}"


def test_score_that_is_not_reached_is_status_3(capsys):
    assert failure(Mock(side_effect=NotReachedError("F1 is\r0.1"))) == 3
    assert capsys.readouterr().err == "program: F1 is\\r0.1\n"


def test_logs_of_libraries_are_safe(caplog):
    exit_with_message(lambda: logging.getLogger("library").error("a tensor named %s", "\x1b[2J"))
    assert caplog.messages == ["a tensor named \\x1b[2J"]


def test_flag_of_accelerate_is_yes_or_no(monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "maybe")
    message = "environment variable ACCELERATE_USE_CPU is 'maybe'; expected true or false; unset it"
    assert failure(lambda: None) == f"program: {message}"
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    exit_with_message(lambda: None)


def test_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        exit_with_message(lambda: 1 // 0)


def test_debug_shows_the_traceback_behind_a_message(monkeypatch, capsys):
    def main():
        try:
            int("three")
        except ValueError:
            raise UserError("no file: https://ada:secret@host") from None

    for value, begin in (("0", ""), ("1", "Traceback (most recent call last):\n")):
        monkeypatch.setenv("TAGLINE_DEBUG", value)
        assert failure(main) == "program: no file: https://***@host"
        error = capsys.readouterr().err
        assert error[:35] == begin
        assert ("invalid literal for int() with base 10: 'three'" in error) == bool(begin), "what `from None` hides"
        assert "secret" not in error


@pytest.fixture
def unprepared(monkeypatch):
    monkeypatch.setattr(process, "default_sigint", lambda: None)  # pytest has its own
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.mark.usefixtures("unprepared")
def test_threads_wait_as_the_user_says(monkeypatch):
    passive = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
    for given, added in (({"GOMP_SPINCOUNT": "7"}, passive), ({"OMP_WAIT_POLICY": "ACTIVE"}, {})):
        monkeypatch.setattr(os, "environ", dict(given))
        prepare_process()
        assert os.environ == given | added


WRONG_VARIABLES = [
    ("HF_ENDPOINT", "http://ada:secret@[::1", r"http://\*\*\*@\[::1 \(Invalid IPv6 URL\)"),
    ("HF_HUB_ETAG_TIMEOUT", "10s", "'10s'; expected seconds"),
]


@pytest.mark.usefixtures("unprepared")
@pytest.mark.parametrize("name, value, message", WRONG_VARIABLES)
def test_variable_that_no_library_takes_is_one_message(monkeypatch, name, value, message):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f": environment variable {name} is {message}"):
        prepare_process()


def test_without_the_environment_a_script_names_the_remedy():
    """Run by a Python without the installed packages, as if the environment was not activated."""
    script, stages = str(ROOT / "stages/download.py"), str(ROOT / "stages")
    program = f"import sys, runpy; sys.argv = [{script!r}]; sys.path.insert(0, {stages!r})"
    program += f"; runpy.run_path({script!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("download: the package ")
    remedy = "`make install` sets up .venv with the extra pipeline, `source .venv/bin/activate` activates it\n"
    assert done.stderr.endswith(remedy)
