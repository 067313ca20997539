"""All that is told of a split: which keys, numbers only, and no word without a prediction."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from tagline.core.errors import UserError
from tagline.metrics.evaluation import ScoredSplit, metrics
from tagline.metrics.params import Bootstrap
from tagline.metrics.training_index import TrainingIndex

BOOTSTRAP = Bootstrap(resamples=100, seed=1)
SPLIT = ScoredSplit(
    kind="spans",
    ids=["a", "b"],
    words=[["Ada", "left"], ["Oslo"]],
    gold=[["B-PER", "O"], ["B-LOC"]],
    predicted=[["I-PER", "O"], ["O"]],
    scores=[np.array([0.75, 1], np.float32), np.array([0.5], np.float32)],
    unseen=0,
)


def leaves(value: Any) -> list[Any]:
    return [leaf for item in value.values() for leaf in leaves(item)] if isinstance(value, dict) else [value]


def test_what_is_told_of_spans() -> None:
    found = metrics(SPLIT, TrainingIndex([], "spans"), BOOTSTRAP)
    assert list(found) == [
        *("overall", "per_type", "intervals", "strict", "repaired", "slices", "errors", "calibration"),
        *("sentences", "words", "words_unscored", "words_without_subwords"),
    ]
    assert found["overall"]["recall"] == 0.5
    assert (found["strict"]["recall"], found["repaired"]) == (0, 1)
    assert found["errors"] == {"correct": 1, "missed": 1, "spurious": 0, "type_error": 0, "boundary_error": 0}
    assert found["calibration"] == {"ece": 0.25, "confidence": 0.75, "accuracy": 1.0, "number": 1}
    assert (found["sentences"], found["words"], found["words_unscored"]) == (2, 3, 0)
    # What `dvc metrics diff` can compare.
    assert {type(leaf) for leaf in leaves(found)} <= {int, float}
    json.dumps(found, allow_nan=False)


def test_what_is_told_of_plain_tags() -> None:
    split = dataclasses.replace(SPLIT, kind="tags", gold=[["X", "Y"], ["X"]], predicted=[["X", "X"], ["Z"]])
    found = metrics(split, TrainingIndex([], "tags"), BOOTSTRAP)
    assert "strict" not in found
    assert "repaired" not in found
    assert found["errors"] == {"correct": 1, "type_error": 2}
    assert set(found["intervals"]["per_type"]) == set(found["per_type"]) == {"X", "Y"}
    assert {type(leaf) for leaf in leaves(found)} <= {int, float}


def test_a_word_without_prediction_is_a_fault() -> None:
    short = dataclasses.replace(SPLIT, predicted=[["B-PER"], ["O"]])
    with pytest.raises(UserError, match="1 word of data/tokenized got no prediction"):
        metrics(short, TrainingIndex([], "spans"), BOOTSTRAP)


def test_the_table_of_predictions() -> None:
    table = SPLIT.table()
    assert list(table.columns) == ["id", "words", "gold", "predicted", "score"]
    assert table["id"].tolist() == ["a", "b"]
    assert table["predicted"].tolist() == SPLIT.predicted
