"""Standard output."""

import os
import subprocess
import sys

from helpers.project import ROOT


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-c", "from tagline.terminal.printing import show; show('a')"]
    done = subprocess.run(program, cwd=ROOT / "stages", stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
