"""JSON and JSON Lines: the same rows in both, and errors with their line."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from helpers.formats import fault
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.sources.formats.cleaning import WordRules
from tagline.sources.formats.json_rows import read_rows, read_sentences
from tagline.sources.formats.lists import Keys

ROWS = [
    {"id": 7, "tokens": ["Ada", "a\u2028"], "tags": ["B-PER", "O"], "more": {"x": [None]}},
    {"id": "b", "tokens": ["in"], "tags": ["O"]},
]
KEYS = Keys("tokens", {"ner": "tags"}, {"ner": ["O", "B-PER"]}, "id")


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(map(json.dumps, ROWS)),
        "\ufeff\r\n" + "\r\n\r\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + "\r\n \r\n",
        json.dumps(ROWS),
        "\ufeff" + json.dumps(ROWS, indent=4, ensure_ascii=False).replace("\n", "\r\n"),
        json.dumps(ROWS).replace('["B-PER", "O"]', "[1, 0]"),
        json.dumps({"data": ROWS}),
        json.dumps({"data": ROWS, "version": [1]}, indent=1),
    ],
)
def test_forms_that_are_read_alike(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content.encode())
    first, second = read_sentences(path, KEYS)
    assert (first.id, first.words, first.tags) == ("7", ["Ada", "a\u2028"], {"ner": ["B-PER", "O"]})
    assert (second.id, second.words, second.tags) == ("b", ["in"], {"ner": ["O"]})


def test_rows_of_an_indented_list_know_their_line(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(ROWS, indent=1))
    lines = path.read_text().split("\n")
    assert [lines[number - 1] for number, _ in read_rows(path)] == [" {", " {"]


def row(**values: object) -> str:
    """A right object of a sentence but for some values."""
    return json.dumps({"id": 1, "w": ["a", "b"], "t": ["O", "B-X"], **values})


EXPECTED = "expected JSON objects, one per line or all in one list"
NAMES = "'t' must be a list of label names or of label numbers; got the item"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", f": no sentence; {EXPECTED}"),
        ("[\n]", f": no sentence; {EXPECTED}"),
        (row() + "\n[1, 2]", f":2: '[1, 2]' is not an object; {EXPECTED}"),
        ("[1]", f":1: '1' is not an object; {EXPECTED}"),
        ("a O\n", f":1: not JSON (Expecting value); {EXPECTED}"),
        (f"{row()}\n{row(id=2)} {{}}\n", f":2: text after the object; {EXPECTED}"),
        (f"[{row()},\n {row(id=2)}\n {{}}]", ":2: no comma or closing bracket after this object"),
        (f"[{row()},\n {row(id=2)}", ":2: no comma or closing bracket after this object"),
        (f"[{row()},\n]", ":2: not JSON (Expecting value)"),
        (f"\n\n[{row()}]\n\n{{}}", f":5: text after the list's closing bracket; {EXPECTED}"),
        ('[\n{"a": 1,\n"b" 2}]', ":3: not JSON (Expecting ':' delimiter)"),
        (f'{{"data": [{row()}],\n"b" 2}}', f":1: text after the list's closing bracket; {EXPECTED}"),
        ("{\n}", ":1: not JSON (Expecting property name enclosed in double quotes)"),
        ('{"a": ' + "[" * 100_000, ":1: JSON beyond Python's limits (maximum recursion depth exceeded"),
        ('{"a": ' + "1" * 5000 + "}", ":1: JSON beyond Python's limits (Exceeds the limit"),
        ('{"w": ["a"], "t": ["O"], "w": ["b"]}', ":1: the key 'w' is in one object twice"),
        (row().replace('"a"', '"\\ud800"'), ":1: half of a surrogate pair (\\ud800 to \\udfff); expected whole"),
        (row().encode("utf-16"), ":1: not UTF-8 (invalid start byte); save the file as UTF-8"),
        ("{}", ":1: the key 'w' is missing (keys: none)"),
        ('{"w": ["a"], "t": ["O"]}', ":1: the key 'id' is missing (keys: 'w', 't')"),
        (f"{row()}\n{row(t=['O'])}", ":2: 2 words in 'w' but 1 tags in 't'; expected one tag per word"),
        (row(w="a b"), ":1: 'w' must be a list of words; got 'a b'"),
        (row(w=["a", None]), ":1: 'w' must be a list of words; got the item None"),
        (row(w=[1, "a"]), ":1: 'w' must be a list of words; got the item 1"),
        (row(w=["a", " "]), ":1: 'w' must be a list of words; got the item ' '"),
        (row(w=[], t=[]), ":1: 'w' is empty; expected at least one word"),
        (row(t="O O"), ":1: 't' must be a list of tags; got 'O O'"),
        (row(t=["O", 1]), f":1: {NAMES} 1"),
        (row(t=[1, "O"]), f":1: {NAMES} 'O'"),
        (row(t=[1, True]), f":1: {NAMES} True"),
        (row(t=[0.5, 1]), f":1: {NAMES} 0.5"),
        (row(t=["O", ""]), f":1: {NAMES} ''"),
        (row(t=[0, 2]), ":1: 2 in 't' is not a label number; expected 0 to 1"),
        (row(t=[0, -1]), ":1: -1 in 't' is not a label number; expected 0 to 1"),
        (row(id=None), ":1: 'id' must be a non-empty string or an integer; got None"),
        (row(id=""), ":1: 'id' must be a non-empty string or an integer; got ''"),
        (row(id=1.0), ":1: 'id' must be a non-empty string or an integer; got 1.0"),
        (row(id=["x" * 5000]), ":1: 'id' must be a non-empty string or an integer; got ['xxx"),
        (row(w="x" * 5000), ":1: 'w' must be a list of words; got 'xxx"),
        (json.dumps({"x" * 5000: 1}), ":1: the key 'w' is missing (keys: 'xxx"),
    ],
)
def test_malformed_object_is_reported_by_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    keys = {"words": "w", "tag_columns": {"ner": "t"}, "names": {"ner": ["O", "B-X"]}, "id": "id"}
    found = fault(tmp_path, "json", content, **keys)
    assert found.startswith(f"f{message}")
    assert "x" * 201 not in found


TEXT = st.text(st.characters(codec="utf-8"), max_size=9)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, partial(st.lists, max_size=3), max_leaves=5)


@settings(max_examples=30)
@given(rows=st.lists(st.dictionaries(TEXT, VALUES, max_size=3), min_size=1, max_size=4), ascii_only=st.booleans())
def test_both_forms_give_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list, ascii_only: bool
) -> None:
    path = tmp_path_factory.mktemp("json") / "file"
    for text in (json.dumps(rows, ensure_ascii=ascii_only, indent=1), "\n".join(json.dumps(row) for row in rows)):
        path.write_text(text, encoding="utf-8", newline="\n")
        assert [row for _, row in read_rows(path)] == rows


def test_words_by_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text(
        '{"w": ["en:Ada", " ", null, "en:Bo"], "t": ["X ", "O", "O", "X"]}\n{"w": [], "t": []}\n{"w": null, "t": []}\n'
    )
    keys = Keys("w", {"ner": "t"}, rules=WordRules("^en:", skip_empty=True))
    first, *empty = read_sentences(path, keys)
    assert (first.words, first.tags, first.notes) == (
        ["Ada", "Bo"],
        {"ner": ["X", "X"]},
        (("empty_words", f"{path}:1, word 1"), ("empty_words", f"{path}:1, word 2")),
    )
    assert [sentence.words for sentence in empty] == [[], []]
