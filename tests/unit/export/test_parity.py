"""Parity: reports on backends that predict the same or something else; and conformance.jsonl, which others can follow."""

import json
from dataclasses import replace
from runpy import run_path

import pytest
from helpers.annotated import write_rows
from helpers.fake_backends import FixedLogits
from helpers.handmade_export import save_export
from helpers.messages import message_of
from helpers.project import ROOT
from helpers.windows import LABELS, split_of

from tagline.artifacts import exported
from tagline.artifacts.exported import SentenceRule
from tagline.export.parity import CONFORMANCE, Parity, write_conformance
from tagline.inference import Tagger
from tagline.labels import NOT_CALIBRATED, Calibration, Labels
from tagline.model.heads import make_head

TRAINED = {7: [0.0, 2.0, 0.0], 8: [3.0, 0.0, 0.0], 9: [0.0, 0.0, 1.0]}


def parity_of(rows, labels=LABELS, **settings):
    """Sentences of three words with these labels."""
    number = range(len(rows))
    sentences = {"id": list(map(str, number)), "words": [["x", "y", "z"]] * len(rows), "labels": rows}
    windows = {"sentence": list(number), "input_ids": [[2, 7, 8, 8, 3]] * len(rows)}
    windows |= {"word_ids": [[-1, 0, 1, 2, -1]] * len(rows), "labels": [[-100, *row, -100] for row in rows]}
    split = split_of(sentences, windows, labels)
    return Parity(FixedLogits(TRAINED), split, labels, make_head("linear", labels), **settings)


@pytest.fixture(scope="module")
def parity():
    """The trained model finds two of three entities."""
    return parity_of([[1, 0, 1], [1, 0, 0]])


def test_report_compares_labels_and_f1(parity):
    assert parity.f1 == 0.8  # two correct, one missed
    assert parity.measure(FixedLogits(TRAINED), "same").report == {"same_labels": 1.0, "f1": 0.8}
    other = FixedLogits(TRAINED | {7: [2.5, 2.0, 0.25]})
    assert parity.measure(other, "other").report == {"same_labels": 0.666667, "f1": 0.0}


def test_biases_apply_to_both_sides():
    biased = parity_of([[1, 0, 1], [1, 0, 0]], biases={"X": 3.5})
    # Three correct, three spurious.
    assert biased.measure(FixedLogits(TRAINED), "same").report == {"same_labels": 1.0, "f1": 0.666667}


MISSED, SPURIOUS = {7: [9.0, 0.0, 0.0]}, {8: [0.0, 9.0, 0.0]}
DROPS = [
    (4, "spans", MISSED, 0.0, 0.125),
    (8, "spans", MISSED, 0.0, 0.0078),
    (8, "spans", SPURIOUS, 0.5, 0.0078),
    (8, "tags", MISSED, 0.4, 0.0078),
]


@pytest.mark.parametrize("times, kind, logits, f1, p", DROPS)
def test_drop_of_f1_is_significant_where_the_split_can_show_it(times, kind, logits, f1, p):
    """The trained model finds the one entity of each sentence, or tags all right."""
    labels = LABELS if kind == "spans" else Labels("pos", "tags", ("A", "B", "C"), "A")
    parity = parity_of([[1, 0, 0]] * times, labels)
    worse = parity.measure(FixedLogits(TRAINED | logits), "worse").tagged
    drop = parity.drop(worse, 0.02)
    assert (drop.new[0], drop.p) == pytest.approx((f1, p), abs=1e-4)
    assert (drop.verdict == "significant") == (times == 8)
    assert parity.drop(worse, 1.0) is None, "not above the limit"
    assert parity.drop(parity.expected, 0.0) is None


def test_nan_logits_of_a_backend_are_an_error(parity):
    message = "backend half: NaN or infinite logits; expected finite ones; float16 may overflow"
    assert message in message_of(parity.measure, FixedLogits(TRAINED | {8: [float("nan"), 0.0, 0.0]}), "half")


other_implementation = run_path(str(ROOT / "examples/onnxruntime_alone.py"))["main"]


@pytest.mark.parametrize("biases, split", [({}, False), ({}, True), ({"PER": -0.7}, True)])
def test_other_implementation_agrees(biases, split, tmp_path):
    """With random logits, which allowed sequences and overlapping windows change."""
    folder = save_export(tmp_path / "export", seed=4, max_length=40, backend="onnx-int8")
    calibration = Calibration([[-20.0, 0.0], [0.0, 0.25], [20.0, 1.0]]) if split else NOT_CALIBRATED
    settings = {"biases": biases, "sentences": SentenceRule(split), "lowercase": not split}
    exported.write(replace(exported.read(folder), calibration=calibration, **settings), folder)
    write_conformance(folder)
    rows = [json.loads(line) for line in (folder / CONFORMANCE).read_text().splitlines()]
    assert len(rows) == 50
    assert max(len(row["text"].split()) for row in rows) > 600
    with Tagger(folder) as tagger:
        for row, found in zip(rows, tagger([row["text"] for row in rows]), strict=True):
            assert [each | {"score": 0} for each in row["entities"]] == [each._replace(score=0).row() for each in found]
    other_implementation(folder)
    rows[3]["entities"][0]["end"] += 1
    write_rows(folder / CONFORMANCE, rows)
    with pytest.raises(SystemExit, match="expected"):
        other_implementation(folder)
    with pytest.raises(SystemExit, match=f"^{tmp_path}: not an exported model"):
        other_implementation(tmp_path)
