"""JSON and JSON Lines: the same rows in both, and errors with their line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.core.errors import UserError
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"a": 1}\n{"a": 1} {"a": 2}\n',
            ":2: text after the object; expected JSON objects, one per line or all in one",
        ),
        ('[{"a": 1},\n {"a": 2}\n {"a": 3}]', ":2: no comma or closing bracket after this object"),
        ('[{"a": 1},\n {"a": 2}', ":2: no comma or closing bracket after this object"),
        ('[{"a": 1},\n {"a": 2},\n]', ":3: not JSON (Expecting value)"),
        ('[{"a": 1}]\n{"a": 2}', ":2: text after the list's closing bracket; expected JSON objects"),
        ('\n\n[{"a": 1}]\n\n{"a": 2}', ":5: text after the list's closing bracket"),
        ('\n\n[{"a": 1},\n{"a" 2}]', ":4: not JSON (Expecting ':' delimiter)"),
        ('[\n{"a": 1,\n"b" 2}]', ":3: not JSON (Expecting ':' delimiter)"),
        ('{"data": [{"a": 1}],\n"b" 2}', ":1: text after the list's closing bracket; expected JSON objects"),
        ("[\n]", ": no sentence; expected JSON objects"),
        ("{\n}", ":1: not JSON (Expecting property name enclosed in double quotes)"),
        ('{"a": ' + "[" * 100_000, ":1: JSON beyond Python's limits (maximum recursion depth exceeded"),
        ('{"a": ' + "1" * 5000 + "}", ":1: JSON beyond Python's limits (Exceeds the limit"),
    ],
)
def test_malformed_files(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(content)
    with pytest.raises(UserError) as raised:
        list(read_rows(path))
    assert f"{path}{message}" in str(raised.value)


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8")), st.lists)


@given(
    rows=st.lists(st.dictionaries(st.text(st.characters(codec="utf-8")), VALUES), min_size=1), ascii_only=st.booleans()
)
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
    with pytest.raises(UserError, match="f:1: 'w' must be a list of words; got the item ' '"):
        list(read_sentences(path, replace(keys, rules=WordRules())))
