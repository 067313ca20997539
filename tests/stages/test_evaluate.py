"""evaluate.py: all words are scored, the same with any size of batches; evaluate.promises up to the export."""

import contextlib
import math
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from helpers.project import edit, error_of, json_of, run_stage, run_stages
from helpers.tiny import changed_weights, set_params
from seqeval.metrics import f1_score

from tagline.core.provenance import read_sealed, write_sealed
from tagline.evaluation.altered_forms import CASES, FORMS
from tagline.inference.documents import Document
from tagline.inference.tagger import Tagger
from tagline.metrics import calibration

FINETUNED = Path("models/finetuned")
WITHOUT_ONNX = {"onnx": False, "int8": False}


def test_word_without_a_prediction_is_an_error(finished):
    path = Path("reports/data.json")
    report = read_sealed(path, "tokenize-align")
    report["test"]["words"] += 2
    write_sealed(path, report)
    assert "data/tokenized: no prediction for 2 words; expected one for each word that reports" in error_of("evaluate")
    write_sealed(path, {})
    assert "reports/data.json: damaged" in error_of("evaluate")


def test_lowest_f1_of_letter_case_is_that_of_seqeval_on_altered_words(finished):
    table = pq.read_table("data/predictions/test.parquet").to_pydict()
    with Tagger("models/export", "torch") as tagger:
        tagged = {form: tagger.tag(list(map(Document.of_words, map(FORMS[form], table["words"])))) for form in FORMS}
    found = {form: [sentence.predicted_names for sentence in sentences] for form, sentences in tagged.items()}
    assert found == {form: table[f"predicted.altered.{form}"] for form in FORMS}
    f1 = {form: f1_score(table["gold"], predicted) for form, predicted in found.items()}
    scores = json_of("reports/evaluate.json")["test"]["altered"]
    assert {form: each["f1"] for form, each in scores.items()} == pytest.approx(f1, abs=1e-6)
    assert json_of("metrics/evaluate.json")["test.f1_lowest_case"] == round(min(f1[form] for form in CASES), 4) < 1


def test_size_of_batches_does_not_change_bytes(finished):
    files = [Path("data/predictions/test.parquet"), Path("reports/evaluate.json")]
    written = [path.read_bytes() for path in files]
    edit(Path("params.yaml"), "subwords_per_batch: 64\n  precision", "subwords_per_batch: 9\n  precision")
    run_stage("evaluate")
    assert [path.read_bytes() for path in files] == written


@pytest.fixture(scope="module")
def exported_once(finished_once, tmp_path_factory):
    """A workspace whose model finds nothing without biases, evaluated and exported with one for PER."""
    folder = shutil.copytree(finished_once, tmp_path_factory.mktemp("promises") / "kept")
    with contextlib.chdir(folder):
        with changed_weights(FINETUNED) as weights:
            weights["classifier.bias"][0] += 10  # of O
        evaluate = {"promises": {"PER": {"recall": {"at_least": 0.9}}}}
        set_params(evaluate=evaluate, export=WITHOUT_ONNX)
        run_stages("evaluate", "export")
    return folder


@pytest.fixture
def export(exported_once, monkeypatch):
    monkeypatch.chdir(exported_once)
    return Path("models/export")


def test_reached_recall_is_recorded_and_reported(export):
    scores = json_of("reports/evaluate.json")
    points = {split: of_split["promises"]["recall"]["PER"] for split, of_split in scores.items()}
    bias = points["test"]["bias"]
    assert 0 < bias < 16
    for split, point in points.items():
        assert (point["at_least"], point["bias"], point["kept"]) == (0.9, bias, True)
        assert point["low"] <= point["value"] <= point["high"]
        assert scores[split]["per_type"]["PER"]["recall"] == point["value"]
        assert scores[split]["per_type"]["LOC"]["recall"] == scores[split]["greedy"]["f1"] == 0
    assert points["validation"]["value"] >= 0.9
    for path in ("data/predictions/provenance.json", "models/export/tagger.json"):
        assert json_of(path)["biases"] == {"PER": bias}
    assert f"Tagline adds +{bias:g} to the scores of this type" in (export / "README.md").read_text()
    page = " ".join(Path("reports/evaluate.html").read_text(encoding="utf-8").split())
    assert "On validation, which chose the bias, at least 90 % of the PER entities are found" in page


