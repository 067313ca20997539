"""crossval_fold.py and crossval.py: each sentence is scored once, by a model that was trained without it."""

import re
import shutil
import signal
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from helpers.kill_points import killed
from helpers.project import error_of, json_of, run_stage, run_verb, snapshot, status_of
from helpers.tiny import raw_rows, set_train_params

from tagline.core.names import SPLITS
from tagline.crossval import labelling

FOLD = Path("data/crossval/folds/1")


def test_each_sentence_is_scored_once(validated, capsys):
    expected = sorted(row["id"] for split in SPLITS for row in raw_rows(split))
    assert sorted(pq.read_table("data/crossval/predictions/cross-validated.parquet")["id"].to_pylist()) == expected
    metrics = json_of("crossval/metrics.json")
    entries = json_of("reports/crossval.json")["cross-validated"]
    assert metrics["cross-validated.f1"] == round(entries["overall"]["f1"], 4)
    assert entries["sentences"] == len(expected)
    assert "Cross-validation" in Path("reports/crossval.html").read_text(encoding="utf-8")
    assert not list(Path(".work").glob("*/*"))
    run_verb("scores")
    run_stage("crossval")
    shown = capsys.readouterr().out
    assert f"{entries['overall']['f1']:.3f}" in shown
    assert shown.count("cross-validated: each sentence is labelled by one of 2 models") == 2
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("damaged", [(), ("finetuned/model.safetensors", "tokenized/sentences/train/00000.arrow")])
def test_interrupted_fold_continues_after_its_training(validated, damaged, monkeypatch, capsys):
    before = snapshot(FOLD)
    shutil.rmtree(FOLD)
    with monkeypatch.context() as patch:
        patch.setattr(labelling, "label", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(SystemExit):
            run_stage("crossval_fold", "1")
    assert not FOLD.exists()
    (work,) = Path(".work/crossval-1").glob("*/")
    for name in damaged:
        (work / name).write_bytes((work / name).read_bytes()[:-1])
    if not damaged:
        monkeypatch.setattr(labelling, "fine_tune", None)
    capsys.readouterr()
    run_stage("crossval_fold", "1")
    assert capsys.readouterr().out.count("changed since it was written); computing it again\n") == len(damaged)
    assert snapshot(FOLD) == before
    assert not list(Path(".work").glob("*/*"))


def test_nothing_is_left_after_a_kill_at_the_end_of_training(validated):
    before = snapshot(FOLD)
    shutil.rmtree(FOLD)
    assert killed(partial(run_stage, "crossval_fold", "1"), ".validation.csv.partial") == -signal.SIGKILL
    run_stage("crossval_fold", "1")
    assert snapshot(FOLD) == before
    assert not list(Path(".work").glob("*/*"))


def test_hosts_that_do_not_share_the_work_folder_are_an_error(validated, monkeypatch):
    monkeypatch.setattr(labelling, "seen_by_all", lambda _: False)
    message = r"^crossval_fold: \.work/crossval-1/.* is not the same folder on all hosts of this run; expected one"
    assert re.match(message, error_of("crossval_fold", "1"))


def test_wrong_usage_and_params_are_errors(validated, capsys):
    assert status_of("crossval_fold", "3") == 2
    assert "fold 3: expected one of 1, 2, as in crossval/params.yaml" in capsys.readouterr().err
    set_train_params(start_from="old")
    message = "train.start_from and train.teacher: an earlier model may have learnt the labels that are checked; expec"
    assert error_of("crossval_fold", "1").startswith(f"crossval_fold: {message}")
    run_verb("crossval", "create")  # with the path of the code from here
    assert error_of("check").startswith(f"check: {message}")
    Path("crossval/params.yaml").write_text("crossval: {folds: [0], group: document, seed: 1}\n", encoding="utf-8")
    message = "crossval.folds: must be the numbers from 1 to the number of folds, at least 2"
    assert message in error_of("crossval")
