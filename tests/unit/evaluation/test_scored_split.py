"""Scored split: the keys and types of its metrics, and no word without a prediction."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from helpers.tagged import sentences

from tagline.core.errors import UserError
from tagline.evaluation import scored_split
from tagline.evaluation.evaluate_params import Bootstrap
from tagline.evaluation.scored_split import ScoredSplit, metrics
from tagline.metrics import calibration
from tagline.metrics.training_index import TrainingIndex

BOOTSTRAP = Bootstrap(resamples=100, seed=1)
SENTENCES = sentences(["B-PER O", "B-LOC"], ["I-PER O", "O"], words=["Ada left", "Oslo"], scores=[[0.75, 1], [0.5]])
SPLIT = ScoredSplit("spans", SENTENCES, words_without_subwords=1, greedy_f1=0.25)


def leaves(value: Any) -> list[Any]:
    return [leaf for item in value.values() for leaf in leaves(item)] if isinstance(value, dict) else [value]


def test_metrics_of_spans() -> None:
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


def test_metrics_of_plain_tags() -> None:
    split = ScoredSplit("tags", sentences(["X Y", "X"], ["X X", "Z"], "tags"), words_without_subwords=0)
    found = metrics(split, TrainingIndex([], [], "tags"), BOOTSTRAP)
    assert not {"strict", "repaired"} & set(found)
    assert found["errors"] == {"correct": 1, "type_error": 2}
    assert set(found["intervals"]["per_type"]) == set(found["per_type"]) == {"X", "Y"}
    assert {type(leaf) for leaf in leaves(found)} <= {int, float}


def test_word_without_a_prediction_is_an_error() -> None:
    with pytest.raises(UserError, match="data/tokenized: no prediction for 1 words; expected one for each word that"):
        metrics(replace(SPLIT, words_unscored=1), TrainingIndex([], [], "spans"), BOOTSTRAP)


def test_entities_outcomes_and_bins_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counting(name: str, function: Any) -> Any:
        return lambda argument: calls.append(name) or function(argument)

    monkeypatch.setattr(scored_split, "outcomes_of_errors", counting("outcomes", scored_split.outcomes_of_errors))
    monkeypatch.setattr(scored_split, "reliability", counting("reliability", calibration.reliability))
    split = ScoredSplit("spans", SENTENCES, 0)
    for _ in range(2):
        metrics(split, TrainingIndex([], [], "spans"), BOOTSTRAP)
    assert calls == ["outcomes", "reliability"]
    assert split.outcomes is split.outcomes
    assert split.counts is split.counts
