"""Malformed input: each gives one message with its location and exit status 1, and earlier outs stay."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.annotated import FORMAT_KEYS
from helpers.project import error_of, run_stage
from helpers.tiny import TINY_PARAMS, raw_rows, write_params

FORMATS: dict[str, dict[str, Any]] = {
    "conll": {"columns": ["words", "ner"]},
    "conllu": {"tag_columns": {"ner": "upos"}},
    "json": {"words": "w", "tag_columns": {"ner": "t"}, "names": {"ner": ["O", "B-X"]}, "id": "id"},
    "csv": {"sentence": "s", "words": "w", "tag_columns": {"ner": "t"}},
    **FORMAT_KEYS,
    "inception": {"tag_column": "ner", "span_layer": "L", "feature": "f"},
}


def write_input(dataset_format: str, content: str | bytes, **keys: object) -> None:
    """Put a file into the workspace, and params that name it or a twin for every split; train is read first."""
    content = content if isinstance(content, bytes) else content.encode()
    Path("data/tiny/bad").write_bytes(content)
    # Two splits cannot be the same data.
    twin = TWINS.get(dataset_format, content + b"\n")
    Path("data/tiny/twin").write_bytes(twin)
    Path("data/tiny/other").write_bytes(twin + b"\n")
    files = {"train": "bad", "validation": "other", "test": "twin"}
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
TWINS = {"parquet": parquet([["a", "b"]], [["O", "B-X"]]), "spans": f"{text()}\n".encode()}
NOT_UTF8 = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])

TSV = "#FORMAT=WebAnno TSV 3.3\n#T_SP=L|f\n#Text=Ada\n"

# format, content, message after the file's name
BAD_FILES: list[tuple[str, str | bytes, str]] = [
    ("conll", "a O\nb\n", ":2: 1 column in 'b'; expected 2 (words ner)"),
    ("conll", "a O\nb O O\n", ":2: 3 columns in 'b O O'; expected 2 (words ner)"),
    ("conll", "a\tO\n\tO\n", ":2: an empty column in '\\tO'; expected 2 (words ner)"),
    ("conll", "a\tO\nb c O\n", ":2: 1 column in 'b c O'; expected 2 (words ner) separated by tabs, as"),
    ("conll", "", ": no sentence; expected lines of 2 columns (words ner)"),
    ("conll", "\ufeff\r\n\r\n", ": no sentence; expected lines of 2 columns (words ner)"),
    ("conll", "-DOCSTART- O\n", ": no sentence; expected lines of 2 columns (words ner)"),
    ("conll", "a O\nb\0 O\n", ":2: NUL byte; expected a text file"),
    ("conll", "a O\nZoë O\n".encode("latin-1"), ":2: not UTF-8 (invalid continuation byte); save the file as UTF-8"),
    ("conll", "a O\n".encode("utf-16"), ":1: not UTF-8 (invalid start byte); save the file as UTF-8"),
    ("conll", b"a O\r\n\rb \xe9\r\n", ":3: not UTF-8 (invalid continuation byte); save the file as UTF-8"),
    ("conll", b"a O\nb \xe2\x82", ":2: not UTF-8 (unexpected end of data); save the file as UTF-8"),
    ("conllu", "# sent_id = 1\n1 a _ X\n", ":2: 1 column in '1 a _ X'; expected 10 separated by tabs (id form"),
    ("conllu", token("1", ""), ":1: an empty column in '1\\t\\t_"),
    ("conllu", token("1", " "), ":1: an empty column in '1\\t \\t_"),
    ("conllu", token("1", "a") + token("3", "b"), ":2: word id '3'; expected 2, ids count from 1"),
    ("conllu", token("1", "a") + token("1", "b"), ":2: word id '1'; expected 2, ids count from 1"),
    ("conllu", token("a", "a"), ":1: word id 'a'; expected 1, ids count from 1"),
    ("conllu", "# sent_id = a\n# sent_id = b\n" + token("1", "a"), ":2: a second sent_id in one sentence; add the"),
    (
        "conllu",
        2 * ("# sent_id = a\n" + token("1", "a") + "\n"),
        ":5: id 'a' was already used at data/tiny/bad:2; ids must be unique within a split",
    ),
    (
        "conllu",
        token("1", "a") + "\n# sent_id = train-0\n" + token("1", "b"),
        ":4: id 'train-0' looks like the ids generated for sentences without one, such as data/tiny/bad:1; give every",
    ),
    ("conllu", "# newdoc\n\n" + token("1-2", "ab"), ": no sentence; expected lines of 10 columns (id form lemma"),
    ("json", "", ": no sentence; expected JSON objects, one per line or all in one list"),
    ("json", "[]", ": no sentence; expected JSON objects, one per line or all in one list"),
    ("json", rows({}, [1, 2]), ":2: '[1, 2]' is not an object; expected JSON objects, one per line or all in one list"),
    ("json", "[1]", ":1: '1' is not an object; expected JSON objects, one per line or all in one list"),
    ("json", rows({}) + '{"id": 2,\n', ":2: not JSON (Expecting property name enclosed in double quotes); expected"),
    ("json", "a O\n", ":1: not JSON (Expecting value); expected JSON objects"),
    ("json", '[{"id": 1, "w": ["a"], "t": ["O"]}', ":1: no comma or closing bracket after this object; expected"),
    ("json", '{"w": ["a"], "t": ["O"], "w": ["b"]}', ":1: the key 'w' is in one object twice"),
    ("json", rows({}).replace('"a"', '"\\ud800"'), ":1: half of a surrogate pair (\\ud800 to \\udfff); expected whole"),
    ("json", rows({}).encode("utf-16"), ":1: not UTF-8 (invalid start byte); save the file as UTF-8"),
    ("json", rows({}, {"id": 2, "t": ["O"]}), ":2: 2 words in 'w' but 1 tags in 't'; expected"),
    ("json", rows({"t": []}), ":1: 2 words in 'w' but 0 tags in 't'; expected one"),
    ("json", '{"id": 1, "w": ["a"]}', ":1: the key 't' is missing (keys: 'id', 'w')"),
    ("json", '{"w": ["a"], "t": ["O"]}', ":1: the key 'id' is missing (keys: 'w', 't')"),
    ("json", "{}", ":1: the key 'w' is missing (keys: none)"),
    ("json", rows({"w": "a b"}), ":1: 'w' must be a list of words; got 'a b'"),
    ("json", rows({"w": None}), ":1: 'w' must be a list of words; got None"),
    ("json", rows({"w": ["a", ""]}), ":1: 'w' must be a list of words; got the item ''"),
    ("json", rows({"w": ["a", None]}), ":1: 'w' must be a list of words; got the item None"),
    ("json", rows({"w": [1, "a"]}), ":1: 'w' must be a list of words; got the item 1"),
    ("json", rows({"w": [], "t": []}), ":1: 'w' is empty; expected at least one word"),
    ("json", rows({"t": "O O"}), ":1: 't' must be a list of tags; got 'O O'"),
    ("json", rows({"t": ["O", 1]}), ":1: 't' must be a list of label names or of label numbers; got the item 1"),
    ("json", rows({"t": [1, "O"]}), ":1: 't' must be a list of label names or of label numbers; got the item 'O'"),
    ("json", rows({"t": [1, True]}), ":1: 't' must be a list of label names or of label numbers; got the item True"),
    ("json", rows({"t": [0.5, 1]}), ":1: 't' must be a list of label names or of label numbers; got the item 0.5"),
    ("json", rows({"t": ["O", ""]}), ":1: 't' must be a list of label names or of label numbers; got the item ''"),
    ("json", rows({"t": [0, 2]}), ":1: 2 in 't' is not a label number; expected 0 to 1"),
    ("json", rows({"t": [0, -1]}), ":1: -1 in 't' is not a label number; expected 0 to 1"),
    ("json", rows({"id": None}), ":1: 'id' must be a non-empty string or an integer; got None"),
    ("json", rows({"id": ""}), ":1: 'id' must be a non-empty string or an integer; got ''"),
    ("json", rows({"id": 1.0}), ":1: 'id' must be a non-empty string or an integer; got 1.0"),
    ("json", rows({}, {"id": "1"}), ":2: id '1' was already used at data/tiny/bad:1; ids must be unique within a"),
    ("csv", "", ":1: column 's' is not in the header (empty)"),
    ("csv", "1,a,O\n1,b,O\n", ":1: column 's' is not in the header (1, a, O)"),
    ("csv", "s;w;t\n1;a;O\n", ":1: column 's' is not in the header (s;w;t); if cells are separated by ';', set"),
    ("csv", "s,w,t,t\n1,a,O,O\n", ":1: column 't' is in the header twice (s, w, t, t)"),
    ("csv", "s,w,t\n", ": no sentence; expected one row per word below the header"),
    ("csv", "s,w,t\n1,a,O\n1,b\n", ":3: 2 cells; expected 3 (s, w, t)"),
    ("csv", "s,w,t\n1,a,b,O\n", ":2: 4 cells; expected 3 (s, w, t)"),
    ("csv", "s,w,t\n1,a,O\n,b,O\n", ":3: the cell of column 's' is empty"),
    ("csv", "s,w,t\n1,,O\n", ":2: the cell of column 'w' is empty"),
    ("csv", "s,w,t\n1,a,\n", ":2: the cell of column 't' is empty"),
    ("csv", 's,w,t\n1,a,O\n1,",O\n2,b,O\n', ":3: not CSV (unexpected end of data); write a \" that is part"),
    ("csv", 's,w,t\n1,"a"b,O\n', ":2: not CSV (',' expected after '\"'); write a \" that is part of a word doubled and inside quotes, or set download.dataset.quote: null"),
    ("csv", 's,w,t\n1,",O\n1,",O\n', ":2: a cell continues on the next line; close its quote, or set download.dataset.quote: null"),
    ("csv", 's,w,t\n1,"' + "a" * 200_000, ":2: not CSV (field larger than field limit (131072))"),
    (
        "csv",
        "s,w,t\n1,a,O\n2,b,O\n1,c,O\n",
        ":4: rows of sentence '1' are not contiguous (first seen on line 2); sort the rows by sentence, or give each",
    ),
    ("csv", "s,w,t\n1,a\0,O\n", ":2: NUL byte; expected a text file"),
    ("parquet", b"", ": not a Parquet file, or damaged (Parquet file size is 0 bytes)"),
    ("parquet", WHOLE[: len(WHOLE) // 2], ": not a Parquet file, or damaged ("),
    ("parquet", WHOLE[:4] + b"\xff" * 40 + WHOLE[44:], ": not a Parquet file, or damaged ("),
    ("parquet", b"a O\n" * 9, ": not a Parquet file, or damaged ("),
    ("parquet", parquet([], []), ": no sentence; expected one row per sentence"),
    ("parquet", parquet([["a"], None], [["O"], ["O"]]), ": row 2: 'w' must be a list of words; got None"),
    ("parquet", parquet([["a"], [None]], [["O"], ["O"]]), ": row 2: 'w' must be a list of words; got the item None"),
    ("parquet", parquet([["a"], ["b", "c"]], [["O"], ["O"]]), ": row 2: 2 words in 'w' but 1 tags in 't'; expected"),
    ("parquet", parquet(["a b"], ["O O"]), ": row 1: 'w' must be a list of words; got 'a b'"),
    ("parquet", parquet([["a"]], [[0]]), ": row 1: 't' contains numbers; give their label names under download"),
    ("parquet", parquet([["a"]], [[0.0]]), ": row 1: 't' must be a list of label names or of label numbers; got the i"),
    ("parquet", parquet([["a"]], [["O"]], {"huggingface": "{"}), ": the metadata of `datasets` is damaged ("),
    (
        "parquet",
        parquet(pa.ListArray.from_arrays([0, 1], NOT_UTF8), [["O"]]),
        ": not a Parquet file, or damaged (",
    ),
    ("spans", "", ": no sentence; expected JSON objects, one per line or all in one list"),
    ("spans", '{"spans": []}', ":1: the key 'text' is missing"),
    ("spans", text(text=["Ada"]), ":1: 'text' must be a string; got ['Ada']"),
    ("spans", '{"text": "Ada"}', ":1: 'spans' must be a list, which is empty for a text without spans; the key"),
    ("spans", text([0, 3, "X"]), ":1: a span must be an object with start, end, label; got [0, 3, 'X']"),
    ("spans", text({"start": 0, "end": 3}), ":1: a span must be an object with start, end, label; got {'start': 0"),
    ("spans", text(("0", 3)), ":1: start and end of a span must be integers and its label a name; got ("),
    ("spans", text((False, 3)), ":1: start and end of a span must be integers and its label a name; got ("),
    ("spans", text((0, 3), label=" "), ":1: start and end of a span must be integers and its label a name; got"),
    ("spans", text() + text((7, 12)), ":2: span 7 to 12 (X) is not inside the text of 11 characters"),
    ("spans", text((-4, 11)), ":1: span -4 to 11 (X) is not inside the text of 11 characters"),
    ("spans", text((3, 0)), ":1: span 3 to 0 (X) is not inside the text of 11 characters"),
    ("spans", text((3, 3)), ":1: span 3 to 3 (X) is not inside the text of 11 characters"),
    ("label_studio", "Ada B-PER\n", ":1: not JSON (Expecting value); expected JSON objects"),
    ("label_studio", '[{"id": 7, "data": {"txt": "Ada"}}]', ":1: task 7: the key 'text' is missing (keys: 'txt')"),
    ("doccano", '{"id": 1, "text": "Ada", "label": [[0, 3]]}', ":1: a span must be a list of start, end and label; got"),
    ("prodigy", '{"text": "Ada", "spans": []}', ":1: the key 'answer' is missing; expected a row of `prodigy db-out`"),
    ("spacy", "[1", ": not JSON (Expecting ',' delimiter: line 1 column 3 (char 2)); expected a DocBin of spaCy, or a"),
    ("spacy", '["Ada"]', ": row 1: 'Ada' is not a text with its entities; expected a DocBin of spaCy, or a JSON list"),
    ("spacy", '[["Ada", {"entities": [[0, 3]]}]]', ": row 1: an entity must be a list of start, end and label; got"),
    ("spacy", "{}", ": no list of texts; expected a DocBin of spaCy, or a JSON list of texts with their entities"),
    ("inception", "1-1\t0-3\tAda\t_\n", ":1: '1-1\\t0-3\\tAda\\t_'; expected #FORMAT=WebAnno TSV 3.3, or UIMA CAS as XMI"),
    ("inception", TSV + "1-1\t0-3\n", ":4: '1-1\\t0-3' is not a token; expected SENTENCE-TOKEN, START-END, word"),
    ("inception", TSV + "1-1\t0-9\tAda\t_\n", ":4: 'Ada' is not at its offsets in the text 'Ada'"),
    ("inception", TSV.replace("|f", "|g") + "1-1\t0-3\tAda\t_\n", ": no feature 'f' of layer 'L'; the file has L g; see"),
    ("argilla", '{"id": "7", "text": "Ada"}', ":1: record '7': neither 'responses' nor 'q.responses' (keys: 'id', 'text'"),
    ("gliner", '{"tokenized_text": ["Ada", " "], "ner": []}', ":1: 'tokenized_text' must be a list of words; got ['Ada', ' ']"),
    ("gliner", '{"tokenized_text": "Ada in"}', ":1: 'tokenized_text' must be a list; got 'Ada in'"),
    ("gliner", '{"tokenized_text": ["Ada"], "ner": [[0, 1, "X"]]}', ":1: span [0, 1, 'X'] is not inside the text of 1 wo"),
    ("gliner", '{"tokenized_text": ["Ada"], "ner": [[0, 0]]}', ":1: a span must be a list of first word, last word and"),
    ("save_to_disk", "{}", ": not a data set that save_to_disk wrote, or damaged ("),
    ("brat", "Ada", ".ann: no such file; expected it beside the files of the split; see download.dataset.train in para"),
]  # fmt: skip


def named(cases: list[Any]) -> list[Any]:
    """The cases with short names, since pytest would make names of whole files."""
    return [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(cases)]


@pytest.mark.parametrize(("dataset_format", "content", "message"), named(BAD_FILES))
def test_a_malformed_file_gives_its_location(
    finished: Path, dataset_format: str, content: str | bytes, message: str
) -> None:
    write_input(dataset_format, content)
    error = error_of("download")
    assert error.startswith(f"download: data/tiny/bad{message}")
    assert "\n" not in error


@pytest.mark.parametrize(
    ("dataset_format", "content"),
    [
        ("conll", "a O\n{}\n"),
        ("json", '{{"id": ["{0}"], "w": ["a"], "t": ["O"]}}\n'),
        ("json", '{{"{0}": 1}}\n'),
        ("json", '{{"id": "1", "w": "{0}", "t": ["O"]}}\n'),
        ("csv", "s,w,t\n{0},a,O\n1,b,O\n{0},c,O\n"),
        ("csv", "s,w,{0}\n1,a,O\n"),
        ("spans", '{{"text": ["{0}"], "spans": []}}\n'),
        ("spans", '{{"text": "a {0}", "spans": [{{"start": 3, "end": 9000, "label": "{0}"}}]}}\n'),
        ("spans", '{{"text": "a", "spans": "{0}"}}\n'),
        ("conllu", "{}\n"),
    ],
)
def test_messages_quote_at_most_200_characters_of_a_value(finished: Path, dataset_format: str, content: str) -> None:
    write_input(dataset_format, content.format("x" * 5000))
    error = error_of("download")
    assert "xxx" in error
    assert "x" * 201 not in error
    assert len(error) < 700


GOOD = {
    "conll": "a O\nb B-X\n",
    "json": rows({}),
    "csv": "s,w,t\n1,a,O\n1,b,B-X\n",
    "parquet": WHOLE,
    "spans": text(),
    "save_to_disk": "",
    "doccano": '{"text": "Ada", "label": []}',
    "prodigy": '{"text": "Ada", "answer": "accept"}',
    "conllu": token("1", "a"),
}

# format, keys that are changed, message
BAD_PARAMS: list[tuple[str, dict[str, object], str]] = [
    ("conll", {"train": "no"}, "download: data/tiny/no: no such file; see download.dataset.train in params.yaml"),
    ("conll", {"test": "no*"}, "download: data/tiny/no*: the pattern matches no file; see download.dataset.test in pa"),
    ("conll", {"test": "encoder"}, "download: data/tiny/encoder: a folder; expected a file, or a pattern such as"),
    ("conll", {"format": "LEFT OUT"}, "download.dataset.format: the key is missing (one of conll, conllu, json, csv,"),
    ("conll", {"format": "xml"}, "download.dataset.format: must be one of 'conll', 'conllu', 'json', 'csv', 'parqu"),
    ("conll", {"format": "json"}, "download.dataset.columns: unknown key; did you mean tag_columns? (allowed: document, empty"),
    ("conll", {"comments": "yes"}, "download.dataset.comments: should be a valid boolean, got 'yes'"),
    ("conll", {"train": "../tiny/bad"}, "download.dataset.train: must be a relative path without `..`"),
    ("conll", {"train": None}, "download.dataset.train: should be a valid string, got None"),
    ("conll", {"test": None}, "download.dataset: test has neither a file nor a share of train; name a file, or add a"),
    ("conll", {"split": {"seed": 1}}, "download.dataset: split has no effect when validation and test have files; rem"),
    ("conll", {"split": {"seed": 1, "test": 0.1}}, "download.dataset: test has both a file and a share under split; r"),
    (
        "conll",
        {"test": None, "validation": "LEFT OUT", "split": {"seed": 1, "test": 0.5, "validation": 0.5}},
        "download.dataset: the shares under split leave nothing for train; their sum",
    ),
    ("conll", {"test": None, "split": {"seed": 1, "test": 1.5}}, "download.dataset.split.test: should be less than 1"),
    ("conll", {"test": None, "split": {"test": 0.1}}, "download.dataset.split.seed: the key is missing"),
    (
        "conll",
        {"test": None, "split": {"seed": 1, "test": 1e-9}},
        "download: data/tiny/bad: no sentence was drawn for test; increase its share under download.dataset.split",
    ),
    ("conllu", {"tag_columns": {"pos": "tag"}}, "download.dataset: tag_columns.pos: CoNLL-U has no column 'tag' (allo"),
    ("conllu", {"tag_columns": {"pos": "upos:x"}}, "download.dataset: tag_columns.pos: CoNLL-U has no column 'upos:x'"),
    ("conllu", {"tag_columns": {}}, "download.dataset.tag_columns: must name at least one tag column"),
    ("json", {"tag_columns": {"id": "t"}}, "download.dataset.tag_columns: a tag column cannot be named 'id'; id, document, words are"),
    ("json", {"names": {"pos": ["N"]}}, "download.dataset: names.pos: not one of tag_columns (ner)"),
    ("json", {"names": {"ner": ["O", "O"]}}, "download.dataset.names.ner: must be the label names, each once, in the "),
    ("json", {"tag_columns": {"ner": "z"}}, "download: data/tiny/bad:1: the key 'z' is missing (keys: 'id', 'w', 't')"),
    ("csv", {"delimiter": ""}, "download.dataset.delimiter: String should have at least 1 character, got ''"),
    ("csv", {"quote": ","}, "download.dataset: delimiter and quote must be two different characters and not line"),
    ("parquet", {"words": "tokens"}, "download: data/tiny/bad: no column 'tokens' (columns: w, t)"),
    ("spans", {"tag_column": "LEFT OUT"}, "download.dataset.tag_column: the key is missing"),
    ("spans", {"overlaps": "last"}, "download.dataset.overlaps: should be 'error', 'longest' or 'first', got 'last'"),
    ("save_to_disk", {"train": "encoder"}, "download: data/tiny/encoder: not a data set that save_to_disk wrote, or da"),
    ("prodigy", {"answers": []}, "download.dataset.answers: List should have at least 1 item after validation"),
    ("prodigy", {"answers": ["yes"]}, "download.dataset.answers.0: should be 'accept', 'reject' or 'ignore', got 'yes"),
    ("prodigy", {"annotators": "bo"}, "bad: no sentence is left: texts without an annotation by 'bo', left out: 1 (data/"),
    ("doccano", {"annotators": ""}, "download.dataset.annotators: String should have at least 1 character, got ''"),
    ("spans", {"offsets": "words"}, "download.dataset.offsets: should be 'auto', 'code_points', 'utf16', 'graphemes"),
    ("spans", {"misaligned_spans": "keep"}, "download.dataset.misaligned_spans: should be 'expand', 'drop' or 'error'"),
    ("spans", {"id": "id"}, "download: data/tiny/bad:1: the key 'id' is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("dataset_format", "keys", "message"), named(BAD_PARAMS))
def test_bad_params_are_named_by_their_key(
    finished: Path, dataset_format: str, keys: dict[str, object], message: str
) -> None:
    write_input(dataset_format, GOOD[dataset_format], **keys)
    assert message in error_of("download")


def test_what_tags_cannot_represent_is_refused_with_its_number(finished: Path) -> None:
    write_input("spans", text((0, 3)) + text((0, 2), (5, 11)))
    error = error_of("download").split("\n  ")
    assert error[0] == "download: spans that tags cannot represent; correct them, or choose a policy:"
    assert error[1] == (
        "train: spans that begin or end inside a word: 2 "
        "(data/tiny/bad:2: span 0 to 2 (X, 'Ad') covers only part of 'Ada'; "
        "data/tiny/bad:2: span 5 to 11 (X, 'n Oslo') covers only part of 'in Oslo'); "
        "set download.dataset.misaligned_spans to expand or drop"
    )


def test_nothing_is_left(finished: Path) -> None:
    write_input("prodigy", '{"text": "Ada", "answer": "reject"}\n{"text": " ", "answer": "accept"}')
    assert error_of("download") == (
        "download: data/tiny/bad: no sentence is left: texts without words, left out: 1 (data/tiny/bad:2); texts without "
        "an annotation, left out: 1 (data/tiny/bad:1); annotations with another answer, left out: 1 (data/tiny/bad:1)"
    )


def test_what_is_left_out_is_reported(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = text((0, 2), (7, 11)) + text(text=" ") + text((0, 3), (0, 3))
    write_input("spans", content, misaligned_spans="drop")
    run_stage("download")
    printed = capsys.readouterr().out
    assert "train: spans that begin or end inside a word, dropped: 1 (data/tiny/bad:1: span 0 to 2 (X, 'Ad')" in printed
    assert "train: texts without words, left out: 1 (data/tiny/bad:2)" in printed
    assert [row["ner"] for row in raw_rows("train")] == [["O", "O", "B-X"], ["B-X", "O", "O"]]
    run_stage("tokenize_align")
    assert json.loads(Path("reports/data.json").read_text())["train"]["source"] == {
        "misaligned_spans": 1,
        "overlapping_spans": 0,
        "duplicate_spans": 1,
        "renamed_types": 0,
        "empty_texts": 1,
        "unannotated_texts": 0,
        "long_texts": 0,
        "null_spans": 0,
    }


@pytest.mark.parametrize("dataset_format", ["conll", "json", "csv"])
def test_a_byte_order_mark_and_windows_line_ends_are_harmless(finished: Path, dataset_format: str) -> None:
    content = GOOD[dataset_format]
    assert isinstance(content, str)
    write_input(dataset_format, "\ufeff" + content.replace("\n", "\r\n"))
    run_stage("download")
    (row,) = raw_rows("train")
    assert (row["words"], row["ner"]) == (["a", "b"], ["O", "B-X"])
    assert row["id"] == ("train-0" if dataset_format == "conll" else "1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a O\nb O\n", "one label only (O)"),
        (
            "a O\nb B-X\n\nc X\n",
            "tokenize_align: column ner: labels with and without a prefix are mixed: B-X beside X; expected all as "
            "B-TYPE, I-TYPE and O, or none; the first of each: train-1, word 0 (c): X; train-0, word 1 (b): B-X; correct "
            "them, or set tokenize_align.scheme: tags in params.yaml if none of them marks spans",
        ),
    ],
)
def test_bad_labels_are_reported_by_the_stage_that_reads_them(finished: Path, content: str, message: str) -> None:
    write_input("conll", content)
    run_stage("download")
    assert message in error_of("tokenize_align")
