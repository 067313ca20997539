"""The committed results: dvc.lock, metrics, plots and README belong to the committed code, params and sample.

These tests guard this repository, not the clone of somebody with other params or data: they carry the marker
``release``, and only `make check-release` runs them.
"""

import json
import os
import re
import subprocess
import sys

import pytest
from helpers import picture
from helpers.project import ROOT, STAGES, declared, pipeline
from helpers.tiny import preset
from helpers.weights import weights

pytestmark = pytest.mark.release

# README shows scores to three digits, the metrics have four: 0.61749 is 0.617 in one and 0.6175 in the other.
ROUNDING = 0.00056


def test_code_params_and_results_are_the_locked_ones(tmp_path):
    """In a fresh clone of the committed state, whose models and data are not pulled."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    environment = os.environ | {"DVC_SITE_CACHE_DIR": str(clone / ".dvc/tmp/site")}
    command = [sys.executable, str(clone / "stages/check.py"), "--lock"]
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_small_results_are_committed_and_plots_have_the_columns_that_are_drawn():
    for stage in STAGES:
        for path in declared(stage, "metrics", "plots"):
            assert (ROOT / path).is_file(), path
    for stage in pipeline()["stages"].values():
        for entry in stage.get("plots", []):
            ((path, options),) = entry.items()
            columns = (ROOT / path).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
            assert {options["x"], options["y"]} <= set(columns), path


def test_the_readme_shows_the_committed_scores():
    """The README shows test of `tagline scores`; of its numbers Git has those of metrics/evaluate.json."""
    metrics = json.loads((ROOT / "metrics/evaluate.json").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^test +precision .*\n[- ]+\n((?:.+\n)+?)```", readme, re.MULTILINE)
    assert table
    rows = {line.split()[0]: list(map(float, line.split()[1:4])) for line in table[1].splitlines()}
    overall = [metrics[f"test.{score}"] for score in ("precision", "recall", "f1")]
    assert rows.pop("overall") == pytest.approx(overall, abs=ROUNDING)
    of_types = {name.removeprefix("test.f1."): f1 for name, f1 in metrics.items() if name.startswith("test.f1.")}
    assert {name: f1 for name, (_, _, f1) in rows.items()} == pytest.approx(of_types, abs=ROUNDING)


def test_the_picture_shows_the_committed_model():
    """It names the model of dvc.lock; where that model is, what it predicts now is drawn again."""
    shown = picture.PICTURE.read_text(encoding="utf-8")
    made = "after `make repro`, run `python tests/helpers/picture.py` and commit docs/predict.svg"
    assert picture.locked_model() in shown, made
    if (ROOT / "models/export").is_dir():
        assert picture.draw() == shown, made


def test_params_are_those_of_the_sample():
    assert preset("sample").encode() == (ROOT / "params.yaml").read_bytes(), "run `tagline preset sample`"


@pytest.mark.parametrize(("name", "lines"), [("dvc.lock", 500), ("README.md", 120)])
def test_files_that_people_review_stay_short(name, lines):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= lines


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="since Python 3.12 an f-string is several tokens")
def test_repository_weighs_no_more_than_decided():
    over = {part: counts for part, counts in weights().items() if counts[0] > counts[1]}
    assert over == {}, "limits of this repository (counted, at most), which its maintainers keep; a clone has none"
