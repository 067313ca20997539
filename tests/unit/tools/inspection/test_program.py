"""`tagline inspect --output`: a reader is begun for what no format reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.project import exit_of
from helpers.tiny import write_params
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from tagline.sources.formats.registry import AnyFiles

# The content of a file that no format reads, and what the beginning of its reader prints.
UNREAD = [
    ("Ada lives.\nShe lives in Oslo.\n", "Ada lives."),
    ("satz;wort\n1;Ada\n", "{'satz': '1', 'wort': 'Ada'}"),
    (json.dumps([{"name": "Ada"}], indent=1), "{'name': 'Ada'}"),
]


@pytest.mark.parametrize("content, printed", UNREAD)
def test_reader_is_begun_for_a_file_that_no_format_reads(tmp_path, monkeypatch, content, printed):
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)
    Path("mine").mkdir()
    Path("mine/a.txt").write_text(content)
    message = exit_of("inspect", "mine/a.txt", "--output", "mine.yaml")
    assert "wrote mine/reader.py, whose function read() is yours to complete: `python mine/reader.py` prints" in message
    command = [sys.executable, "mine/reader.py"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith(f"{printed}\n")
    dataset = YAML(typ="safe").load(Path("mine.yaml").read_text())["download"]["dataset"]
    keys = TypeAdapter(AnyFiles).validate_python(dataset)
    assert (keys.format, keys.reader, keys.train) == ("own", "reader.py", "a.txt")
