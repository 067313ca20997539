"""Start-up: how waiting threads behave, and what is shown when the environment is not activated."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from helpers.project import ROOT

from tagline.core import startup

VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "300", "KMP_BLOCKTIME": "0"}),
        ({"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "7", "KMP_BLOCKTIME": "0"}),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, {"OMP_WAIT_POLICY": "ACTIVE"}),
    ],
)
def test_threads_wait_as_the_user_says(
    given: dict[str, str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(startup, "default_sigint", lambda: None)  # pytest has its own
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(os, "environ", dict(given))
    startup.prepare_process()
    assert {name: os.environ[name] for name in VARIABLES if name in os.environ} == expected


def test_an_endpoint_that_the_libraries_cannot_be_imported_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "default_sigint", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("HF_ENDPOINT", "http://ada:secret@[::1")
    with pytest.raises(
        SystemExit, match=r": environment variable HF_ENDPOINT is http://\*\*\*@\[::1 \(Invalid IPv6 URL\)"
    ):
        startup.prepare_process()


def test_timeout_of_the_hub_that_is_no_number_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "default_sigint", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "10s")
    with pytest.raises(SystemExit, match="environment variable HF_HUB_ETAG_TIMEOUT is '10s'; expected seconds"):
        startup.prepare_process()


@pytest.mark.parametrize("script", ["download", "pipeline"])
def test_without_the_environment_a_script_names_the_remedy(script: str) -> None:
    """Run by a Python without the installed packages, as if the environment was not activated."""
    command = [sys.executable, "-I", "-S", str(ROOT / f"stages/{script}.py")]
    program = f"import sys, runpy; sys.argv = {command[-1:]!r}; sys.path.insert(0, {str(ROOT / 'stages')!r})"
    program += f"; runpy.run_path({command[-1]!r}, run_name='__main__')"
    done = subprocess.run([*command[:-1], "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{script}: the package ")
    assert done.stderr.endswith("`make install` sets up .venv, `source .venv/bin/activate` activates it\n")


@pytest.mark.parametrize(
    ("library", "debug", "shown"), [("torch", "", False), ("torch", "1", True), ("tagline.none", "", True)]
)
def test_traceback_is_shown_on_request_and_of_our_own_modules(
    library: str, debug: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TAGLINE_DEBUG", debug)
    error = ModuleNotFoundError("no such module", name=library)
    startup._without_traceback(type(error), error, None)
    printed = capsys.readouterr().err
    assert ("ModuleNotFoundError" in printed) == shown
    assert ("the package torch is not installed; `make install`" in printed) != shown
