"""Reading a run, and messages about damaged files."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import pandas as pd
import pytest

from tagline.core.errors import UserError
from tagline.tools.comparison.runs import Run, make_run

GOOD = {
    "id": ["0"],
    "words": [["Ada", "lives"]],
    "gold": [["B-PER", "O"]],
    "predicted": [["O", "O"]],
    "score": [[1.0, 1.0]],
}


def read(columns: dict[str, list] | bytes = GOOD, metrics: bytes | None = None, provenance: bytes | None = None) -> Run:
    buffer = BytesIO()
    if not isinstance(columns, bytes):
        pd.DataFrame(columns).to_parquet(buffer, index=False)
    tracked = {
        "data/predictions/test.parquet": columns if isinstance(columns, bytes) else buffer.getvalue(),
        "data/predictions/provenance.json": provenance or b'{"labels": {"kind": "spans"}}',
    }
    committed = {"metrics/evaluate.json": metrics, "params.yaml": b"train:\n"}
    return make_run("main", "0123456789", tracked.__getitem__, committed.__getitem__, ["test"])


def test_run_has_predictions_metrics_and_a_title() -> None:
    run = read(GOOD, json.dumps({"test.f1": 0}).encode())
    (sentence,) = run.splits["test"]
    assert (sentence.id, list(sentence.words)) == ("0", ["Ada", "lives"])
    assert (sentence.gold_names, sentence.predicted_names) == (["B-PER", "O"], ["O", "O"])
    assert sentence.scores.tolist() == [1.0, 1.0]
    assert (run.metrics, run.kind, run.title) == ({"test.f1": 0}, "spans", "main (0123456)")
    assert replace(run, name="01234").title == "01234", "the hash once"


def test_provenance_decides_how_labels_are_read() -> None:
    run = read(GOOD, provenance=b'{"labels": {"kind": "tags"}}')
    assert [sentence.kind for sentence in run.splits["test"]] == [run.kind] == ["tags"], "B-PER may be a plain tag"


UNEVEN = ", row 0: lists of different lengths; expected a gold label, a predicted label and a score per word: run `dvc"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (b"PAR1 and no more", ": damaged "),
        (
            {name: values for name, values in GOOD.items() if name != "gold"},
            ": column gold is missing; expected id, words, gold, predicted, score: run `dvc repro evaluate` again",
        ),
        (GOOD | {"gold": [["O"]]}, UNEVEN),
        (GOOD | {"gold": [None]}, ": column gold has null values; expected none: run `dvc repro evaluate` again"),
        (GOOD | {"gold": [[0, 1]]}, ": column gold has int64 values; expected string: run `dvc repro evaluate` again"),
        (GOOD | {"words": [["Ada", None]]}, ": column words has null values; expected none: run `dvc repro evaluate`"),
        (GOOD | {"gold": ["O"]}, ": damaged (Unsupported cast"),
        (GOOD | {"id": [0]}, ": column id has int64 values; expected large_string: run `dvc repro evaluate` again"),
    ],
)
def test_rows_that_are_not_tagged_sentences_are_an_error(columns: dict[str, list] | bytes, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read(columns)
    assert str(raised.value).startswith(f"main: data/predictions/test.parquet{message}")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"labels": {"kind": "words"}}'])
def test_damaged_metrics_and_provenance_are_an_error(content: bytes) -> None:
    with pytest.raises(UserError, match=r"main: data/predictions/provenance.json: damaged .+; expected a label list"):
        read(provenance=content)
    if b"labels" not in content:
        with pytest.raises(UserError, match=r"main: metrics/evaluate.json: damaged.+; run `dvc repro evaluate` again"):
            read(metrics=content)
