"""A comparison as text and as JSON."""

import json
from dataclasses import replace

from helpers.runs import run_of

from tagline.comparison.record import comparison_record
from tagline.comparison.rendering import render
from tagline.comparison.splits import compare
from tagline.terminal import WIDTH

ROWS = [(str(number), "Ada lives in Oslo", "B-PER O O B-LOC") for number in range(8)]
RIGHT = ROWS[0][2]


def comparison(*old, new=lambda _: RIGHT):
    """Compare runs, each given as a function from the index of a sentence to its labels."""
    runs = []
    for number, predict in enumerate([*old, new]):
        rows = [(*row, predict(index)) for index, row in enumerate(ROWS)]
        runs.append(run_of(f"run-{number}", rows, commit="0123456789ab"))
    return compare(runs[:-1], runs[-1:])


def mostly_wrong(index):
    return "B-PER O O O" if index < 6 else "B-PER O B-LOC B-LOC"


def test_text_has_what_differs_and_examples_or_all_of_it():
    brief, whole = (render(comparison(mostly_wrong), is_whole) for is_whole in (False, True))
    assert brief.startswith("test F1 0.714 → 1.000, better (")
    assert "\nold: run-0 (0123456)\nnew: run-1 (0123456)\n" in brief
    assert "\ntest: 8 fixed (2 false positives), 0 broken (0 false positives)\n" in brief
    assert "\n  6 x LOC, before nothing: Oslo\n  2 x LOC, false positive fixed: in\n" in brief
    assert "\n  0  LOC, before nothing: Oslo\n" in whole
    worse = render(comparison(lambda _: RIGHT, new=lambda index: RIGHT if index else "B-PER O O B-ORG"), is_whole=True)
    assert "\ntest: 0 fixed (0 false positives), 1 broken (0 false positives)\n\n  0  LOC, now ORG: Oslo\n" in worse


def test_first_screen_has_few_lines_of_80_columns():
    types = [f"{'a-very-long-type-' * 2}{number}" for number in range(20)]
    rows = [(str(number), "word " * 30, "O " * 20 + f"B-{name}" + " O" * 9) for number, name in enumerate(types)]
    runs = []
    for number in range(8):
        found = [(*row, row[2] if number < 4 else "O " * 30) for row in rows]
        params = {f"a-long-key-{key}": number for key in range(9)}
        notes = [f"{'a long note ' * 14}of {number}", "another"]
        run = run_of(f"{'long-name-' * 3}{number}", found, validation=found)
        runs.append(replace(run, notes=notes, params=params))
    lines = render(compare(runs[4:], runs[:4]), is_whole=False).splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= WIDTH


def test_params_are_compared_key_by_key_where_no_key_is_null():
    run = run_of("run", [(*row, RIGHT) for row in ROWS])
    params = ({"seed": 1, "teacher": None}, {"seed": 1, "teacher.folders": ["a"], "layers": None})
    old, new = (replace(run, params=each) for each in params)
    lines = render(compare([old], [new]), is_whole=False).splitlines()
    assert [line for line in lines if line.startswith("param ")] == ['param teacher.folders: null → ["a"]']


def test_several_runs_have_a_mean_and_a_standard_deviation():
    several = comparison_record(comparison(mostly_wrong, lambda _: "O O O O", lambda _: "B-PER O O O"))
    f1 = several["splits"]["test"]["overall"]["f1"]
    assert (f1["test"], f1["old"]["sd"]) == ("t-test over runs", 0.399357)
    agreeing = comparison_record(comparison(mostly_wrong, mostly_wrong, mostly_wrong))
    assert agreeing["notes"][0].startswith("test: the runs of each side have the same F1")
    assert agreeing["splits"]["test"]["overall"]["f1"]["test"] == "approximate randomisation"


def test_no_text_of_the_data_controls_the_terminal():
    text = "\x1b[31m\n\r\x85"
    runs = [
        run_of(name, [(text, [text, "b"], f"B-{text} O", f"{label} O")]) for name, label in (("a", "O"), (text, "O"))
    ]
    hostile = [replace(run, notes=[f"{text}{number}"], params={text: number}) for number, run in enumerate(runs)]
    assert not {"\x1b", "\r", "\x85"} & set(render(compare(hostile[:1], hostile[1:]), is_whole=True))


def test_json_has_scores_and_all_changes():
    found = json.loads(json.dumps(comparison_record(comparison(mostly_wrong)), allow_nan=False))
    assert found["old"] == [{"revision": "run-0", "commit": "0123456789ab"}]
    p = "approximate randomisation, 10,000 shuffles"
    assert found["rule"] == {"level": 0.05, "p": p, "resamples": 1000, "shuffles": 10_000, "seed": 42}
    test = found["splits"]["test"]
    f1 = test["overall"]["f1"]
    assert f1["old"] == {"mean": 0.714286, "sd": None, "runs": [0.714286]}
    assert (f1["difference"], f1["p"], f1["verdict"]) == (0.285714, 0.007812, "significant")
    assert f1["low"] < f1["difference"] < f1["high"]
    assert (test["sentences"], list(test["per_type"]), len(test["fixed"]), test["broken"]) == (8, ["LOC", "PER"], 8, [])
    entity = {"type": "LOC", "start": 3, "end": 4, "text": "Oslo"}
    fixed = {"id": "0", "words": ROWS[0][1].split(), "entity": entity, "in_gold": True, "instead": []}
    assert test["fixed"][0] == fixed
    assert test["fixed"][-1]["in_gold"] is False
