"""Parity: reports on backends that predict the same or something else; and conformance.jsonl, which others can follow."""

import json
from dataclasses import replace
from runpy import run_path

import pytest
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


@pytest.fixture(scope="module")
def parity():
    """Sentences of three words and one word; the trained model finds two of three entities."""
    sentences = {"id": ["a", "b"], "words": [["x", "y", "z"], ["x"]], "labels": [[1, 0, 1], [1]]}
    windows = {"sentence": [0, 1], "input_ids": [[2, 7, 8, 8, 3], [2, 7, 3]]}
    windows |= {"word_ids": [[-1, 0, 1, 2, -1], [-1, 0, -1]], "labels": [[-100, 1, 0, 1, -100], [-100, 1, -100]]}
    return Parity(FixedLogits(TRAINED), split_of(sentences, windows), LABELS, make_head("linear", LABELS))


def test_report_compares_labels_and_f1(parity):
    assert parity.f1 == 0.8  # two correct, one missed
    assert parity.measure(FixedLogits(TRAINED), "same").report == {"same_labels": 1.0, "f1": 0.8}
    other = FixedLogits(TRAINED | {7: [2.5, 2.0, 0.25]})
    assert parity.measure(other, "other").report == {"same_labels": 0.5, "f1": 0.0}


def test_biases_apply_to_both_sides(parity):
    biased = Parity(FixedLogits(TRAINED), parity.split, LABELS, make_head("linear", LABELS), {"X": 3.5})
    # Three correct, one spurious.
    assert biased.measure(FixedLogits(TRAINED), "same").report == {"same_labels": 1.0, "f1": 0.857143}


def repeated(times, kind="spans"):
    """As many sentences of three words, of which the trained model finds the one entity, or tags all right."""
    labels = LABELS if kind == "spans" else Labels("pos", "tags", ("A", "B", "C"), "A")
    sentences = {"id": list(map(str, range(times))), "words": [["x", "y", "z"]] * times, "labels": [[1, 0, 0]] * times}
    windows = {"sentence": list(range(times)), "input_ids": [[2, 7, 8, 8, 3]] * times}
    windows |= {"word_ids": [[-1, 0, 1, 2, -1]] * times, "labels": [[-100, 1, 0, 0, -100]] * times}
    return Parity(FixedLogits(TRAINED), split_of(sentences, windows, labels), labels, make_head("linear", labels))


MISSED, SPURIOUS = {7: [9.0, 0.0, 0.0]}, {8: [0.0, 9.0, 0.0]}
DROPS = [
    (4, "spans", MISSED, 0.0, 0.125),
    (8, "spans", MISSED, 0.0, 0.0078),
    (8, "spans", SPURIOUS, 0.5, 0.0078),
    (8, "tags", MISSED, 0.4, 0.0078),
]


@pytest.mark.parametrize("times, kind, logits, f1, p", DROPS)
def test_drop_of_f1_is_significant_where_the_split_can_show_it(times, kind, logits, f1, p):
    parity = repeated(times, kind)
    worse = parity.measure(FixedLogits(TRAINED | logits), "worse").tagged
    drop = parity.drop(worse, 0.02)
    assert drop is not None
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
    with Tagger(folder) as tagger:
        found = tagger([row["text"] for row in rows])
    assert len(rows) == 50
    assert max(len(row["text"].split()) for row in rows) > 600
    for row, mentions in zip(rows, found, strict=True):
        assert [each | {"score": 0} for each in row["entities"]] == [each._replace(score=0).row() for each in mentions]
    other_implementation(folder)
    rows[3]["entities"][0]["end"] += 1
    (folder / CONFORMANCE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(SystemExit, match="expected"):
        other_implementation(folder)
    with pytest.raises(SystemExit, match=f"^{tmp_path}: not an exported model"):
        other_implementation(tmp_path)
