"""Output files contain complete lines, whatever interrupts them."""

import resource
from contextlib import contextmanager

import pytest

from tagline.tools.answers.outputs import LineWriter, Output


@contextmanager
def space_for(size: int):
    """The system refuses to write longer files in the block."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_full_disk_keeps_the_lines_before(tmp_path):
    output = Output(tmp_path / "out", LineWriter("{}\n".format, is_list=True))
    output.write(["1"])
    output.write(["2"])
    with space_for(10):
        output.write(["this is too much"])
    assert (tmp_path / "out").read_text() == "[1\n,2\n]\n"


def test_full_disk_keeps_the_earlier_file(tmp_path):
    (tmp_path / "out").write_text("of yesterday")
    with space_for(10):
        Output(tmp_path / "out", LineWriter("{}\n".format)).write(["this is too much"])
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {tmp_path / "out": "of yesterday"}
