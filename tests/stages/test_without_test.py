"""Data without a test split, as of somebody who scores by cross-validation: validation is reported, and says so."""

import contextlib
import json
from pathlib import Path

import pytest
from helpers.built_once import entered
from helpers.project import STAGES, json_of, run_stage, run_stages, run_verb
from helpers.tiny import TINY_PARAMS, fill_workspace, set_params

from tagline.core.provenance import read_sealed


@pytest.fixture(scope="module")
def without_once(tiny_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("without")
    fill_workspace(folder, tiny_folder)
    with contextlib.chdir(folder):
        dataset = TINY_PARAMS["download"]["dataset"] | {"test": None}
        set_params(download={"dataset": dataset}, export={"onnx": False, "int8": False})
        run_stages(*STAGES)
    return folder


@pytest.fixture
def without(without_once, tmp_path, monkeypatch):
    return entered(without_once, tmp_path, monkeypatch)


def test_validation_is_reported_in_every_result(without, capsys):
    assert not Path("data/raw/test").exists()
    assert not Path("data/tokenized_tests/sentences/test").exists()
    assert read_sealed(Path("reports/data.json"), "tokenize-align").keys() == {"train", "validation"}
    scores = json_of("reports/evaluate.json")
    assert scores.keys() == {"validation"}
    assert scores["validation"]["altered"]
    metrics = json_of("metrics/evaluate.json")
    assert not any(name.startswith("test") for name in metrics)
    assert {"validation.f1", "validation.f1.PER", "validation.f1_lowest_case"} < metrics.keys()
    assert json_of("reports/export.json").keys() == {"validation"}
    card = Path("models/export/README.md").read_text(encoding="utf-8")
    assert "There is no test split.\n" in card and "\n| | train | validation |\n|---|---:|---:|\n" in card
    run_stage("download")
    told = " ".join(capsys.readouterr().out.split())
    assert (
        "no test split: scores are of validation, and too high if it is large enough to select the epoch; for a" in told
    )


def test_tools_read_validation(without, capsys):
    run_verb("improve", "--json")
    assert json.loads(capsys.readouterr().out)["split"] == "validation"
    with pytest.raises(SystemExit, match=r"reference, .+ expected one of this version, with a test split and at least"):
        run_verb("estimate", "Ada lives in Oslo.")
    with pytest.raises(SystemExit) as raised:
        run_verb("show", "test:0")
    assert raised.value.code == 2
    assert "expected SPLIT:SENTENCE with one of train, validation (such as train:4)" in capsys.readouterr().err
