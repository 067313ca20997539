"""doccano: what version 1.8.4 exports, with and without relations; test_inspection.py reads a file per annotator."""

import pytest
from helpers.annotated import tagged
from helpers.formats import read, refusals

# Offsets count UTF-16 units, in which the hand is two.
LISTS = [
    {"id": 1, "text": "Ada in Oslo", "source": "x", "label": [[7, 11, "LOC"]], "Comments": []},
    {"id": 2, "text": "\U0001f44b Oslo", "source": "x", "label": [[3, 7, "LOC"]], "Comments": []},
    {"id": 3, "text": "nothing", "source": "x", "label": [], "Comments": []},
]
VERSION_1_0 = [{key.replace("label", "labels"): value for key, value in row.items()} for row in LISTS]
OBJECT = ("start_offset", "end_offset", "label")
RELATIONS = [
    {"id": row["id"], "text": row["text"], "entities": [dict(zip(OBJECT, each, strict=True)) for each in row["label"]]}
    for row in LISTS
]


@pytest.mark.parametrize("rows", [LISTS, VERSION_1_0, RELATIONS])
def test_every_export_is_read_alike(tmp_path, rows):
    sentences = read(tmp_path, "doccano", rows)
    assert [sentence.id for sentence in sentences] == ["1", "2", "3"]
    assert [tagged(sentence) for sentence in sentences] == ["Oslo/B-LOC", "Oslo/B-LOC", ""]


test_two_rows_of_one_id_are_refused = refusals(
    "doccano",
    ([LISTS[0]] * 4, "another row of this file has the id 1; expected one, with all entities of a text; join them, or"),
    at="f:2: ",
)


test_malformed_row_is_reported_by_line = refusals(
    "doccano",
    ({"text": "Ada", "spans": []}, "neither 'label' nor 'entities' (keys: 'text', 'spans'); expected doccano's JSONL"),
    ({"text": "Ada", "entities": [{"start_offset": 0}]}, "a span must be an object with start_offset, end_offset, l"),
    at="f:1: ",
)
