"""Scored split: the keys and types of its metrics."""

from __future__ import annotations

import json
from typing import Any

from helpers.tagged import sentences

from tagline.evaluation.evaluate_params import Bootstrap
from tagline.evaluation.scored_split import ScoredSplit, metrics
from tagline.metrics.training_index import TrainingIndex

BOOTSTRAP = Bootstrap(resamples=100, seed=1)
SENTENCES = sentences(["B-PER O", "B-LOC"], ["I-PER O", "O"], words=["Ada left", "Oslo"], scores=[[0.75, 1], [0.5]])
SPLIT = ScoredSplit("spans", SENTENCES, words_without_subwords=1, greedy_f1=0.25)


def leaves(value: Any) -> list[Any]:
    return [leaf for item in value.values() for leaf in leaves(item)] if isinstance(value, dict) else [value]


def test_spans_have_these_metrics() -> None:
    found = metrics(SPLIT, TrainingIndex([], [], "spans"), BOOTSTRAP)
    assert list(found) == [
        *("overall", "per_type", "loss", "intervals", "greedy", "strict", "repaired", "slices", "errors"),
        "calibration",
        *("sentences", "words", "words_unscored", "words_without_subwords"),
    ]
    assert found["overall"]["recall"] == 0.5
    assert found["greedy"] == {"f1": 0.25}
    assert (found["strict"]["recall"], found["repaired"]) == (0, 1)
    assert found["errors"] == {"correct": 1, "missed": 1, "spurious": 0, "type_error": 0, "boundary_error": 0}
    assert found["calibration"] == {"ece": 0.25, "confidence": 0.75, "accuracy": 1.0, "number": 1}
    assert (found["sentences"], found["words"], found["words_unscored"]) == (2, 3, 0)
    assert found["words_without_subwords"] == 1
    # Other types can't be compared by `dvc metrics diff`.
    assert {type(leaf) for leaf in leaves(found)} <= {int, float}
    json.dumps(found, allow_nan=False)


def test_plain_tags_have_these_metrics() -> None:
    split = ScoredSplit("tags", sentences(["X Y", "X"], ["X X", "Z"], "tags"), words_without_subwords=0)
    found = metrics(split, TrainingIndex([], [], "tags"), BOOTSTRAP)
    assert not {"strict", "repaired"} & set(found)
    assert found["errors"] == {"correct": 1, "type_error": 2}
    assert set(found["intervals"]["per_type"]) == set(found["per_type"]) == {"X", "Y"}
    assert {type(leaf) for leaf in leaves(found)} <= {int, float}
