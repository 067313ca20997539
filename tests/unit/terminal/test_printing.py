"""Standard output."""

import os
import subprocess
import sys

from helpers.project import ROOT

from tagline.terminal.printing import filled

DOCSTRING = f"""A paragraph of{" words" * 12}
is filled.

    a command

  name, key  {" words" * 12}
              and more
  other       x

one  line
two {" words" * 13}
"""
FILLED = f"""A paragraph of{" words" * 11}
words is filled.

    a command

  name, key  {" words" * 11}
              words and more
  other       x

one  line
two {" words" * 12}
     words"""


def test_paragraphs_of_a_docstring_are_filled_and_rows_of_a_table_wrapped():
    assert filled(DOCSTRING) == FILLED


def test_a_closed_pipe_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-c", "from tagline.terminal.printing import show; show('a')"]
    done = subprocess.run(program, cwd=ROOT / "stages", stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
