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
SPANS, TAGS = (json.dumps({"labels": {"kind": kind}}).encode() for kind in ("spans", "tags"))


def parquet(columns: dict[str, list]) -> bytes:
    buffer = BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    return buffer.getvalue()


def read(
    columns: dict[str, list] | bytes, metrics: bytes | None = None, provenance: bytes = SPANS, **others: bytes
) -> Run:
    """Read a run with a test split, and other splits by name."""
    test = columns if isinstance(columns, bytes) else parquet(columns)
    files = {f"data/predictions/{split}.parquet": content for split, content in {**others, "test": test}.items()}
    files["data/predictions/provenance.json"] = provenance
    return make_run(
        "main",
        "0123456789",
        files.__getitem__,
        {"metrics/evaluate.json": metrics, "params.yaml": b"train:\n"}.__getitem__,
        [*others, "test"],
    )


def test_predictions_and_metrics() -> None:
    run = read(GOOD, json.dumps({"test.f1": 0}).encode())
    assert list(run.splits) == ["test"]
    (sentence,) = run.splits["test"]
    assert (sentence.id, list(sentence.words)) == ("0", ["Ada", "lives"])
    assert (sentence.gold_names, sentence.predicted_names) == (["B-PER", "O"], ["O", "O"])
    assert sentence.scores.tolist() == [1.0, 1.0]
    assert run.metrics == {"test.f1": 0}
    assert run.kind == "spans"
    assert run.title == "main (0123456)"


def test_the_title_has_the_hash_once() -> None:
    assert replace(read(GOOD), name="01234").title == "01234"


def test_provenance_decides_how_labels_are_read() -> None:
    assert read(GOOD, provenance=TAGS).kind == "tags", "B-PER may be a plain tag"
    assert read({**GOOD, "gold": [["O", "O"]]}).kind == "spans", "O alone may be no entity"


def test_damaged_parquet() -> None:
    with pytest.raises(
        UserError, match=r"main: data/predictions/test.parquet: damaged .*; expected a table of predictions; run `dvc"
    ):
        read(b"PAR1 and no more")


def test_a_missing_column() -> None:
    with pytest.raises(
        UserError,
        match=r"test.parquet: column gold is missing; expected id, words, gold, predicted, score: run `dvc repro",
    ):
        read({name: values for name, values in GOOD.items() if name != "gold"})


UNEVEN = ", row 0: lists of different lengths; expected a gold label, a predicted label and a score per word: run `dvc"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"gold": [["O"]]}, UNEVEN),
        ({"gold": [None]}, ": column gold has null values; expected none: run `dvc repro evaluate` again"),
        ({"gold": [[0, 1]]}, ": column gold has int64 values; expected string: run `dvc repro evaluate` again"),
        ({"words": [["Ada", None]]}, ": column words has null values; expected none: run `dvc repro evaluate` again"),
        ({"gold": ["O"]}, ": damaged (Unsupported cast"),
        ({"id": [0]}, ": column id has int64 values; expected large_string: run `dvc repro evaluate` again"),
    ],
)
def test_rows_that_are_not_tagged_sentences(columns: dict[str, list], message: str) -> None:
    with pytest.raises(UserError) as raised:
        read({**GOOD, **columns})
    assert str(raised.value).startswith(f"main: data/predictions/test.parquet{message}")


@pytest.mark.parametrize("content", [b"{", b"[]", b"1"])
def test_damaged_metrics(content: bytes) -> None:
    with pytest.raises(UserError, match=r"main: metrics/evaluate.json: damaged.+; run `dvc repro evaluate` again"):
        read(GOOD, metrics=content)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"labels": 1}', b'{"labels": {"kind": "words"}}'])
def test_damaged_provenance(content: bytes) -> None:
    with pytest.raises(UserError, match=r"main: data/predictions/provenance.json: damaged .+; expected a label list"):
        read(GOOD, provenance=content)
