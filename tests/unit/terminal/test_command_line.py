"""Wrong usage."""

import sys

import pytest

from tagline.terminal import take_no_arguments


def test_unknown_argument_is_wrong_usage_and_shown_safely(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["program", "https://ada:secret@host\x1b[2J" + "x" * 5000])
    with pytest.raises(SystemExit) as raised:
        take_no_arguments("")
    assert raised.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("program: error: unrecognized arguments: https://***@host\\x1b[2Jxxx")
    assert error.endswith(f"...{'x' * 200}")
