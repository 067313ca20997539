"""Runs grouped by params: keys and values, which setting is the best, and which differ from it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from helpers.messages import message_of
from helpers.runs import Row, run_of

from tagline.tools.comparison.record import sweep_record
from tagline.tools.comparison.rendering import Terminal, render_sweep
from tagline.tools.comparison.runs import Run
from tagline.tools.comparison.sweeps import check_keys, group, read_values, sweep, value_text


def test_values_have_dotted_keys() -> None:
    params = b"train:\n  batches:\n    order: random\n  rate: 2e-5\n  steps:\n"
    assert read_values("a", params) == {"train.batches.order": "random", "train.rate": 0.00002, "train.steps": None}
    assert message_of(read_values, "a", None) == "a: params.yaml is missing; expected a revision of this pipeline"


UNKNOWN_KEYS = [
    ("seed", "params.yaml does not have this key; did you mean train.seed or evaluate.bootstrap.seed?"),
    ("xyz", "params.yaml does not have this key; expected a key such as train.seed, train.epochs, train.rate and"),
    ("train", "a section of params.yaml; expected one of its keys: train.seed, train.epochs"),
]


@pytest.mark.parametrize(("key", "message"), UNKNOWN_KEYS)
def test_unknown_key_is_an_error_with_similar_keys(key: str, message: str) -> None:
    params = [{"train.seed": 1, "train.epochs": 1}, {"train.rate": 1, "evaluate.bootstrap.seed": 1}]
    check_keys(["train.rate"], params)  # which only some runs have
    assert message_of(check_keys, [key], params).startswith(f"--by {key}: {message}")


def test_groups_are_in_the_order_of_their_values() -> None:
    values: list[Any] = ["b", 10, 2, None, 2.0, True, "a", [1], 0.5]
    params = [{}, *({"key": value} for value in values)]
    found = [[value_text(params[index], "key") for index in indices] for indices in group(["key"], params)]
    assert found == [["missing"], ["null"], ["0.5"], ["2", "2.0"], ["10"], ["[1]"], ["a"], ["b"], ["true"]]
    assert group(["a", "b"], [{"a": a, "b": b} for a, b in [(2, 1), (1, 2), (1, 1), (2, 1)]]) == [[2], [1], [0, 3]]


def rows(wrong: int) -> list[Row]:
    right, missed = "B-PER O O B-LOC", "B-PER O O O"
    return [(str(index), "Ada lives in Oslo", right, missed if index < wrong else right) for index in range(40)]


def run(name: str, rate: float, seed: int, test: int, validation: int | None = None, more: str = "") -> Run:
    """Build a run with so many wrong sentences of 40 in each split."""
    found = run_of(name, rows(test), validation=rows(test if validation is None else validation))
    return replace(found, params=f"train:\n  rate: {rate}\n  seed: {seed}\n{more}".encode())


def test_settings_are_compared_with_the_best_one() -> None:
    wrong = {0.3: (4, 5, 6), 0.1: (24, 26, 28), 0.2: (3, 7, 9)}
    runs = [run(f"{rate}-{seed}", rate, seed, each) for rate in wrong for seed, each in enumerate(wrong[rate])]
    three_settings = sweep(runs, ["train.rate"], ["validation", "test"])
    verdicts = [setting.difference and setting.difference.verdict for setting in three_settings.settings]
    assert verdicts == ["significant", "not significant", None]
    text = render_sweep(three_settings, Terminal())
    best = "best: train.rate=0.3 with F1 of test 0.968 ± 0.007; 1 of 2 other settings differs significantly\n"
    assert text.startswith(best)
    head, _, *table = text.split("\n\n")[2].split("\n")
    assert head.split() == "train.rate runs F1 of validation F1 of test diff. 95 % interval p verdict".split()
    assert [row.split()[:2] for row in table] == [["0.1", "3"], ["0.2", "3"], ["0.3", "3"]]
    assert table[2].split() == "0.3 3 0.968 ± 0.007 0.968 ± 0.007 best".split()
    assert "\n\nbest: highest mean F1 of validation; diff.: F1 of test minus that of the best\n" in text
    record = json.loads(json.dumps(sweep_record(three_settings), allow_nan=False))
    assert record["best"] == {"train.rate": 0.3}
    assert record["rule"]["p"].startswith("t-test over runs; where the runs of each side agree, approximate randomisa")
    first, _, last = record["settings"]
    assert first["values"] == {"train.rate": 0.1}
    assert [each["revision"] for each in first["runs"]] == ["0.1-0", "0.1-1", "0.1-2"]
    assert first["difference"]["difference"] < 0 and last["difference"] is None
    pair = sweep([*three_settings.settings[0].runs, *three_settings.best.runs], ["train.rate"], ["test"])
    (alone,) = (setting.difference.p for setting in pair.settings if setting.difference)
    assert first["difference"]["p"] == pytest.approx(2 * alone, abs=1e-6), "adjusted for two differences"


def test_best_is_chosen_on_validation_and_compared_on_test() -> None:
    runs = [run("a", 1, 1, test=0, validation=20), run("b", 2, 1, test=20, validation=0)]
    assert sweep(runs, ["train.rate"], ["validation", "test"]).best.runs[0].name == "b"
    assert sweep(runs, ["train.rate"], ["test"]).best.runs[0].name == "a"
    runs = [replace(each, splits={"validation": each.splits["validation"]}) for each in runs[:1]] + runs[1:]
    of_validation = sweep(runs, ["train.rate"], ["validation", "test"])
    assert "test: not compared, since a has none" in of_validation.notes


def test_repeated_runs_and_other_params_are_noted() -> None:
    runs = [run("a", 1, 1, 30, more="  epochs: 2\n"), run("b", 2, 1, 2), run("c", 2, 1, 2), run("d", 2, 2, 2)]
    found = sweep(runs, ["train.rate"], ["test"])
    assert [[each.name for each in setting.runs] for setting in found.settings] == [["a"], ["b", "d"]]
    assert found.notes[:2] == [
        "c is left out: same params and predictions as b",
        "the runs also differ in train.epochs, which affects means and ±; add it to --by, or choose runs with the same "
        "values",
    ]
    message = "--by: all runs (b, d) have train.rate=2; expected runs with different"
    assert message_of(sweep, runs[1:], ["train.rate"], ["test"]).startswith(message)


def test_single_runs_get_the_paired_test_with_a_note() -> None:
    found = sweep([run("a", 1, 1, 30), run("b", 2, 1, 2)], ["train.rate"], ["test"])
    note = "each setting has one run, so p does not cover other seeds; run several, as with -S train.seed=1,2,3"
    assert found.notes == [note]
    found = sweep([run("a", 1, 1, 30), run("b", 2, 1, 2), run("c", 2, 2, 3)], ["train.rate"], ["test"])
    assert found.notes == [
        "one run only: train.rate=1; ± is unknown there, and p assumes that of the other side (between two single runs, "
        "p does not cover other seeds)"
    ]
    runs = [run(f"{wrong}-{seed}", wrong, seed, wrong) for wrong in (2, 30) for seed in range(2)]
    found = sweep(runs, ["train.rate"], ["test"])
    assert found.settings[1].difference.p < 0.001
    assert found.notes[0] == (
        "train.rate=30: the runs of each side have the same F1, so p is that of approximate randomisation of their pooled "
        "predictions"
    )
