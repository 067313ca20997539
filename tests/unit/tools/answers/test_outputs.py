"""Output files contain complete lines, whatever interrupts them."""

import resource

from helpers.messages import message_of

from tagline.tools.answers.outputs import Lines, Output


def test_full_disk_keeps_the_lines_before(tmp_path):
    output = Output(tmp_path / "out", Lines("{}\n".format, is_list=True))
    output.write(["1"])
    output.write(["2"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        message = message_of(output.write, ["this is too much"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert message == f"{tmp_path / 'out'}: File too large"
    assert (tmp_path / "out").read_text() == "[1\n,2\n]\n"
