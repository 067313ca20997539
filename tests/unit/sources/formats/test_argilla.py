"""Argilla 2: records as to_json writes them, and the columns of to_datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.annotated import dataset, kinds, tagged, write_rows

from tagline.core.errors import UserError
from tagline.sources.formats.argilla import ArgillaFiles


def files(**keys: Any) -> ArgillaFiles:
    return dataset(ArgillaFiles, "argilla", question="ner", **keys)


def spans(*values: tuple[int, int, str]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "label": label} for start, end, label in values]


ADA, BOTH = spans((0, 3, "PER")), spans((0, 3, "PER"), (7, 11, "LOC"))
SUGGESTION = {"ner": {"value": spans((0, 3, "LOC")), "agent": "a model", "score": None}}
RECORDS = [
    {
        "id": "1", "fields": {"text": "Ada in Oslo"}, "metadata": {}, "suggestions": SUGGESTION, "status": "completed",
        "responses": {"ner": [{"value": ADA, "user_id": "u1"}, {"value": BOTH, "user_id": "u2"}]},
    },
    {"id": "2", "fields": {"text": "Ada"}, "suggestions": SUGGESTION, "responses": {}, "status": "pending"},
]  # fmt: skip
COLUMNS = [
    {
        "id": "1", "text": "Ada in Oslo", "ner.suggestion": spans((0, 3, "LOC")), "ner.responses": [ADA, BOTH, None, ADA],
        "ner.responses.users": ["u1", "u2", "u3", "u4"],
        "ner.responses.status": ["submitted", "submitted", "submitted", "draft"],
    },
    {"id": "2", "text": "Ada", "ner.responses": None, "ner.responses.users": None, "ner.responses.status": None},
]  # fmt: skip


@pytest.mark.parametrize("rows", [RECORDS, COLUMNS])
def test_submitted_responses_are_read_and_suggestions_are_not(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = write_rows(tmp_path / "f", rows)
    first, second = files(annotators="agreed").read(path)
    assert (first.id, tagged(first)) == ("1", "Ada/B-PER")
    assert kinds(second) == ["unannotated_texts"]
    first, _ = files(annotators="u2").read(path)
    assert tagged(first) == "Ada/B-PER Oslo/B-LOC"
    assert kinds(first) == (["other_answers"] if rows is COLUMNS else [])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"fields": []}, "'fields' must be an object; got []"),
        ({"text": "Ada"}, "neither 'responses' nor 'ner.responses' (keys: 'id', 'text')"),
        ({"fields": {}, "responses": {}}, "the key 'text' is missing (keys: none)"),
        (
            {"fields": {"text": ""}, "responses": {"topic": []}},
            "no responses to 'ner', but to 'topic'; see download.data",
        ),
        ({"fields": {"text": ""}, "responses": {"ner": ["x"]}}, "a response must be an object with a value; got 'x'"),
        ({"text": "", "ner.responses": ["x"]}, "'value' must be a list; got 'x'"),
    ],
)
def test_malformed_record_is_reported_by_line(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as raised:
        list(files().read(write_rows(tmp_path / "f", [{"id": "7", **row}])))
    assert str(raised.value).startswith(f"{tmp_path}/f:1: record '7': {message}")
