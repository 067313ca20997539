"""Summary: the CSV files that DVC draws, and the numbers that people compare."""

from pathlib import Path

import pytest
from helpers.tagged import sentences

from tagline.evaluation.summary import write_confusion, write_per_type, write_reliability
from tagline.labels.label_list import Kind
from tagline.metrics.calibration import reliability
from tagline.metrics.outcomes import confusion


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plot.csv"


@pytest.mark.parametrize(
    ("gold", "predicted", "kind", "rows"),
    [
        # Words outside in both are not counted.
        (["B-PER I-PER O O", "B-PER"], ["B-PER O B-LOC O", "I-PER"], "spans", ["O,LOC,1", "PER,O,1", "PER,PER,2"]),
        (["B-O B-O O"], ["B-O O O"], "spans", ["O (type),O,1", "O (type),O (type),1"]),
        (["O B-side O"], ["O O O"], "tags", ["B-side,O,1", "O,O,2"]),
    ],
    ids=["spans", "a type called O", "tags"],
)
def test_confusion_counts_words(gold: list[str], predicted: list[str], kind: Kind, rows: list[str], path: Path) -> None:
    write_confusion(confusion(sentences(gold, predicted, kind), kind), kind, path)
    assert path.read_text() == "\n".join(["gold,predicted,number", *rows, ""])


def test_scores_per_type_have_the_interval_of_f1(path: Path) -> None:
    scores = {"LOC": {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "number": 2}}
    write_per_type(scores, {"LOC": {"f1": {"low": 0.25, "high": 0.875}}}, path)
    header = "type,precision,recall,f1,low,high,number\n"
    assert path.read_text() == f"{header}LOC,1.0,0.5,0.666667,0.25,0.875,2\n"
    write_per_type({}, {}, path)
    assert path.read_text() == header


def test_reliability_has_a_row_per_bin(path: Path) -> None:
    bins = reliability(sentences(["B-A O B-A"], ["B-A O B-B"], scores=[[1, 1, 2 / 3]]))
    header, rows = "bin,confidence,accuracy,number,scores\n", ("0.6-0.7,0.667,0.0,1", "0.9-1.0,1.0,1.0,1")
    write_reliability(bins, None, path)
    assert path.read_text() == header + "".join(f"{row},uncalibrated\n" for row in rows)
    write_reliability(bins[:1], bins[1:], path)
    assert path.read_text() == f"{header}{rows[0]},calibrated\n{rows[1]},uncalibrated\n"
