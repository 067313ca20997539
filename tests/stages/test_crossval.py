"""crossval.py: each sentence is scored once, by a model that was trained without it."""

import re
import signal
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
from helpers.kill_points import killed
from helpers.project import edit, error_of, json_of, run_stage, run_verb, snapshot
from helpers.tiny import raw_rows, set_train_params

from tagline.core.names import SPLITS

RESULTS = [Path("data/crossval"), Path("reports")]


def test_each_sentence_is_scored_once(validated, capsys):
    expected = [row["id"] for split in SPLITS for row in raw_rows(split)]
    assert pq.read_table("data/crossval/predictions/cross-validated.parquet")["id"].to_pylist() == expected
    metrics = json_of("crossval/metrics.json")
    entries = json_of("reports/crossval.json")["cross-validated"]
    assert metrics["cross-validated.f1"] == round(entries["overall"]["f1"], 4)
    assert (entries["sentences"], entries["left_out"]) == (len(expected), 0)
    assert "Cross-validation" in Path("reports/crossval.html").read_text(encoding="utf-8")
    assert not list(Path(".work").glob("*/*"))
    run_verb("scores")
    shown = capsys.readouterr().out
    assert f"{entries['overall']['f1']:.3f}" in shown
    assert "cross-validated: each sentence is labelled by one of 2 models" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_killed_run_continues_to_the_same_bytes(validated, capfd):
    """Killed before the first training, and with a fold done and the next one tokenized."""
    before = snapshot(*RESULTS)
    for point in (".fold-1.run.partial", ".fold-2.run.partial"):
        assert killed(partial(run_stage, "crossval"), point) == -signal.SIGKILL
    (done,) = Path(".work/crossval").glob("*/fold-1/hashes.json")
    assert capfd.readouterr().err.count("epoch 6/6") == 1
    run_stage("crossval")
    assert capfd.readouterr().err.count("epoch 6/6") == 1, "the second fold only"
    assert not done.exists()
    assert snapshot(*RESULTS) == before


def test_error_of_a_fold_is_above_its_one_message(validated, capfd):
    edit(Path("params.yaml"), "max_length: 24", "max_length: 65")
    message = r"^crossval: fold-1: the stage tokenize_align ended with status 1; its message is above; mend that, and"
    assert re.match(message, error_of("crossval"))
    assert "tokenize_align: tokenize_align.max_length is 65, but the encoder reads" in capfd.readouterr().err


def test_params_that_fit_no_cross_validation_are_errors(validated):
    set_train_params(start_from="old")
    message = "train.start_from and train.teacher: an earlier model may have learnt the labels that are checked; expec"
    assert error_of("crossval").startswith(f"crossval: {message}")
    run_verb("crossval")  # with the path of the code from here
    assert error_of("check").startswith(f"check: {message}")
    Path("crossval/params.yaml").write_text("crossval: {folds: 1, group: document, seed: 1}\n", encoding="utf-8")
    assert "crossval.folds: should be greater than or equal to 2, got 1" in error_of("crossval")
