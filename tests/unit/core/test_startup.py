"""Start-up: how waiting threads behave, and what is shown when the environment is not activated."""

import os
import subprocess
import sys

import pytest
from helpers.project import ROOT

from tagline.core import startup


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "default_sigint", lambda: None)  # pytest has its own
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def test_threads_wait_as_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    passive = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
    for given, added in (({"GOMP_SPINCOUNT": "7"}, passive), ({"OMP_WAIT_POLICY": "ACTIVE"}, {})):
        monkeypatch.setattr(os, "environ", dict(given))
        startup.prepare_process()
        assert os.environ == given | added


WRONG_VARIABLES = [
    ("HF_ENDPOINT", "http://ada:secret@[::1", r"http://\*\*\*@\[::1 \(Invalid IPv6 URL\)"),
    ("HF_HUB_ETAG_TIMEOUT", "10s", "'10s'; expected seconds"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG_VARIABLES)
def test_variable_that_no_library_takes_is_one_message(monkeypatch, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=f": environment variable {name} is {message}"):
        startup.prepare_process()


def test_without_the_environment_a_script_names_the_remedy() -> None:
    """Run by a Python without the installed packages, as if the environment was not activated."""
    command = [sys.executable, "-I", "-S", str(ROOT / "stages/download.py")]
    program = f"import sys, runpy; sys.argv = {command[-1:]!r}; sys.path.insert(0, {str(ROOT / 'stages')!r})"
    program += f"; runpy.run_path({command[-1]!r}, run_name='__main__')"
    done = subprocess.run([*command[:-1], "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("download: the package ")
    remedy = "`make install` sets up .venv with the extra pipeline, `source .venv/bin/activate` activates it\n"
    assert done.stderr.endswith(remedy)
