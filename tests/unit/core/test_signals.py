"""Signals, mostly sent to processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers.project import ROOT

from tagline.core.signals import SIGNALS, Interrupted, defer_signals, keep_running, raise_on_signals

BEGIN = f"import os, signal, sys, threading, time; sys.path.insert(0, {str(ROOT / 'stages')!r})\n"
STAGE = """
from tagline.core.errors import exit_with_message
from tagline.core import signals
{set_up}
def main():
    print("begun", flush=True)
    {body}
exit_with_message(main)
"""


def start(code: str, **options: object) -> subprocess.Popen[str]:
    """Start a program and wait for its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    assert process.stdout.readline() == "begun\n"
    return process


def end(process: subprocess.Popen[str], *numbers: signal.Signals) -> tuple[int, str]:
    """Send signals; return the status and standard error."""
    for number in numbers:
        process.send_signal(number)
    error = process.communicate()[1]
    return process.returncode, error


@pytest.mark.parametrize(
    ("number", "status", "message"),
    [
        (signal.SIGINT, 130, "-c: interrupted\n"),
        (signal.SIGTERM, 143, "-c: ended by SIGTERM\n"),
    ],
)
def test_status_and_message(number: signal.Signals, status: int, message: str) -> None:
    assert end(start(STAGE.format(set_up="", body="time.sleep(1000)")), number) == (status, message)


def test_a_second_signal_is_ignored() -> None:
    body = """
    try:
        time.sleep(1000)
    finally:
        os.kill(os.getpid(), signal.SIGINT)
    """
    ended = end(start(STAGE.format(set_up="", body=body)), signal.SIGTERM)
    assert ended == (143, "-c: ended by SIGTERM\n")


def test_a_process_that_does_not_end_is_ended() -> None:
    """With the same status: an exception in a destructor is lost, for example."""
    body = """
    while True:
        try:
            print("begun", flush=True)
            time.sleep(1000)
        except KeyboardInterrupt:
            pass
    """
    # It prints the line within the block that catches the exception.
    catching = STAGE.replace('    print("begun", flush=True)\n', "")
    status, _ = end(start(catching.format(set_up="signals.GRACE = 1", body=body)), signal.SIGTERM)
    assert status == 143


def test_a_signal_that_was_ignored_stays_ignored() -> None:
    """Shells ignore SIGINT in background jobs."""
    set_up = "signal.signal(signal.SIGINT, signal.SIG_IGN)"
    assert end(start(STAGE.format(set_up=set_up, body="input()")), signal.SIGINT, signal.SIGTERM)[0] == 143


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_main_a_stage_ends_silently(number: signal.Signals) -> None:
    process = start(
        "from tagline.core.signals import default_sigint\ndefault_sigint()\n"
        "print('begun', flush=True)\ntime.sleep(1000)"
    )
    assert end(process, number) == (-number, "")


@pytest.mark.parametrize("stage", ["download", "tokenize_align", "train", "evaluate", "export"])
def test_stages_prepare_the_process_before_they_import_libraries(stage: str) -> None:
    lines = (ROOT / f"stages/{stage}.py").read_text(encoding="utf-8").split("\n")
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert imports[:2] == ["from __future__ import annotations", "from tagline.core.startup import prepare_process"]
    assert lines.index("    prepare_process()") < lines.index(imports[2])


LEFT_BEHIND = """
import subprocess
child = subprocess.Popen({command!r}, env=os.environ | {{"DVC_STAGE": "train"}})
input()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open")
@pytest.mark.parametrize("shell", [[], ["sh", "-c", '"$@"; exit', "sh"]], ids=["directly", "in a shell"])
def test_a_stage_ends_with_its_dvc(shell: list[str], tmp_path: Path) -> None:
    set_up = "signals.default_sigint()"
    command = [*shell, sys.executable, "-c", BEGIN + STAGE.format(set_up=set_up, body="time.sleep(1000)")]
    dvc = start(LEFT_BEHIND.format(command=command))
    dvc.kill()
    # The pipe is closed when the last process that has it open has ended.
    assert dvc.communicate()[1] == "-c: ended by SIGTERM\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_deferred_to_the_end_of_the_block(number: int) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    done = []
    with pytest.raises(Interrupted) as raised, raise_on_signals(), defer_signals():
        signal.raise_signal(number)
        done.append("whole")
    keep_running()
    assert done == ["whole"]
    assert raised.value.status == 128 + number
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_a_second_signal_is_not_deferred() -> None:
    with pytest.raises(Interrupted), raise_on_signals(), defer_signals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("it was deferred")
    keep_running()


def test_ignored_signals_are_not_deferred() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with defer_signals():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_deferred() -> None:
    done = []

    def work() -> None:
        with defer_signals():
            done.append("whole")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["whole"]
