"""Sinks: whole lines, whatever comes between."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pytest

from tagging.faults import Fault
from tagging.interruption import SIGNALS, Interrupted, heeding
from tagging.predict.sinks import File, interrupted_later


def test_an_earlier_file_stays_until_there_is_something_to_write(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("earlier, and longer than what comes")
    sink = File(path)
    assert path.read_text().startswith("earlier")
    sink.write("one\n")
    sink.write("")
    sink.write("tw\u00f6\n")
    assert path.read_text(encoding="utf-8") == "one\ntw\u00f6\n"


def test_going_on_cuts_off_what_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("one\ntw")
    File(path, size=4).write("")
    assert path.read_text() == "one\n"
    File(path, size=4).write("two\n")
    assert path.read_text() == "one\ntwo\n"


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    sink = File(tmp_path / "out")
    sink.write("whole\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(Fault) as raised:
            sink.write("this is too much\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(raised.value) == f"{tmp_path / 'out'}: File too large"
    assert sink.path.read_text() == "whole\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_waits_for_the_end_of_the_block(number: int) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    done = []
    with pytest.raises(Interrupted) as raised, heeding(), interrupted_later():
        signal.raise_signal(number)
        done.append("whole")
    signal.alarm(0)  # else the process would end soon
    assert done == ["whole"]
    assert raised.value.status == 128 + number
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_a_second_signal_does_not_wait() -> None:
    with pytest.raises(Interrupted), heeding(), interrupted_later():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("it waited")
    signal.alarm(0)


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupted_later():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
