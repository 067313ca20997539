"""JSON and JSON Lines: the same rows in both, and errors with their line."""

import json
from functools import partial

import pytest
from helpers.formats import read, refusals
from hypothesis import given, settings
from hypothesis import strategies as st

from tagline.sources.formats.json_objects import read_rows

FIRST = {"id": 7, "w": ["Ada", "a\u2028"], "t": ["B-X", "O"], "more": {"x": [None]}}
ROWS = [FIRST, {"id": "b", "w": ["in"], "t": ["O"]}]
KEYS = {"words": "w", "tag_columns": {"ner": "t"}, "names": {"ner": ["O", "B-X"]}, "id": "id"}


ALIKE = [
    "\ufeff\r\n" + "\r\n\r\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS) + "\r\n \r\n",
    "\ufeff" + json.dumps(ROWS, indent=4, ensure_ascii=False).replace("\n", "\r\n"),
    json.dumps(ROWS).replace('["B-X", "O"]', "[1, 0]"),
    json.dumps({"version": "1", "nlu": {"synonyms": [], "examples": ROWS}}, indent=1),
]


@pytest.mark.parametrize("content", ALIKE)
def test_forms_that_are_read_alike(tmp_path, content):
    first, second = read(tmp_path, "json", content, **KEYS)
    assert (first.id, first.words, first.tags) == ("7", ["Ada", "a\u2028"], {"ner": ["B-X", "O"]})
    assert (second.id, second.words, second.tags) == ("b", ["in"], {"ner": ["O"]})
    numbered = not content.startswith("\ufeff\r\n")
    for number, sentence in enumerate((first, second), 1):
        location = sentence.location.removeprefix(f"{tmp_path}/f:")
        if numbered:
            assert location == f" row {number}"
        else:
            line = content.split("\n")[int(location) - 1]
            assert line.lstrip(" [\ufeff")[0] == "{"


TEXT = st.text(st.characters(codec="utf-8"), max_size=9)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, partial(st.lists, max_size=3), max_leaves=5)


@settings(max_examples=30)
@given(rows=st.lists(st.dictionaries(TEXT, VALUES, max_size=3), min_size=1, max_size=4), ascii_only=st.booleans())
def test_both_forms_give_what_was_written(tmp_path_factory, rows, ascii_only):
    path = tmp_path_factory.mktemp("json") / "file"
    for text in (json.dumps(rows, ensure_ascii=ascii_only, indent=1), "\n".join(json.dumps(row) for row in rows)):
        path.write_text(text, encoding="utf-8", newline="\n")
        assert [row for _, row in read_rows(path)] == rows


def test_words_are_stripped_and_skipped_by_the_rules(tmp_path):
    rows = [{"w": ["en:Ada", " ", None, "en:Bo"], "t": ["X ", "O", "O", "X"]}, {"w": [], "t": []}, {"w": None, "t": []}]
    keys = {"words": "w", "tag_columns": {"ner": "t"}, "strip_pattern": "^en:", "empty_words": "skip"}
    first, *empty = read(tmp_path, "json", rows, **keys)
    assert (first.words, first.tags["ner"]) == (["Ada", "Bo"], ["X", "X"])
    assert first.notes == tuple(("empty_words", f"{tmp_path}/f:1, word {index}", "") for index in (1, 2))
    for line, sentence in enumerate(empty, 2):
        notes = [note[:2] for note in sentence.notes]
        assert (sentence.words, notes) == ([], [("empty_sentences", f"{tmp_path}/f:{line}")])


def row(**values: object):
    """A right object of a sentence but for some values."""
    return json.dumps({"id": 1, "w": ["a", "b"], "t": ["O", "B-X"], **values})


EXPECTED = "expected JSON objects, one per line or all in one list"


test_malformed_object_is_reported_by_line = refusals(
    "json",
    ("", f": no sentence; {EXPECTED}"),
    (row() + "\n[1, 2]", f":2: [1, 2] is not an object; {EXPECTED}"),
    (f"[{row()},\n {row(id=2)}\n {{}}]", ":3: not JSON (Expecting ',' delimiter: column 2)"),
    (f'{{"data": [{row()}],\n"b" 2}}', f":2: not JSON (Expecting ':' delimiter: column 5); {EXPECTED}; correct it, or"),
    (
        '{\n"a": {"b": [' + row() + ']},\n"c": [{}]\n}',
        ": an object over several lines with 2 lists of objects (a.b, c)",
    ),
    ('{\n"a": {}\n}', ": an object over several lines with 0 lists of objects (none); expected one such list"),
    ('{\n"a": [' + row() + ", 1]\n}", ": row 2: 1 is not an object"),
    ('{\n"a": [{}]\n}\n{}', ":4: not JSON (Extra data: column 1)"),
    ('{"a": ' + "[" * 100_000, ":1: JSON beyond Python's limits (maximum recursion depth exceeded"),
    (
        f'{{"data": [{row()}],\n"data": [{row()}]}}',
        ":1: the key 'data' is in one object twice; expected each key once; rename one",
    ),
    (row().replace('"a"', '"\\ud800"'), ":1: half of a surrogate pair (\\ud800 to \\udfff); expected whole"),
    ('{"w": ["a"], "t": ["O"]}', ":1: the key 'id' is missing (keys: 'w', 't')"),
    (json.dumps({"x" * 5000: 1}), ":1: the key 'w' is missing (keys: 'xxx"),
    (f"{row()}\n{row(t=['O'])}", ":2: 2 words in 'w' but 1 tags in 't'; expected one tag per word"),
    (row(w="x" * 5000), ":1: 'w' must be a list of words, none of them empty; got 'xxx"),
    (row(w=["a", None]), ":1: 'w' must be a list of words, none of them empty; got ['a', None]; to skip such"),
    (row(w=[], t=[]), ":1: 'w' must be a list of words, none of them empty; got []"),
    (row(t="O O"), ":1: 't' must be a list of label names or of label numbers; got 'O O'"),
    (row(t=["O", 1]), ":1: 't' must be a list of label names or of label numbers; got ['O', 1]"),
    (row(t=[0, 2]), ":1: label numbers in 't' must be 0 to 1; got [0, 2]"),
    **KEYS,
)
