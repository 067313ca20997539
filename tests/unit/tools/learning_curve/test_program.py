"""`tagline learning-curve`: all sentences as the stages train them, and what it says."""

import re
import signal
from functools import partial
from pathlib import Path

import pytest
from helpers.kill_points import killed
from helpers.project import STAGES, edit, exit_of, json_of, run_stages, run_verb

from tagline.tools.learning_curve import runs


@pytest.mark.rare
def test_interrupted_learning_curve_continues(workspace, capfd):
    run_stages("download")
    verb = partial(run_verb, *"learning-curve --sizes 3 5 8 12 99 --seeds=1".split())
    assert killed(verb, ".8-1.partial") == -signal.SIGKILL
    capfd.readouterr()
    verb()
    said = capfd.readouterr()
    measured = re.findall(r"^(\d+) sentences, seed 1: F1 ([\d.]+)$", said.err, re.MULTILINE)
    assert [int(size) for size, _ in measured] == [3, 5, 8, 12, 16]
    assert said.err.count("epoch 6/6") == 2, "of 12 and of all"
    lines = said.out.splitlines()
    assert len(lines) == 7
    assert lines[4] == f"       16 sentences: F1 {float(measured[-1][1]):.3f}"
    gain, low, high = map(float, re.findall(r"[-+]\d\.\d+", lines[-1]))
    assert low <= gain <= high
    assert not list(Path(".work").glob("*/*"))
    # All sentences are trained as the stages do it.
    edit(Path("params.yaml"), "  seed: 7", "  seed: 1")
    run_stages(*STAGES[1:4])
    assert f"{json_of('metrics/evaluate.json')['test.f1']:.4f}" == measured[-1][1]


def test_default_sizes_suit_the_data():
    found = [runs.default_sizes(total) for total in (2115, 801, 400, 399)]
    assert found == [[100, 200, 400, 800, 1600], [100, 200, 400, 800], [25, 50, 100, 200], [99, 141, 199, 282]]


def test_sizes_and_sentences_that_allow_no_curve_are_one_message(finished):
    message = "learning-curve: --sizes: 3 below the 16 training sentences; expected at least 4, such as 100 200 400 800"
    assert exit_of("learning-curve", *"--sizes 5 8 12 16".split()) == message
    message = "learning-curve: train has 16 sentences; expected at least 60 for a curve; annotate more"
    assert exit_of("learning-curve") == message