def test_biases_and_calibrated_scores_reach_the_export_and_labels_stay(export, monkeypatch):
    with changed_weights(FINETUNED) as weights:
        weights["classifier.bias"][0] -= 16  # predicts entities where there are none
    run_stage("evaluate")  # does not calibrate, since there are too few
    before = pq.read_table("data/predictions/test.parquet").to_pydict()
    monkeypatch.setattr(calibration, "LEAST", 2)
    run_stages("evaluate", "export")
    after = pq.read_table("data/predictions/test.parquet").to_pydict()
    assert after["predicted"] == before["predicted"] and after["score"] != before["score"]
    curves = json_of("models/export/tagger.json")["calibration"]
    assert json_of("data/predictions/provenance.json")["calibration"] == curves and "entities" in curves
    assert "B-PER" in after["predicted"][0]
    with Tagger(export, backend="torch") as tagger:
        found = tagger.tag([Document.of_words(words) for words in after["words"]])
    assert [sentence.predicted_names for sentence in found] == after["predicted"]
    assert [sentence.scores.tolist() for sentence in found] == [pytest.approx(row, abs=1e-4) for row in after["score"]]


def test_promised_precision_is_recorded_and_reported(finished, capsys):
    promises = {
        "LOC": {"precision": {"at_least": 0.2, "confidence": 0.6}},
        "PER": {"precision": {"at_least": 0.999, "confidence": 0.9}},
    }
    set_params(evaluate={"promises": promises}, export=WITHOUT_ONNX)
    run_stages("evaluate", "export")
    scores = json_of("reports/evaluate.json")
    points = {split: of_split["promises"]["precision"] for split, of_split in scores.items()}
    limit = points["validation"]["LOC"]["score"]
    assert 0 <= limit < 1 and points["test"]["LOC"]["score"] == limit and "score" not in points["test"]["PER"]
    for path in ("data/predictions/provenance.json", "models/export/tagger.json"):
        assert json_of(path)["accept"] == {"LOC": limit}
    said = " ".join(capsys.readouterr().out.split())
    statement = "With 60 % confidence, at least 20 % of the LOC entities of later texts with a score of at least"
    assert statement in said
    assert "of 9 entities are wrong; expected at least 2,302 entities, none of them wrong" in said
    card = " ".join(Path("models/export/README.md").read_text(encoding="utf-8").split())
    assert f"{statement} {math.ceil(limit * 1000) / 1000:g} are right" in card and "does not show" not in card
    assert "Tagline marks them as accepted: " in card


def test_promise_is_reported_with_its_assumption(export, capsys):
    promise = {"at_least": 0.5, "confidence": 0.6, "found": "covered"}
    promises = {"PER": {"recall": promise}, "LOC": {"recall": promise | {"at_least": 0.99}}}
    set_params(evaluate={"promises": promises})
    run_stage("evaluate")
    said = " ".join(capsys.readouterr().out.split())
    assert "evaluate.promises: Validation does not show that at least 99 % of the LOC entities are found" in said
    assert "expected at least 92 entities" in said
    set_params(evaluate={"promises": {"PER": {"recall": promise}}})
    run_stage("evaluate")
    assert json_of("reports/evaluate.json")["test"]["promises"]["recall"]["PER"]["kept"]
    page = " ".join(Path("reports/evaluate.html").read_text(encoding="utf-8").split())
    assert " if texts are like those of validation and entities independent of each other; " in page
