"""Signals, mostly sent to processes of their own."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.project import ROOT

from tagline.terminal.signals import Interrupted, defer_signals, raise_on_signals

BEGIN = f"import os, signal, subprocess, sys, time; sys.path.insert(0, {str(ROOT / 'stages')!r})\n"
STAGE = """
from tagline.terminal.process import exit_with_message
from tagline.terminal import signals
{set_up}
def main():
    {body}
exit_with_message(main)
"""
SLEEP = "print('begun', flush=True); time.sleep(1000)"
AGAIN = f"""
    try:
        {SLEEP}
    finally:
        os.kill(os.getpid(), signal.SIGINT)
"""
ENDLESS = f"""
    while True:
        try:
            {SLEEP}
        except KeyboardInterrupt:
            pass
"""


def start_program(code):
    """Start a program and wait for its first line."""
    command = [sys.executable, "-c", BEGIN + code]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen(command, text=True, **pipes)
    assert process.stdout.readline() == "begun\n"
    return process


# Python prints an exception in a destructor by a hook, and goes on.
DESTRUCTOR = f"""
    class Slow:
        def __del__(self):
            {SLEEP}
    sys.unraisablehook = lambda _: None
    Slow()
"""

ENDED = (143, "-c: ended by SIGTERM\n")
# What is set up, the body of main, the signals that are sent, and the end.
ENDINGS = {
    "once": ("", SLEEP, ["SIGINT"], (130, "-c: interrupted\n")),
    "twice": ("", AGAIN, ["SIGTERM"], ENDED),  # a second signal is ignored
    # In background jobs shells ignore SIGINT, which then stays ignored.
    "ignored before": ("signal.signal(signal.SIGINT, signal.SIG_IGN)", SLEEP, ["SIGINT", "SIGTERM"], ENDED),
    "in a destructor": ("", DESTRUCTOR, ["SIGTERM"], ENDED),
    "exception lost": ("signals.GRACE = 1", ENDLESS, ["SIGTERM"], (143, "")),  # in a destructor, for example
    # While libraries are imported.
    "before main": ("signals.default_sigint()\n" + SLEEP, "pass", ["SIGINT"], (-signal.SIGINT, "")),
}


@pytest.mark.parametrize("set_up, body, sent, ended", ENDINGS.values(), ids=ENDINGS)
def test_signal_ends_a_stage_with_one_line(set_up, body, sent, ended):
    process = start_program(STAGE.format(set_up=set_up, body=body))
    for name in sent:
        process.send_signal(signal.Signals[name])
    error = process.communicate()[1]
    assert (process.returncode, error) == ended


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open")
def test_stage_ends_with_its_dvc_that_started_it_in_a_shell():
    stage = BEGIN + STAGE.format(set_up="signals.default_sigint()", body=SLEEP)
    command = ["sh", "-c", '"$@"; exit', "sh", sys.executable, "-c", stage]
    dvc = start_program(f"subprocess.Popen({command!r}, env=os.environ | {{'DVC_STAGE': 'train'}})\ninput()")
    dvc.kill()
    # The pipe is closed when the last process that has it open has ended.
    assert dvc.communicate()[1] == "-c: ended by SIGTERM\n"


@pytest.mark.usefixtures("outliving")
def test_second_signal_is_not_deferred():
    with pytest.raises(Interrupted), raise_on_signals(), defer_signals():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("it was deferred")


def test_block_in_another_thread_defers_nothing():
    def work():
        with defer_signals():
            return "whole"

    with ThreadPoolExecutor() as pool:
        assert pool.submit(work).result() == "whole"
