"""The tables that DVC draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tagline.metrics.calibration import reliability
from tagline.metrics.plots import write_confusion, write_per_type, write_reliability


def test_confusion_of_types_without_words_that_are_outside_in_both(tmp_path: Path) -> None:
    gold = [["B-PER", "I-PER", "O", "O"], ["B-PER"]]
    predicted = [["B-PER", "O", "B-LOC", "O"], ["I-PER"]]
    write_confusion(gold, predicted, "spans", tmp_path / "confusion.csv")
    assert (tmp_path / "confusion.csv").read_text() == "gold,predicted,number\nO,LOC,1\nPER,O,1\nPER,PER,2\n"


def test_confusion_of_a_type_called_o(tmp_path: Path) -> None:
    write_confusion([["B-O", "B-O", "O"]], [["B-O", "O", "O"]], "spans", tmp_path / "confusion.csv")
    expected = "gold,predicted,number\nO (type),O,1\nO (type),O (type),1\n"
    assert (tmp_path / "confusion.csv").read_text() == expected


def test_confusion_of_plain_tags_has_every_word(tmp_path: Path) -> None:
    write_confusion([["O", "B-side", "O"]], [["O", "O", "O"]], "tags", tmp_path / "confusion.csv")
    assert (tmp_path / "confusion.csv").read_text() == "gold,predicted,number\nB-side,O,1\nO,O,2\n"


def test_per_type(tmp_path: Path) -> None:
    scores = {"LOC": {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "number": 2}}
    write_per_type(scores, {"LOC": {"f1": {"low": 0.25, "high": 0.875}}}, tmp_path / "per_type.csv")
    expected = "type,precision,recall,f1,low,high,number\nLOC,1.0,0.5,0.666667,0.25,0.875,2\n"
    assert (tmp_path / "per_type.csv").read_text() == expected


def test_no_types_at_all_is_still_a_table(tmp_path: Path) -> None:
    write_per_type({}, {}, tmp_path / "per_type.csv")
    assert (tmp_path / "per_type.csv").read_text() == "type,precision,recall,f1,low,high,number\n"


def test_reliability(tmp_path: Path) -> None:
    bins = reliability([["B-A", "O", "B-A"]], [["B-A", "O", "B-B"]], [np.array([1, 1, 2 / 3])], "spans")
    write_reliability(bins, tmp_path / "reliability.csv")
    expected = "bin,confidence,accuracy,number\n0.6-0.7,0.666667,0.0,1\n0.9-1.0,1.0,1.0,1\n"
    assert (tmp_path / "reliability.csv").read_text() == expected
