"""Malformed input, a table of it: each is told in one message with its place, exit status 1, and earlier outs stay."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.project import error_of, run_stage
from helpers.tiny import TINY_PARAMS, tag_names, write_params

from tagline.artifacts import raw_data

FORMATS: dict[str, dict[str, Any]] = {
    "conll": {"columns": ["words", "ner"]},
    "conllu": {"layers": {"ner": "upos"}},
    "json": {"words": "w", "layers": {"ner": "t"}, "names": {"ner": ["O", "B-X"]}, "id": "id"},
    "csv": {"sentence": "s", "words": "w", "layers": {"ner": "t"}},
    "parquet": {"words": "w", "layers": {"ner": "t"}},
    "spans": {"layer": "ner", "misaligned_spans": "error"},
}


def write_input(dataset_format: str, content: str | bytes, **keys: object) -> None:
    """Put a file into the workspace, and params that name it for every split; train is read first."""
    Path("data/tiny/bad").write_bytes(content if isinstance(content, bytes) else content.encode())
    files = dict.fromkeys(("train", "validation", "test"), "bad")
    params: dict[str, Any] = copy.deepcopy(TINY_PARAMS)
    dataset = {"source": "files", "format": dataset_format, **FORMATS[dataset_format], **files, **keys}
    params["download"]["dataset"] = {key: value for key, value in dataset.items() if value != "LEFT OUT"}
    write_params(Path(), params)


def token(*fields: str) -> str:
    """A line of CoNLL-U: id, form and what else is given, the rest unspecified."""
    return "\t".join([*fields, *"_" * (10 - len(fields))]) + "\n"


def rows(*values: object) -> str:
    """JSON Lines of rows that are right but for what is given."""
    right = {"id": 1, "w": ["a", "b"], "t": ["O", "B-X"]}
    return "".join(json.dumps({**right, **value} if isinstance(value, dict) else value) + "\n" for value in values)


def text(*spans: object, text: object = "Ada in Oslo", label: str = "X") -> str:
    """A line of a text with spans, each as (start, end) or as it is."""
    made = [{"start": s[0], "end": s[1], "label": label} if isinstance(s, tuple) else s for s in spans]
    return json.dumps({"text": text, "spans": made}) + "\n"


def parquet(words: Any, tags: Any, metadata: dict[str, str] | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"w": words, "t": tags}).replace_schema_metadata(metadata), sink)
    return sink.getvalue()


WHOLE = parquet([["a", "b"]] * 99, [["O", "B-X"]] * 99)
NOT_UTF8 = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])

# format, content, message after the file's name
BAD_FILES: list[tuple[str, str | bytes, str]] = [
    ("conll", "a O\nb\n", ":2: 1 column in 'b', expected 2 (words ner)"),
    ("conll", "a O\nb O O\n", ":2: 3 columns in 'b O O', expected 2 (words ner)"),
    ("conll", "a\tO\n\tO\n", ":2: an empty column in '\\tO', expected 2 (words ner)"),
    ("conll", "a\tO\nb c O\n", ":2: 3 columns in 'b c O', expected 2 (words ner)"),
    ("conll", "", " holds no sentence: expected lines of 2 columns (words ner)"),
    ("conll", "\ufeff\r\n\r\n", " holds no sentence: expected lines of 2 columns (words ner)"),
    ("conll", "-DOCSTART- O\n", " holds no sentence: expected lines of 2 columns (words ner)"),
    ("conll", "a O\nb\0 O\n", ":2: a NUL byte; is this a text file?"),
    ("conll", "a O\nZoë O\n".encode("latin-1"), ":2: not UTF-8 (invalid continuation byte); save the file as UTF-8"),
    ("conll", "a O\n".encode("utf-16"), ":1: not UTF-8 (invalid start byte); save the file as UTF-8"),
    ("conll", b"a O\r\n\rb \xe9\r\n", ":3: not UTF-8 (invalid continuation byte); save the file as UTF-8"),
    ("conll", b"a O\nb \xe2\x82", ":2: not UTF-8 (unexpected end of data); save the file as UTF-8"),
    ("conllu", "# sent_id = 1\n1 a _ X\n", ":2: 1 column in '1 a _ X', expected 10 divided by tabs (id form"),
    ("conllu", token("1", ""), ":1: an empty column in '1\\t\\t_"),
    ("conllu", token("1", "a") + token("3", "b"), ":2: word id '3', expected 2: ids count from 1"),
    ("conllu", token("1", "a") + token("1", "b"), ":2: word id '1', expected 2: ids count from 1"),
    ("conllu", token("a", "a"), ":1: word id 'a', expected 1: ids count from 1"),
    ("conllu", "# sent_id = a\n# sent_id = b\n" + token("1", "a"), ":2: a second sent_id in one sentence; is an empty"),
    (
        "conllu",
        2 * ("# sent_id = a\n" + token("1", "a") + "\n"),
        ":5: the id 'a' stands at data/tiny/bad:2 already: ids must be unique inside a split",
    ),
    (
        "conllu",
        token("1", "a") + "\n# sent_id = train-0\n" + token("1", "b"),
        ":4: the id 'train-0' is of the kind that sentences without one get, as at data/tiny/bad:1: give each sentence",
    ),
    ("conllu", "# newdoc\n\n" + token("1-2", "ab"), " holds no sentence: expected lines of 10 columns (id form lemma"),
    ("json", "", " holds no sentence: expected JSON objects, one a line or all in one list"),
    ("json", "[]", " holds no sentence: expected JSON objects, one a line or all in one list"),
    ("json", rows({}, [1, 2]), ":2: no object but '[1, 2]'; expected JSON objects, one a line or all in one list"),
    ("json", "[1]", ":1: no object but '1'; expected JSON objects, one a line or all in one list"),
    ("json", rows({}) + '{"id": 2,\n', ":2: not JSON (Expecting property name enclosed in double quotes); expected"),
    ("json", "a O\n", ":1: not JSON (Expecting value); expected JSON objects"),
    ("json", '[{"id": 1, "w": ["a"], "t": ["O"]}', ":1: no comma or closing bracket after this object; expected"),
    ("json", '{"w": ["a"], "t": ["O"], "w": ["b"]}', ":1: the key 'w' stands twice in one object"),
    ("json", rows({}).replace('"a"', '"\\ud800"'), ":1: half of a surrogate pair (\\ud800 to \\udfff), which is no"),
    ("json", rows({}).encode("utf-16"), ":1: not UTF-8 (invalid start byte); save the file as UTF-8"),
    ("json", rows({}, {"id": 2, "t": ["O"]}), ":2: 2 words in 'w', 1 tags in 't'"),
    ("json", rows({"t": []}), ":1: 2 words in 'w', 0 tags in 't'"),
    ("json", '{"id": 1, "w": ["a"]}', ":1: no 't' (there is 'id', 'w')"),
    ("json", '{"w": ["a"], "t": ["O"]}', ":1: no 'id' (there is 'w', 't')"),
    ("json", "{}", ":1: no 'w' (there is nothing)"),
    ("json", rows({"w": "a b"}), ":1: 'w' must be a list of words, got 'a b'"),
    ("json", rows({"w": None}), ":1: 'w' must be a list of words, got None"),
    ("json", rows({"w": ["a", ""]}), ":1: 'w' must be a list of words, got '' in it"),
    ("json", rows({"w": ["a", None]}), ":1: 'w' must be a list of words, got None in it"),
    ("json", rows({"w": [1, "a"]}), ":1: 'w' must be a list of words, got 1 in it"),
    ("json", rows({"w": [], "t": []}), ":1: 'w' is empty: expected at least one word"),
    ("json", rows({"t": "O O"}), ":1: 't' must be a list of tags, got 'O O'"),
    ("json", rows({"t": ["O", 1]}), ":1: 't' must be a list of label names or of their numbers, got 1 in it"),
    ("json", rows({"t": [1, "O"]}), ":1: 't' must be a list of label names or of their numbers, got 'O' in it"),
    ("json", rows({"t": [1, True]}), ":1: 't' must be a list of label names or of their numbers, got True in it"),
    ("json", rows({"t": [0.5, 1]}), ":1: 't' must be a list of label names or of their numbers, got 0.5 in it"),
    ("json", rows({"t": ["O", ""]}), ":1: 't' must be a list of label names or of their numbers, got '' in it"),
    ("json", rows({"t": [0, 2]}), ":1: 2 in 't' is no number of a label: there are 2, from 0"),
    ("json", rows({"t": [0, -1]}), ":1: -1 in 't' is no number of a label: there are 2, from 0"),
    ("json", rows({"id": None}), ":1: 'id' must be a string or a whole number, got None"),
    ("json", rows({"id": ""}), ":1: 'id' must be a string or a whole number, got ''"),
    ("json", rows({"id": 1.0}), ":1: 'id' must be a string or a whole number, got 1.0"),
    ("json", rows({}, {"id": "1"}), ":2: the id '1' stands at data/tiny/bad:1 already: ids must be unique inside a"),
    ("csv", "", ":1: the column 's' is not in the header (empty)"),
    ("csv", "1,a,O\n1,b,O\n", ":1: the column 's' is not in the header (1, a, O)"),
    ("csv", "s;w;t\n1;a;O\n", ":1: the column 's' is not in the header (s;w;t)"),
    ("csv", "s,w,t,t\n1,a,O,O\n", ":1: the column 't' stands twice in the header (s, w, t, t)"),
    ("csv", "s,w,t\n", " holds no sentence: expected a row a word below the header"),
    ("csv", "s,w,t\n1,a,O\n1,b\n", ":3: 2 cells, expected 3 (s, w, t)"),
    ("csv", "s,w,t\n1,a,b,O\n", ":2: 4 cells, expected 3 (s, w, t)"),
    ("csv", "s,w,t\n1,a,O\n,b,O\n", ":3: the cell of 's' is empty"),
    ("csv", "s,w,t\n1,,O\n", ":2: the cell of 'w' is empty"),
    ("csv", "s,w,t\n1,a,\n", ":2: the cell of 't' is empty"),
    ("csv", 's,w,t\n1,a,O\n1,",O\n2,b,O\n', ":3: no CSV (unexpected end of data); a \" that is part of a word"),
    ("csv", 's,w,t\n1,"a"b,O\n', ":2: no CSV (',' expected after '\"'); a \" that is part of a word is written"),
    ("csv", 's,w,t\n1,",O\n1,",O\n', ":2: a cell goes on over the end of the line; is its quote not closed?"),
    ("csv", 's,w,t\n1,"' + "a" * 200_000, ":2: no CSV (field larger than field limit (131072))"),
    (
        "csv",
        "s,w,t\n1,a,O\n2,b,O\n1,c,O\n",
        ":4: the sentence '1' comes back, it began in line 2: the rows of a sentence must stand together",
    ),
    ("csv", "s,w,t\n1,a\0,O\n", ":2: a NUL byte; is this a text file?"),
    ("parquet", b"", ": no whole Parquet file (Parquet file size is 0 bytes)"),
    ("parquet", WHOLE[: len(WHOLE) // 2], ": no whole Parquet file ("),
    ("parquet", WHOLE[:4] + b"\xff" * 40 + WHOLE[44:], ": no whole Parquet file ("),
    ("parquet", b"a O\n" * 9, ": no whole Parquet file ("),
    ("parquet", parquet([], []), " holds no sentence: expected a row a sentence"),
    ("parquet", parquet([["a"], None], [["O"], ["O"]]), ": row 2: 'w' must be a list of words, got None"),
    ("parquet", parquet([["a"], [None]], [["O"], ["O"]]), ": row 2: 'w' must be a list of words, got None in it"),
    ("parquet", parquet([["a"], ["b", "c"]], [["O"], ["O"]]), ": row 2: 2 words in 'w', 1 tags in 't'"),
    ("parquet", parquet(["a b"], ["O O"]), ": row 1: 'w' must be a list of words, got 'a b'"),
    ("parquet", parquet([["a"]], [[0]]), ": row 1: 't' holds numbers: give their label names under download.dataset"),
    ("parquet", parquet([["a"]], [[0.0]]), ": row 1: 't' must be a list of label names or of their numbers, got 0.0"),
    ("parquet", parquet([["a"]], [["O"]], {"huggingface": "{"}), ": its metadata of `datasets` can't be read ("),
    (
        "parquet",
        parquet(pa.ListArray.from_arrays([0, 1], NOT_UTF8), [["O"]]),
        ": no whole Parquet file (",
    ),
    ("spans", "", " holds no sentence: expected JSON objects, one a line or all in one list"),
    ("spans", '{"spans": []}', ":1: no 'text'"),
    ("spans", text(text=["Ada"]), ":1: 'text' must be a string, got ['Ada']"),
    ("spans", text(text=" \t"), ":1: 'text' holds no word"),
    ("spans", '{"text": "Ada"}', ":1: 'spans' must be a list, empty where there is nothing to mark; the key is"),
    ("spans", '{"text": "Ada", "spans": null}', ":1: 'spans' must be a list, empty where there is nothing to mark;"),
    ("spans", text([0, 3, "X"]), ":1: a span must be an object with start, end, label, got [0, 3, 'X']"),
    ("spans", text({"start": 0, "end": 3}), ":1: a span must be an object with start, end, label, got {'start': 0"),
    ("spans", text(("0", 3)), ":1: start and end of a span must be whole numbers and its label a name, got {'start'"),
    ("spans", text((False, 3)), ":1: start and end of a span must be whole numbers and its label a name, got {'start'"),
    ("spans", text((0, 3), label=" "), ":1: start and end of a span must be whole numbers and its label a name, got"),
    ("spans", text() + text((7, 12)), ":2: no span 7 to 12 (X) in a text of 11 characters"),
    ("spans", text((-4, 11)), ":1: no span -4 to 11 (X) in a text of 11 characters"),
    ("spans", text((3, 0)), ":1: no span 3 to 0 (X) in a text of 11 characters"),
    ("spans", text((3, 3)), ":1: no span 3 to 3 (X) in a text of 11 characters"),
    ("spans", text((3, 4)), ":1: the span 3 to 4 (X, ' ') holds white space only"),
    (
        "spans",
        text((4, 11), (0, 6)),
        ":1: the span 0 to 6 (X, 'Ada in') and the span 4 to 11 (X, 'in Oslo') overlap: a word can have one tag only",
    ),
    ("spans", text((0, 3), (0, 3)), ":1: the span 0 to 3 (X, 'Ada') and the span 0 to 3 (X, 'Ada') overlap: a word"),
]  # fmt: skip


def named(cases: list[Any]) -> list[Any]:
    """The cases with short names, since pytest would make names of whole files."""
    return [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(cases)]


@pytest.mark.parametrize(("dataset_format", "content", "message"), named(BAD_FILES))
def test_a_bad_file_is_told_by_its_place(
    finished: Path, dataset_format: str, content: str | bytes, message: str
) -> None:
    write_input(dataset_format, content)
    fault = error_of("download")
    assert fault.startswith(f"download: data/tiny/bad{message}")
    assert "\n" not in fault


GOOD = {
    "conll": "a O\nb B-X\n",
    "json": rows({}),
    "csv": "s,w,t\n1,a,O\n1,b,B-X\n",
    "parquet": WHOLE,
    "spans": text(),
    "conllu": token("1", "a"),
}

# format, keys that are changed, message
BAD_PARAMS: list[tuple[str, dict[str, object], str]] = [
    ("conll", {"train": "no"}, "download: data/tiny/no is missing: download.dataset.train in params.yaml names it"),
    ("conll", {"test": "no*"}, "download: data/tiny/no* matches no file: download.dataset.test in params.yaml"),
    ("conll", {"test": "encoder"}, "download: data/tiny/encoder is a folder, expected a file or a pattern such as"),
    ("conll", {"format": "LEFT OUT"}, "download.dataset.format: the key is missing (one of conll, conllu, json, csv,"),
    ("conll", {"format": "xml"}, "download.dataset.format: should be one of 'conll', 'conllu', 'json', 'csv', 'parqu"),
    ("conll", {"format": "json"}, "download.dataset.columns: unknown key (allowed: format, id, layers, names,"),
    ("conll", {"comments": "yes"}, "download.dataset.comments: should be a valid boolean, got 'yes'"),
    ("conll", {"train": "../tiny/bad"}, "download.dataset.train: must be a path inside the folder that"),
    ("conll", {"train": None}, "download.dataset.train: should be a valid string, got None"),
    ("conll", {"test": None}, "download.dataset: test names no file, so split must say which share of train it gets, "),
    ("conll", {"split": {"seed": 1}}, "download.dataset: split is of no use where validation and test have files: lea"),
    ("conll", {"split": {"seed": 1, "test": 0.1}}, "download.dataset: test has a file and a share under split: leave "),
    (
        "conll",
        {"test": None, "validation": "LEFT OUT", "split": {"seed": 1, "test": 0.5, "validation": 0.5}},
        "download.dataset: the shares under split leave nothing for train",
    ),
    ("conll", {"test": None, "split": {"seed": 1, "test": 1.5}}, "download.dataset.split.test: should be less than 1"),
    ("conll", {"test": None, "split": {"test": 0.1}}, "download.dataset.split.seed: the key is missing"),
    (
        "conll",
        {"test": None, "split": {"seed": 1, "test": 1e-9}},
        "download: data/tiny/bad: no sentence of it was drawn for test: change the shares under download.dataset.split",
    ),
    ("conllu", {"layers": {"pos": "tag"}}, "download.dataset: layers: pos: 'tag' is no column of CoNLL-U (allowed:"),
    ("conllu", {"layers": {"pos": "upos:x"}}, "download.dataset: layers: pos: 'upos:x' is no column of CoNLL-U (allow"),
    ("conllu", {"layers": {}}, "download.dataset.layers: must name at least one layer of tags"),
    ("json", {"layers": {"id": "t"}}, "download.dataset.layers: a layer can't be named 'id': id and words are taken"),
    ("json", {"names": {"pos": ["N"]}}, "download.dataset: names: pos is no layer (layers: ner)"),
    ("json", {"names": {"ner": ["O", "O"]}}, "download.dataset.names.ner: must be label names, each given once, in th"),
    ("json", {"layers": {"ner": "z"}}, "download: data/tiny/bad:1: no 'z' (there is 'id', 'w', 't')"),
    ("csv", {"delimiter": ""}, "download.dataset.delimiter: String should have at least 1 character, got ''"),
    ("csv", {"quote": ","}, "download.dataset: delimiter and quote must be two different characters, neither of"),
    ("parquet", {"words": "tokens"}, "download: data/tiny/bad has no column 'tokens': it has w, t"),
    ("spans", {"misaligned_spans": "LEFT OUT"}, "download.dataset.misaligned_spans: the key is missing"),
    ("spans", {"misaligned_spans": "keep"}, "download.dataset.misaligned_spans: should be 'expand', 'drop' or 'error', got 'keep'"),
    ("spans", {"id": "id"}, "download: data/tiny/bad:1: no 'id'"),
]  # fmt: skip


@pytest.mark.parametrize(("dataset_format", "keys", "message"), named(BAD_PARAMS))
def test_bad_params_are_told_by_their_key(
    finished: Path, dataset_format: str, keys: dict[str, object], message: str
) -> None:
    write_input(dataset_format, GOOD[dataset_format], **keys)
    assert message in error_of("download")


def test_spans_that_cut_words_are_refused_with_their_number(finished: Path) -> None:
    write_input("spans", text((0, 3)) + text((0, 2), (5, 11)))
    assert error_of("download") == (
        "download: 2 spans cut a word; correct them or set download.dataset.misaligned_spans to expand or drop:\n"
        "  data/tiny/bad:2: the span 0 to 2 (X, 'Ad') cuts 'Ada'\n"
        "  data/tiny/bad:2: the span 5 to 11 (X, 'n Oslo') cuts 'in Oslo'"
    )


def test_dropped_spans_are_told(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_input("spans", text((0, 2), (7, 11)), misaligned_spans="drop")
    run_stage("download")
    assert "1 span cuts a word: dropped\n  data/tiny/bad:1: the span 0 to 2 (X, 'Ad')" in capsys.readouterr().out
    assert tag_names(raw_data.load(Path("data/raw"))["train"], "ner") == [["O", "O", "B-X"]]


@pytest.mark.parametrize("dataset_format", ["conll", "json", "csv"])
def test_a_byte_order_mark_and_windows_line_ends_are_harmless(finished: Path, dataset_format: str) -> None:
    content = GOOD[dataset_format]
    assert isinstance(content, str)
    write_input(dataset_format, "\ufeff" + content.replace("\n", "\r\n"))
    run_stage("download")
    (row,) = raw_data.load(Path("data/raw"))["train"]
    assert (row["words"], row["ner"]) == (["a", "b"], [1, 0])
    assert row["id"] == ("train-0" if dataset_format == "conll" else "1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a O\nb O\n", "one label only (O)"),
        (
            "a O\nb B-X\n\nc X\n",
            "tokenize_align: column ner: labels with and without a prefix are mixed: B-X beside X; expected all as "
            "B-TYPE, I-TYPE and O, or none; the first of each: train-1, word 0 (c): X; train-0, word 1 (b): B-X",
        ),
    ],
)
def test_bad_labels_are_told_by_the_stage_that_reads_them(finished: Path, content: str, message: str) -> None:
    write_input("conll", content)
    run_stage("download")
    assert message in error_of("tokenize_align")
