"""Output files contain complete lines, whatever interrupts them."""

import resource
from pathlib import Path

from helpers.messages import message_of

from tagline.tools.answers.outputs import OutputFile


def test_full_disk_keeps_the_lines_before(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "out")
    file.write("first\n", "replaced")
    file.write("whole\n", ".")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (14, limits[1]))
    try:
        message = message_of(file.write, "this is too much\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert message == f"{tmp_path / 'out'}: File too large"
    assert file.path.read_text() == "first\nwhole\n."
