"""crossval_fold.py and crossval.py: each sentence is scored once, by a model that was trained without it."""

import contextlib
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from helpers.project import error_of, json_of, run_stage, run_stages, run_verb, status_of
from helpers.tiny import fill_workspace, raw_rows, set_train_params
from ruamel.yaml import YAML

from tagline.core.names import SPLITS
from tagline.tools.settings.created_pipelines import CROSSVAL

FOLDS = (1, 2)
# Divides the tiny data in halves that both have sentences of train and validation.
SEED = 35


@pytest.fixture(scope="module")
def validated_once(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after a cross-validation, without a trained model."""
    folder = tmp_path_factory.mktemp("validated")
    fill_workspace(folder, tiny_folder)
    with contextlib.chdir(folder):
        Path("dvc.yaml").touch()
        CROSSVAL.create()
        path = Path("crossval/params.yaml")
        params = YAML().load(path)
        params["crossval"] |= {"folds": list(FOLDS), "seed": SEED}
        YAML().dump(params, path)
        run_stages("download", "tokenize_align")
        for number in FOLDS:
            run_stage("crossval_fold", str(number))
        run_stage("crossval")
    return folder


@pytest.fixture
def validated(validated_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(validated_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_sentence_is_scored_once(validated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = sorted(row["id"] for split in SPLITS for row in raw_rows(split))
    assert sorted(pq.read_table("data/crossval/predictions/crossval.parquet")["id"].to_pylist()) == expected
    metrics = json_of("crossval/metrics.json")
    entries = json_of("reports/crossval.json")["crossval"]
    assert metrics["crossval.f1"] == round(entries["overall"]["f1"], 4)
    assert entries["sentences"] == len(expected)
    assert "Cross-validation" in Path("reports/crossval.html").read_text(encoding="utf-8")
    assert not Path(".work").exists()
    run_verb("scores")
    run_stage("crossval")
    shown = capsys.readouterr().out
    assert f"{entries['overall']['f1']:.3f}" in shown
    assert shown.count("crossval: 2 models, each trained on about ") == 2
    assert max(map(len, shown.splitlines())) <= 80


def test_wrong_usage_and_params_are_errors(validated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of("crossval_fold", "3") == 2
    assert "fold 3: expected one of 1, 2, as in crossval/params.yaml" in capsys.readouterr().err
    set_train_params(start_from="old")
    message = "train.start_from and train.teacher: an earlier model may have learnt the labels that are checked; expec"
    assert error_of("crossval_fold", "1").startswith(f"crossval_fold: {message}")
    Path("crossval/params.yaml").write_text("crossval: {folds: [0], group: document, seed: 1}\n", encoding="utf-8")
    message = "crossval.folds: must be the numbers from 1 to the number of folds, at least 2"
    assert message in error_of("crossval")
