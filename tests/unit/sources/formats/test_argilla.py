"""Argilla 2: records as to_json writes them, and the columns of to_datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import kinds, tagged
from helpers.formats import read, refusals


def spans(*values: tuple[int, int, str]) -> list[dict[str, Any]]:
    return [dict(zip(("start", "end", "label"), value, strict=True)) for value in values]


ADA, BOTH = spans((0, 3, "PER")), spans((0, 3, "PER"), (7, 11, "LOC"))
SUGGESTION = {"q": {"value": spans((0, 3, "LOC")), "agent": "a model", "score": None}}
RESPONSES = {"q": [{"value": ADA, "user_id": "u1"}, {"value": BOTH, "user_id": "u2"}]}
RECORDS = [
    {"id": "1", "fields": {"text": "Ada in Oslo"}, "suggestions": SUGGESTION, "responses": RESPONSES},
    {"id": "2", "fields": {"text": "Ada"}, "suggestions": SUGGESTION, "responses": {}, "status": "pending"},
]
COLUMNS = [
    {
        "id": "1", "text": "Ada in Oslo", "q.suggestion": spans((0, 3, "LOC")), "q.responses": [ADA, BOTH, None, ADA],
        "q.responses.users": ["u1", "u2", "u3", "u4"], "q.responses.status": [*["submitted"] * 3, "draft"],
    },
    {"id": "2", "text": "Ada", "q.responses": None, "q.responses.users": None, "q.responses.status": None},
]  # fmt: skip


@pytest.mark.parametrize("rows", [RECORDS, COLUMNS])
def test_submitted_responses_are_read_and_suggestions_are_not(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    first, second = read(tmp_path, "argilla", rows, annotators="agreed")
    assert (first.id, tagged(first), kinds(second)) == ("1", "Ada/B-PER", ["unannotated_texts"])
    first, _ = read(tmp_path, "argilla", rows, annotators="u2")
    assert tagged(first) == "Ada/B-PER Oslo/B-LOC"
    assert kinds(first) == (["other_answers"] if rows is COLUMNS else [])


test_malformed_record_is_reported_by_line = refusals(
    "argilla",
    ({"fields": []}, "'fields' must be an object; got []"),
    ({"text": "Ada"}, "neither 'responses' nor 'q.responses' (keys: 'text')"),
    ({"text": "", "responses": {"topic": []}}, "no responses to 'q', but to 'topic'; see download"),
    ({"text": "", "responses": {"q": ["x"]}}, "a response must be an object with a value; got 'x'"),
    at="f:1: record None: ",
)
