"""`tagline learning-curve`: each run once, all sentences as the stages train them, and what it says."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.project import ROOT, STAGES, edit, exit_of, json_of, run_stages, run_verb

from tagline.tools.learning_curve import runs


@pytest.mark.rare
def test_learning_curve_measures_each_run_once(workspace, capsys):
    options = ("--sizes", "3", "5", "8", "12", "99", "--seeds=1", "--runs=runs.jsonl", "--plot=plot.html")
    run_stages("download")
    capsys.readouterr()
    said = []
    for _ in range(2):
        run_verb("learning-curve", *options)
        said.append(capsys.readouterr())
    measured = [json.loads(line) for line in Path("runs.jsonl").read_text().splitlines()]
    assert [run["sentences"] for run in measured] == [3, 5, 8, 12, 16]
    assert len(said[0].err.splitlines()) == 5
    assert (said[1].out, said[1].err) == (said[0].out, "")
    lines = said[1].out.splitlines()
    assert len(lines) == 7
    assert lines[4] == f"       16 sentences: F1 {measured[-1]['test.f1']:.3f}"
    gain, low, high = map(float, re.findall(r"[-+]\d\.\d+", lines[-1]))
    assert low <= gain <= high
    assert Path("plot.html").read_text().count("<circle") == 5
    # All sentences are trained as the stages do it.
    edit(Path("params.yaml"), "  seed: 7", "  seed: 1")
    run_stages(*STAGES[1:4])
    assert json_of("metrics/evaluate.json")["test.f1"] == measured[-1]["test.f1"]


SIZES = [(2115, [100, 200, 400, 800, 1600]), (801, [100, 200, 400, 800]), (400, [25, 50, 100, 200])]
SIZES += [(399, [99, 141, 199, 282])]


@pytest.mark.parametrize(("total", "expected"), SIZES)
def test_default_sizes_suit_the_data(total, expected):
    assert runs.default_sizes(total) == expected


@pytest.mark.usefixtures("outliving")
def test_stages_end_with_the_command(finished, monkeypatch):
    survivor = finished / "survivor"
    stage = f"""
import os, pathlib, signal, time
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(5)
pathlib.Path({str(survivor)!r}).touch()
"""
    monkeypatch.setattr(runs, "CODE", finished)
    Path("tokenize_align.py").write_text(stage)
    assert exit_of("learning-curve", "--sizes", "3", "5", "8", "12") == 143
    assert not survivor.exists()


def test_killed_command_leaves_no_stage(finished):
    (finished / "stages").mkdir()
    stage = """
from tagline.terminal.process import prepare_process
prepare_process()
import os, pathlib, signal, time
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(2)
pathlib.Path("../survivor").touch()
"""
    Path("stages/tokenize_align.py").write_text(stage)
    program = (
        "import sys; from tagline.tools.learning_curve import program, runs; runs.CODE = runs.Path('stages').absolute()"
    )
    command = [sys.executable, "-c", f"{program}; sys.argv[1:] = '--sizes 3 5 8 12'.split(); program.main()"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages"), "TMPDIR": str(finished)}
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    time.sleep(3)
    assert not Path("survivor").exists()


@pytest.mark.parametrize("f1", ['"0.5"', "NaN", "true"])
def test_row_that_is_no_run_is_one_message(finished, f1):
    settings = runs.Curve(None).settings
    Path("curve.jsonl").write_text(f'{{"test.f1": {f1}}}\n{{"settings": "{settings}", "test.f1": {f1}}}\n')
    message = exit_of("learning-curve", "--runs", "curve.jsonl")
    assert message.startswith("learning-curve: curve.jsonl:2: test.f1 is ")
    assert message.endswith("; expected a number from 0 to 1; remove the line, and its run is repeated")


def test_sizes_and_sentences_that_allow_no_curve_are_one_message(finished):
    message = "learning-curve: --sizes: 3 below the 16 training sentences; expected at least 4, such as 100 200 400 800"
    assert exit_of("learning-curve", "--sizes", "5", "8", "12", "16") == message
    message = "learning-curve: train has 16 sentences; expected at least 60 for a curve; annotate more"
    assert exit_of("learning-curve") == message
