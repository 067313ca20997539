"""Summary: the CSV files that DVC draws, and the numbers that people compare."""

import pytest
from helpers.tagged import corpora, sentences, sides
from hypothesis import example, given
from seqeval.metrics import accuracy_score

from tagline.evaluation.measurements.scores import scores_of_record
from tagline.evaluation.plots import write_confusion, write_per_type, write_reliability
from tagline.metrics.calibration import reliability
from tagline.metrics.outcomes import confusion
from tagline.metrics.scores import count, score


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plot.csv"


CONFUSIONS = [
    # Words outside in both are not counted.
    (["B-PER I-PER O O", "B-PER"], ["B-PER O B-LOC O", "I-PER"], "spans", ["O,LOC,1", "PER,O,1", "PER,PER,2"]),
    (["B-O B-O O"], ["B-O O O"], "spans", ["O (type),O,1", "O (type),O (type),1"]),
    (["O B-side O"], ["O O O"], "tags", ["B-side,O,1", "O,O,2"]),
]


@pytest.mark.parametrize("gold, predicted, kind, rows", CONFUSIONS, ids=["spans", "a type called O", "tags"])
def test_confusion_counts_words(gold, predicted, kind, rows, path):
    write_confusion(confusion(sentences(gold, predicted, kind), kind), kind, path)
    assert path.read_text() == "\n".join(["gold,predicted,number", *rows, ""])


def test_scores_per_type_have_the_interval_of_f1(path):
    header, scores = (
        "type,precision,recall,f1,low,high,number\n",
        {"precision": 1.0, "recall": 0.5, "f1": 0.666667, "number": 2},
    )
    write_per_type({"LOC": scores}, {"LOC": {"f1": {"low": 0.25, "high": 0.875}}}, path)
    assert path.read_text() == f"{header}LOC,1.0,0.5,0.666667,0.25,0.875,2\n"
    write_per_type({}, {}, path)
    assert path.read_text() == header


def test_reliability_has_a_row_per_bin(path):
    bins = reliability(sentences(["B-A O B-A"], ["B-A O B-B"], scores=[[1, 1, 2 / 3]]))
    header, rows = "bin,confidence,accuracy,number,scores\n", "0.6-0.7,0.667,0.0,1,{}\n0.9-1.0,1.0,1.0,1,uncalibrated\n"
    for parts, first in (((bins, None), "uncalibrated"), ((bins[:1], bins[1:]), "calibrated")):
        write_reliability(*parts, path)
        assert path.read_text() == header + rows.format(first)


# Types of any name, also as those of sums.
TAGS = ["O", "I-_", *(f"{prefix}-{type_}" for type_ in ("LOC", "O", "a-b", "micro avg", "overall") for prefix in "BI")]


@given(corpora(TAGS))
@example([])
def test_seqeval_agrees_with_our_counts(rows):
    gold, predicted = sides(rows)
    found = sentences(gold, predicted)
    counts = count(found, "spans")
    record, ours = scores_of_record(found, counts), score(counts)
    assert record.keys() == ours.keys()
    assert record["overall"] == pytest.approx(ours["overall"], abs=1e-6)
    assert record["per_type"] == {name: pytest.approx(of, abs=1e-6) for name, of in ours["per_type"].items()}
    assert ours["overall"]["accuracy"] == pytest.approx(accuracy_score(gold, predicted) if rows else 0, abs=1e-6)
