"""Plots: the CSV files that DVC draws."""

from __future__ import annotations

from pathlib import Path

from helpers.tagged import sentences

from tagline.evaluation.plots import write_confusion, write_per_type, write_reliability
from tagline.metrics.calibration import reliability
from tagline.metrics.confusion import confusion


def test_confusion_of_types_does_not_count_words_outside_in_both(tmp_path: Path) -> None:
    found = sentences(["B-PER I-PER O O", "B-PER"], ["B-PER O B-LOC O", "I-PER"])
    write_confusion(confusion(found, "spans"), "spans", tmp_path / "confusion.csv")
    assert (tmp_path / "confusion.csv").read_text() == "gold,predicted,number\nO,LOC,1\nPER,O,1\nPER,PER,2\n"


def test_confusion_of_a_type_called_o(tmp_path: Path) -> None:
    write_confusion(confusion(sentences(["B-O B-O O"], ["B-O O O"]), "spans"), "spans", tmp_path / "confusion.csv")
    expected = "gold,predicted,number\nO (type),O,1\nO (type),O (type),1\n"
    assert (tmp_path / "confusion.csv").read_text() == expected


def test_confusion_of_plain_tags_counts_all_words(tmp_path: Path) -> None:
    write_confusion(confusion(sentences(["O B-side O"], ["O O O"], "tags"), "tags"), "tags", tmp_path / "confusion.csv")
    assert (tmp_path / "confusion.csv").read_text() == "gold,predicted,number\nB-side,O,1\nO,O,2\n"


def test_per_type(tmp_path: Path) -> None:
    scores = {"LOC": {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "number": 2}}
    write_per_type(scores, {"LOC": {"f1": {"low": 0.25, "high": 0.875}}}, tmp_path / "per_type.csv")
    expected = "type,precision,recall,f1,low,high,number\nLOC,1.0,0.5,0.666667,0.25,0.875,2\n"
    assert (tmp_path / "per_type.csv").read_text() == expected


def test_per_type_without_types_has_a_header(tmp_path: Path) -> None:
    write_per_type({}, {}, tmp_path / "per_type.csv")
    assert (tmp_path / "per_type.csv").read_text() == "type,precision,recall,f1,low,high,number\n"


def test_reliability(tmp_path: Path) -> None:
    bins = reliability(sentences(["B-A O B-A"], ["B-A O B-B"], scores=[[1, 1, 2 / 3]]))
    write_reliability(bins, tmp_path / "reliability.csv")
    expected = "bin,confidence,accuracy,number\n0.6-0.7,0.667,0.0,1\n0.9-1.0,1.0,1.0,1\n"
    assert (tmp_path / "reliability.csv").read_text() == expected
