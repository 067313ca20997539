"""Runs grouped by params: which setting is the best, and which differ from it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helpers.runs import Row, run_of

from tagline.core.errors import UserError
from tagline.tools.comparison.runs import Run
from tagline.tools.comparison.styles import Markdown, Terminal
from tagline.tools.comparison.sweep_rendering import render_sweep, sweep_headline, sweep_record
from tagline.tools.comparison.sweeps import Sweep, sweep

SENTENCES = 40


def rows(wrong: int) -> list[Row]:
    labels = ["B-PER O O B-LOC"] * SENTENCES
    predicted = ["B-PER O O O"] * wrong + labels[wrong:]
    return [(str(index), "Ada lives in Oslo", *pair) for index, pair in enumerate(zip(labels, predicted, strict=True))]


def run(name: str, rate: float, seed: int, test: int, validation: int | None = None, more: str = "") -> Run:
    """Build a run with so many wrong sentences in each split."""
    found = run_of(name, rows(test), validation=rows(test if validation is None else validation))
    return replace(found, params=f"train:\n  rate: {rate}\n  seed: {seed}\n{more}".encode())


def three_settings() -> Sweep:
    wrong = {0.3: (4, 5, 6), 0.1: (24, 26, 28), 0.2: (3, 7, 9)}
    runs = [run(f"{rate}-{seed}", rate, seed, each) for rate in wrong for seed, each in enumerate(wrong[rate])]
    return sweep(runs, ["train.rate"], ["validation", "test"])


def test_settings_with_several_runs() -> None:
    found = three_settings()
    assert [setting.name for setting in found.settings] == ["train.rate=0.1", "train.rate=0.2", "train.rate=0.3"]
    assert found.best.name == "train.rate=0.3"
    assert [setting.difference and setting.difference.verdict for setting in found.settings] == [
        "significant",
        "not significant",
        None,
    ]
    assert sweep_headline(found) == (
        "best: train.rate=0.3 with F1 of test 0.968 ± 0.007; 1 of 2 other settings differs significantly"
    )


def test_p_is_adjusted_for_the_number_of_settings() -> None:
    found = three_settings()
    pairs = [
        sweep([*found.best.runs, *setting.runs], ["train.rate"], ["test"])
        for setting in found.settings
        if setting is not found.best
    ]
    alone = sorted(setting.difference.p for pair in pairs for setting in pair.settings if setting.difference)
    adjusted = sorted(setting.difference.p for setting in found.settings if setting.difference)
    assert adjusted == pytest.approx([2 * alone[0], alone[1]])


def test_the_best_is_chosen_on_validation_and_compared_on_test() -> None:
    runs = [run("a", 1, 1, test=0, validation=20), run("b", 2, 1, test=20, validation=0)]
    assert sweep(runs, ["train.rate"], ["validation", "test"]).best.runs[0].name == "b"
    assert sweep(runs, ["train.rate"], ["test"]).best.runs[0].name == "a"


def test_single_runs_get_the_paired_test_with_a_note() -> None:
    found = sweep([run("a", 1, 1, 30), run("b", 2, 1, 2)], ["train.rate"], ["test"])
    assert found.notes == [
        "each setting has one run, so p does not cover other seeds; run several, as with -S train.seed=1,2,3"
    ]
    assert found.settings[0].difference and found.settings[0].difference.verdict == "significant"
    text = render_sweep(found, Terminal())
    assert "p: approximate randomisation, 10,000 shuffles; adjusted for the number of settings (Holm)" in text
    assert "±: " not in text


def test_one_setting_with_a_single_run() -> None:
    found = sweep([run("a", 1, 1, 30), run("b", 2, 1, 2), run("c", 2, 2, 3)], ["train.rate"], ["test"])
    assert found.notes == [
        "one run only: train.rate=1; ± is unknown there, and p assumes that of the other side (between two single runs, "
        "p does not cover other seeds)"
    ]


def test_the_same_run_twice_counts_once() -> None:
    runs = [run("a", 1, 1, 30), run("b", 2, 1, 2), run("c", 2, 1, 2), run("d", 2, 2, 2)]
    found = sweep(runs, ["train.rate"], ["test"])
    assert [setting.name for setting in found.settings] == ["train.rate=1", "train.rate=2"]
    assert [[each.name for each in setting.runs] for setting in found.settings] == [["a"], ["b", "d"]]
    assert found.notes[0] == "c is left out: same params and predictions as b"
    assert found.notes[-1] == "test: b and d have the same predictions"


def test_a_note_on_other_params_that_differ() -> None:
    runs = [run("a", 1, 1, 30, more="  epochs: 2\n"), run("b", 2, 2, 2, more="  epochs: 3\n")]
    assert sweep(runs, ["train.rate"], ["test"]).notes[0] == (
        "the runs also differ in train.epochs, which affects means and ±; add it to --by, or choose runs with the same "
        "values"
    )


def test_runs_with_the_same_value() -> None:
    with pytest.raises(UserError) as raised:
        sweep([run("a", 1, 1, 30), run("b", 1, 2, 2)], ["train.rate"], ["test"])
    assert str(raised.value) == "--by: all runs (a, b) have train.rate=1; expected runs with different values"


def test_a_table_with_one_row_per_setting() -> None:
    text = render_sweep(three_settings(), Terminal())
    head, _, *table = text.split("\n\n")[2].split("\n")
    assert head.split() == ("train.rate runs F1 of validation F1 of test difference 95 % interval p verdict".split())
    assert [row.split()[:2] for row in table] == [["0.1", "3"], ["0.2", "3"], ["0.3", "3"]]
    assert table[2].split() == "0.3 3 0.968 ± 0.007 0.968 ± 0.007 best".split()
    assert "\n\nbest: highest mean F1 of validation; difference: F1 of test minus that of the best\n" in text
    assert max(map(len, text.splitlines())) <= 120


def test_markdown_of_values_is_escaped() -> None:
    runs = [replace(run(name, 1, 1, 3), params=f"train: {{task: '{name}|*'}}".encode()) for name in ("a", "b")]
    text = render_sweep(sweep(runs, ["train.task"], ["test"]), Markdown())
    assert text.startswith("### best: train.task=a\\|\\*")
    assert "a|*" not in text


def test_json() -> None:
    found = json.loads(json.dumps(sweep_record(three_settings()), allow_nan=False))
    assert found["best"] == {"train.rate": 0.3}
    assert found["rule"]["p"] == "t-test over runs, adjusted by Holm"
    first, *_, last = found["settings"]
    assert first["values"] == {"train.rate": 0.1}
    assert [each["revision"] for each in first["runs"]] == ["0.1-0", "0.1-1", "0.1-2"]
    assert first["difference"]["verdict"] == "significant"
    assert first["difference"]["difference"] < 0
    assert last["difference"] is None
