"""A comparison as text, as Markdown and as JSON."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from helpers.runs import run_of
from markdown_it import MarkdownIt

from tagline.comparison.record import comparison_record
from tagline.comparison.rendering import (
    Markdown,
    Terminal,
    headline,
    render,
)
from tagline.comparison.splits import compare
from tagline.terminal.escaping import printable
from tagline.terminal.printing import WIDTH

ROWS = [(str(number), "Ada lives in Oslo", "B-PER O O B-LOC") for number in range(8)]
RIGHT = ROWS[0][2]


def comparison(*old: Callable[[int], str], new: Callable[[int], str] = lambda _: RIGHT):
    """Compare runs, each given as a function from the index of a sentence to its labels."""
    runs = [
        run_of(f"run-{number}", [(*row, predict(index)) for index, row in enumerate(ROWS)], commit="0123456789ab")
        for number, predict in enumerate([*old, new])
    ]
    return compare(runs[:-1], runs[-1:], ["test"])


def mostly_wrong(index: int):
    return "B-PER O O O" if index < 6 else "B-PER O B-LOC B-LOC"


def mostly_right(index: int):
    return "B-PER O O O" if index < 5 else RIGHT


def renamed():
    new = run_of("new", [(id_, words, gold.replace("PER", "PERSON"), gold) for id_, words, gold in ROWS])
    return compare([run_of("old", [(*row, row[2]) for row in ROWS])], [new], ["test"])


HEADLINES = [
    (comparison(mostly_wrong), r"test F1 0\.714 → 1\.000, better by 0\.286 \(0\.\d+ to 0\.\d+, p 0\.008\)"),
    (comparison(mostly_right), r"test F1 0\.815 → 1\.000, no clear difference \(\+0\.\d+ to \+0\.\d+, p 0\.062\)"),
    (renamed(), r"types differ: test F1 0\.500 → 0\.500, the same predictions \(.*\)"),
]


@pytest.mark.parametrize(("found", "expected"), HEADLINES)
def test_headline_says_what_the_difference_is(found, expected):
    assert re.fullmatch(expected, headline(found, Terminal()))


def test_parts_are_compared_where_they_differ_significantly():
    rows = [(str(n), "ADA IN OSLO" if n < 8 else "Ada in Oslo", "B-PER O B-LOC") for n in range(16)]
    right, wrong = ([(*row, labels) for row in rows] for labels in (rows[0][2], "B-PER O O"))
    old = run_of("old", wrong[:8] + right[8:], **{"test.altered.typos": wrong})
    new = run_of("new", right, **{"test.altered.typos": right, "test.altered.other": right})
    found = compare([old], [new], ["test"])
    assert list(comparison_record(found)["splits"]["test"]["parts"]) == ["case.capitals", "altered.typos"]
    assert "\n- case.capitals" in render(found, Terminal(), 5, whole=False)


def test_changes_are_counted_and_listed():
    counted = "test: 6 entities fixed, 2 false positives fixed\ntest: 0 entities broken, 0 new false positives\n\n"
    frequent = "  6 x LOC, before nothing: Oslo\n  2 x LOC, false positive fixed: in\n\n"
    assert counted + frequent in render(comparison(mostly_wrong), Terminal(), 5, whole=False)
    text = render(comparison(mostly_wrong), Terminal(), 1, whole=True)
    assert "  0  LOC Oslo, before nothing\n7 more: --all\n" in text
    assert "\nbetter, worse: p is below 0.05 and the interval excludes 0; else unclear\n" in text
    worse = comparison(lambda _: RIGHT, new=lambda n: RIGHT if n else "B-PER O O B-ORG")
    text = render(worse, Markdown(), None, whole=True)
    assert "1 entity broken, 0 new false positives</summary>\n\n- `0`  `LOC Oslo`, now `ORG Oslo`\n" in text


def test_first_screen_has_40_lines_of_80_columns():
    types = [f"{'a-very-long-type-' * 2}{number}" for number in range(20)]
    rows = [(str(number), "word " * 30, "O " * 20 + f"B-{name}" + " O" * 9) for number, name in enumerate(types)]
    wrong = "O " * 30
    runs = []
    for number in range(8):
        found = [(*row, row[2] if number < 4 else wrong) for row in rows]
        run = run_of(f"{'long-name-' * 3}{number}", found, validation=found)
        params = "".join(f"a-long-key-{key}: {number}\n" for key in range(9))
        runs.append(replace(run, notes=[f"{'a long note ' * 14}of {number}", "another"], params=params.encode()))
    text = render(compare(runs[4:], runs[:4], ["validation", "test"]), Terminal(), 5, whole=False)
    lines = text.splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= WIDTH, text
    single = render(compare(runs[4:5], runs[:1], ["test"]), Terminal(), 0, whole=True)
    assert max(map(len, single.splitlines())) <= WIDTH, single


def test_params_are_a_line_per_key_also_of_a_section_that_one_side_lacks():
    params = ("seed: 1\nteacher: null\n", "seed: 1\nteacher:\n  folders: [a]\n  weight: 0.5\nlayers: null\n")
    old, new = (replace(run_of("run", [(*row, RIGHT) for row in ROWS]), params=text.encode()) for text in params)
    text = render(compare([old], [new], ["test"]), Terminal(), 5, whole=False)
    assert [line for line in text.splitlines() if line.startswith("param ")] == [
        'param teacher: null → folders: ["a"], weight: 0.5'
    ]


def test_several_runs_have_a_mean_and_a_standard_deviation():
    several = comparison(mostly_wrong, lambda _: "O O O O", lambda _: "B-PER O O O")
    f1 = comparison_record(several)["splits"]["test"]["overall"]["f1"]
    assert (f1["test"], f1["old"]["sd"]) == ("t-test over runs", 0.399357)
    agreeing = comparison_record(comparison(mostly_wrong, mostly_wrong, mostly_wrong))
    assert agreeing["notes"][0].startswith("test: the runs of each side have the same F1")
    assert agreeing["splits"]["test"]["overall"]["f1"]["test"] == "approximate randomisation"


def test_texts_of_the_data_are_code_in_markdown_and_escaped_on_a_terminal():
    text = "<img·src=x>·|·*b*·`c`·@name·#1·![x](http://y)·www.z.org·&\\\x1b[31m\n|a|b|\n/close"
    gold = "B-<T>@x O"
    old, new = (run_of(name, [("`0`", [text, "b"], gold, found)]) for name, found in (("a|b", "O O"), ("b", gold)))
    old, new = (replace(run, params=f"a: '{run.name}`@c'".encode()) for run in (old, new))
    hostile = compare([replace(old, notes=[text])], [new], ["test"])
    hostile.splits[0].per_type[text] = hostile.headline
    assert "\x1b" not in render(hostile, Terminal(), None, whole=True)
    parsed = MarkdownIt("commonmark").enable("table").parse(render(hostile, Markdown(), None, whole=True))
    parts = [part for token in parsed for part in token.children or []]
    written = "".join(part.content for part in parts if part.type == "text")
    assert not set("<>|*`@#[]&\\\x1b") & set(written), written
    html = {part.content.strip() for part in [*parsed, *parts] if part.type.startswith("html")}
    assert {re.sub("<summary>.*</summary>", "", each) for each in html} == {"<details>", "</details>"}
    assert not {part.type for part in parts} & {"image", "link_open"}
    code, quoted = {part.content for part in parts if part.type == "code_inline"}, printable(text)
    assert {"a: a|b`@c → b`@c", "`0`", quoted, f"<T>@x {quoted}", quoted.replace("|", r"\x7c")} <= code
    cells = Counter(token.type for token in parsed)
    assert (cells["td_open"], cells["table_open"]) == (2 * 6 * 7, 2)


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
    fixed = {"id": "0", "words": ["Ada", "lives", "in", "Oslo"], "entity": entity, "in_gold": True, "instead": []}
    assert test["fixed"][0] == fixed
    assert test["fixed"][-1]["in_gold"] is False
