"""Output files contain complete lines, whatever interrupts them."""

import resource
from contextlib import contextmanager

import pytest

from tagline.tools.answers.outputs import LineWriter, Output


@contextmanager
def space_for(size):
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
    for item in "12":
        output.write([item])
    with space_for(10):
        output.write(["this is too much"])
    assert (tmp_path / "out").read_text() == "[1\n,2\n]\n"


def test_full_disk_keeps_the_earlier_file(tmp_path):
    path = tmp_path / "out"
    path.write_text("of yesterday")
    with space_for(10):
        Output(path, LineWriter("{}\n".format)).write(["this is too much"])
    assert [*tmp_path.iterdir()] == [path] and path.read_text() == "of yesterday"
