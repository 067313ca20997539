"""What is read of a run, and what is told when it is damaged."""

from __future__ import annotations

import json
from io import BytesIO

import pandas as pd
import pytest

from tagline.comparison.runs import Rows, Run, make_run
from tagline.core.errors import UserError

GOOD = {
    "id": ["0"],
    "words": [["Ada", "lives"]],
    "gold": [["B-PER", "O"]],
    "predicted": [["O", "O"]],
    "score": [[1.0, 1.0]],
}


def parquet(columns: dict[str, list]) -> bytes:
    buffer = BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    return buffer.getvalue()


def read(columns: dict[str, list] | bytes, metrics: bytes | None = None, data: bytes | None = None) -> Run:
    content = columns if isinstance(columns, bytes) else parquet(columns)
    small = {"metrics/evaluate.json": metrics, "metrics/data.json": data}
    return make_run("main", "0123456789", lambda _: content, small.__getitem__, ["test"])


def test_predictions_and_metrics() -> None:
    run = read(GOOD, json.dumps({"test": {"overall": {"f1": 0}}}).encode())
    assert run.splits == {"test": Rows(["0"], [["Ada", "lives"]], [["B-PER", "O"]], [["O", "O"]])}
    assert run.metrics == {"test": {"overall": {"f1": 0}}}
    assert run.kind == "spans"
    assert run.title == "main (0123456)"


def test_a_commit_by_its_hash_needs_no_second_name() -> None:
    assert make_run("01234", "0123456789", lambda _: parquet(GOOD), lambda _: None, ["test"]).title == "01234"


def test_plain_tags() -> None:
    assert read({**GOOD, "gold": [["NOUN", "VERB"]], "predicted": [["NOUN", "NOUN"]]}).kind == "tags"


def test_the_run_itself_says_how_its_labels_are_read() -> None:
    data = json.dumps({"test": {"scheme": "tags"}}).encode()
    assert read(GOOD, data=data).kind == "tags", "B-PER may be a plain tag"
    data = json.dumps({"test": {"scheme": "IOB1"}}).encode()
    assert read({**GOOD, "gold": [["O", "O"]]}, data=data).kind == "spans", "no entity does not make O a tag"


def test_damaged_parquet() -> None:
    with pytest.raises(
        UserError, match=r"main: data/predictions/test.parquet is no table of predictions .*: run `dvc repro"
    ):
        read(b"PAR1 and no more")


def test_a_missing_column() -> None:
    with pytest.raises(UserError, match=r"test.parquet lacks the column gold: run `dvc repro evaluate` again"):
        read({name: values for name, values in GOOD.items() if name != "gold"})


@pytest.mark.parametrize(
    "columns",
    [{"gold": [["O"]]}, {"gold": [None]}, {"gold": [[0, 1]]}, {"words": [["Ada", None]]}, {"gold": ["O"]}, {"id": [0]}],
)
def test_rows_that_are_no_sentences(columns: dict[str, list]) -> None:
    told = "main: data/predictions/test.parquet, row 0: expected an id, words, and as many gold and predicted labels"
    with pytest.raises(UserError, match=told):
        read({**GOOD, **columns})


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"test": 1}'])
@pytest.mark.parametrize("name", ["evaluate", "data"])
def test_damaged_metrics(content: bytes, name: str) -> None:
    with pytest.raises(UserError, match=f"main: metrics/{name}.json is damaged"):
        read(GOOD, **{"metrics" if name == "evaluate" else name: content})
