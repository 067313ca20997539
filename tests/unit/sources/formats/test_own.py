"""own: rows that a reader of one's own yields, checked as those of any format; errors name the row and the line."""

from pathlib import Path

import pytest
from helpers.annotated import tagged
from helpers.formats import by_split
from helpers.messages import refused
from pydantic import TypeAdapter

from tagline.core import sha256
from tagline.sources.files import FileSource
from tagline.sources.formats.registry import AnyFiles
from tagline.terminal.errors import UserError

READER = """
def read(path):
    for number, line in enumerate(path.read_text().splitlines()):
        left, right = line.split("|")
        if right.isdigit():
            yield {"text": left, "spans": [(0, int(right), "PER")], "id": number, "document": "a"}
        else:
            yield {"words": left.split(), "tags": right.split(), "document": "b"}
"""


def read(folder: Path, code: str, content: str = "x", **keys: str):
    (folder / "in").mkdir()
    (folder / "reader.py").write_text(code)
    for name in ("a", "b"):
        (folder / "in" / name).write_text(content + "\n" * (name == "b"))
    dataset = {"format": "own", "reader": "reader.py", "tag_column": "ner", "train": "in/a", "validation": "in/b"}
    source = FileSource(folder, TypeAdapter(AnyFiles).validate_python({"source": "files", **dataset, **keys}))
    return source, by_split(source)["train"]


def test_rows_of_words_and_of_texts_are_read(tmp_path):
    source, (text, words) = read(tmp_path, READER, "Ada in Oslo|3\nBo left|B-PER O")
    assert (tagged(text), text.id, text.document) == ("Ada/B-PER", "0", "a")
    assert (tagged(words), words.id, words.document) == ("Bo/B-PER", None, "b")
    assert words.location == f"{tmp_path}/in/a: row 2 (reader.py:8)"
    hashed = {"path": "reader.py", "sha256": sha256(tmp_path / "reader.py")}
    assert hashed in source.provenance()["files"]["train"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "reader.py"], "DVC hashes the folder"


ROW = "def read(path):\n    yield {}\n"
test_wrong_row_is_reported_with_the_line_of_the_reader = refused(
    read,
    (
        ROW.format('{"words": ["Ada"], "tags": []}'),
        "in/a: row 1 (reader.py:2): 1 words in 'words' but 0 tags in 'tags'",
    ),
    (ROW.format('{"words": ["Ada"], "tag": []}'), "in/a: row 1 (reader.py:2): {'words': ['Ada'], 'tag': []}; expected"),
    (
        ROW.format('{"words": {"Ada"}, "tags": []}'),
        "in/a: row 1 (reader.py:2): {'words': {'Ada'}, 'tags': []} is no JSON",
    ),
    (
        ROW.format('{"text": "Ada", "spans": [[0, "3", "X"]]}'),
        "in/a: row 1 (reader.py:2): start and end of a span must",
    ),
    (ROW.format("1 / 0"), "reader.py:2: ZeroDivisionError (division by zero), after row 0 of "),
    ("def read(path:\n", "reader.py:1: SyntaxError ("),
    ("def rows(path): ...\n", "reader.py: no function read(path); expected {"),
    ("def read(path): return []\n", "in/a: reader.py yields no row; expected {"),
)


@pytest.mark.parametrize(("reader", "message"), [("../reader.py", "reader"), ("no.py", "in/no.py: no such file")])
def test_reader_is_a_file_of_the_folder(tmp_path, reader, message):
    with pytest.raises((UserError, ValueError), match=message):
        read(tmp_path, READER, "Ada|3", reader=reader)
