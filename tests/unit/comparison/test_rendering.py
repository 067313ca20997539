"""A comparison as text and as JSON."""

import json
from dataclasses import replace
from pathlib import Path

from helpers.project import json_of
from helpers.runs import run_of

from tagline.comparison.record import comparison_record
from tagline.comparison.rendering import render
from tagline.comparison.splits import compare
from tagline.terminal import WIDTH

FOLDER = Path(__file__).parent
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
    better, worse = (
        comparison(mostly_wrong),
        comparison(lambda _: RIGHT, new=lambda index: RIGHT if index else "B-PER O O B-ORG"),
    )
    found = [render(better, is_whole=False), render(better, is_whole=True), render(worse, is_whole=True)]
    assert "\n\n\n".join(found) == (FOLDER / "comparison.txt").read_text("utf-8")


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
    assert json.loads(json.dumps(comparison_record(comparison(mostly_wrong)))) == json_of(FOLDER / "record.json")
