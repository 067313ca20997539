"""Scores as the Hub's model-index, and the learning curve as a table."""

from __future__ import annotations

from tagline.export.card.origins import Dataset
from tagline.export.card.results import curve, model_index

ENDS = {"low": 0.1, "high": 0.9}
OVERALL = {"precision": 0.25, "recall": 0.75, "f1": 0.375, "accuracy": 0.5}
METRICS = {
    "validation": {"overall": dict.fromkeys(OVERALL, 1.0)},
    "test": {
        "overall": {**OVERALL, "number": 9},
        "per_type": {"PER": {"f1": 0.5}, "LOC": {"f1": 0.25}},
        # A type that is only predicted has no interval.
        "intervals": {"overall": dict.fromkeys(OVERALL, ENDS), "per_type": {"PER": {"f1": ENDS}}},
    },
}


def test_the_model_index_is_of_the_test_split() -> None:
    dataset = Dataset("a/b", "f" * 40, "small", "eval", {}, [], None)
    results = model_index(METRICS, "ner", dataset)
    assert [(result.metric_type, result.metric_name, result.metric_value) for result in results] == [
        ("precision", "Precision", 0.25),
        ("recall", "Recall", 0.75),
        ("f1", "F1", 0.375),
        ("accuracy", "Accuracy", 0.5),
        ("f1", "F1 of LOC", 0.25),
        ("f1", "F1 of PER", 0.5),
    ]
    assert [result.metric_args for result in results] == [
        *[{"confidence": 0.95, "low": 0.1, "high": 0.9}] * 4,
        None,
        {"confidence": 0.95, "low": 0.1, "high": 0.9},
    ]
    for result in results:
        assert (result.task_type, result.task_name) == ("token-classification", "ner")
        assert (result.dataset_type, result.dataset_config, result.dataset_split) == ("a/b", "small", "eval")
        assert result.dataset_revision == "f" * 40


def epochs(scores: list[float]) -> list[dict[str, float]]:
    return [{"epoch": float(number), "f1": f1, "loss": 1 / number} for number, f1 in enumerate(scores, start=1)]


def test_a_curve_of_few_epochs_is_complete() -> None:
    assert curve(epochs([0.5, 0.0, 1.0]), 3) == [
        (1, 1.0, 0.5, "█" * 10),
        (2, 0.5, 0.0, ""),
        (3, 1 / 3, 1.0, "█" * 20),
    ]
    assert curve(epochs([0.25]), 1) == [(1, 1.0, 0.25, "█" * 5)]


def test_a_curve_of_many_epochs_has_the_first_the_last_and_the_kept_one() -> None:
    shown = [epoch for epoch, *_ in curve(epochs([0.5] * 100), 38)]
    assert len(shown) == 21
    assert {1, 38, 100} <= set(shown)
    assert shown == sorted(shown)
