"""Operating point: its params, and what a split reaches."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.tagged import sentences

from tagline.core.errors import UserError
from tagline.core.params import read_section
from tagline.evaluation.evaluate_params import Bootstrap, Evaluate, OperatingPoint
from tagline.evaluation.operating_point import Found, Goal, report, targets_of
from tagline.labels.label_list import Labels
from tagline.metrics.counts import count
from tagline.metrics.resampling import intervals

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X", "B-Y", "I-Y"), "O")
SECTION = """\
evaluate:
  subwords_per_batch: 64
  precision: fp32
  decoding: greedy
  bootstrap: {resamples: 100, seed: 3}
"""


def read(path: Path, operating_point: str) -> OperatingPoint:
    path.write_text(f"{SECTION}{operating_point}", encoding="utf-8")
    return read_section("evaluate", Evaluate, path).operating_point


@pytest.mark.parametrize(
    "text",
    ["", "  operating_point: {}", "  operating_point: {recall: , precision: {}}", "  operating_point: {recall: {}}"],
)
def test_without_targets(tmp_path: Path, text: str) -> None:
    assert targets_of(read(tmp_path / "params.yaml", text), LABELS) == []


def test_targets(tmp_path: Path) -> None:
    params = read(tmp_path / "params.yaml", "  operating_point: {recall: {Y: 0.95}, precision: {X: 0.9}}")
    assert targets_of(params, LABELS) == [Goal("X", "precision", 0.9), Goal("Y", "recall", 0.95)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{recall: {X: 1.0}}", r"operating_point.recall.X: should be less than 1, got 1.0"),
        ("{recall: {X: 0}}", r"operating_point.recall.X: should be greater than 0, got 0"),
        ("{precision: {X: .nan}}", r"operating_point.precision.X: should be less than 1, got nan"),
        ("{precision: {X: high}}", r"operating_point.precision.X: should be a valid number, got 'high'"),
        ("{f1: {X: 0.9}}", r"operating_point.f1: unknown key \(allowed: precision, recall\)"),
        (
            "{recall: {X: 0.9, Y: 0.8}, precision: {X: 0.5}}",
            "operating_point: both recall and precision of X; expected one of them per type",
        ),
    ],
)
def test_malformed_params(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=rf"params.yaml:6: evaluate.{message}"):
        read(tmp_path / "params.yaml", f"  operating_point: {text}")


def test_a_type_that_the_task_lacks() -> None:
    message = "^evaluate.operating_point.precision: the task ner does not have the type B-X; expected one of X, Y$"
    with pytest.raises(UserError, match=message):
        targets_of(OperatingPoint(precision={"B-X": 0.5}), LABELS)


def test_what_a_split_reaches() -> None:
    gold = ["B-X O B-Y", "B-X O", "B-X B-Y", "O O"]
    predicted = ["B-X O B-Y", "O O", "B-X B-X", "B-X O"]
    counts = count(sentences(gold, predicted), "spans")
    targets = [Goal("X", "precision", 0.5), Goal("Y", "recall", 0.6), Goal("Z", "recall", 0.5)]
    biases = {"X": Found(-0.5), "Y": Found(1.0), "Z": Found(0.0, 0.25)}
    found = report(counts, targets, biases, Bootstrap(resamples=100, seed=1))
    assert "highest_on_validation" not in found["X"]
    about_x = {"measure": "precision", "target": 0.5, "bias": -0.5, "value": 0.5, "reached": True}
    assert found["X"].items() >= about_x.items()
    assert found["Y"].items() >= {"value": 0.5, "bias": 1.0, "reached": False}.items()
    about_z = {"value": 0, "low": 0, "high": 0, "reached": False, "highest_on_validation": 0.25}
    assert found["Z"].items() >= about_z.items()
    # Only X is predicted or in gold: its interval is that of all types together.
    only = count(sentences(["B-X O", "B-X O", "O O"], ["B-X B-X", "O O", "O O"]), "spans")
    of_x = report(only, targets[:1], {"X": Found(0.0)}, Bootstrap(resamples=100, seed=1))["X"]
    assert {"low": of_x["low"], "high": of_x["high"]} == intervals(only, 100, 1)["overall"]["precision"]
