"""DVC's own tables, rendered by real `dvc`: metrics that fit a screen, experiments side by side, one changed line."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Iterator

import pytest
from dvc.api import metrics_show
from helpers.clone import Clone, prepared_once
from helpers.project import ROOT

# metrics/evaluate.json has five scores per split, the best epoch, the F1 of greedy decoding and that of each type;
# metrics/export.json has one.
ROWS_WITHOUT_TYPES = 13
# Columns of the terminal.
WIDTH = 120


@pytest.fixture(scope="module")
def clone(origin: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A repository with two runs: the committed one, and an experiment with another learning rate and fewer epochs."""
    changed = ("-S", "train.learning_rate=0.001", "-S", "train.epochs=2")
    command = ("dvc", "exp", "run", "--temp", "--name", "slow", *changed, "evaluate")
    return prepared_once(tmp_path_factory, "tables", origin, lambda made: made.run(*command))


@pytest.fixture
def restored(clone: Clone) -> Iterator[Clone]:
    yield clone
    clone.run("git", "checkout", "-q", "--", ".")


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines()[1:] if line.strip()]


def test_metrics_diff_fits_a_screen_and_starts_with_f1(clone: Clone) -> None:
    shown = rows(clone.run("dvc", "metrics", "diff", "--all", "HEAD", "slow"))
    assert len(shown) == ROWS_WITHOUT_TYPES + len({"LOC", "PER"})
    evaluated = [row[1] for row in shown if row[0] == "metrics/evaluate.json"]
    assert evaluated[:3] == ["test.f1", "test.f1.LOC", "test.f1.PER"]
    assert len(evaluated) == len(shown) - 1


def test_names_are_unique_across_files(clone: Clone) -> None:
    merged = metrics_show(repo=str(clone.path), rev="slow")
    assert {"test.f1", "validation.f1", "train.best_epoch", "export.int8.f1"} < set(merged)
    assert all(isinstance(value, int | float) for value in merged.values())


def test_make_experiments_shows_what_differs_in_a_terminal(clone: Clone) -> None:
    """Plain `dvc exp show` has some hundred columns, which no terminal can show; DVC leaves out params first."""
    recipe = re.search(r"^experiments:.*\n\t(dvc exp show .*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert recipe
    command = shlex.split(recipe[1].replace("$$", "$"))
    table = clone.run(*command, "--no-pager", COLUMNS=str(WIDTH))
    assert max(map(len, table.splitlines())) <= WIDTH
    assert "[slow]" in table
    assert next(line for line in table.splitlines() if "Experiment" in line).split() == [
        *("Experiment", "Created", "test.f1", "validation.f1", "train.best_epoch"),
        *("train.epochs", "train.learning_rate"),
    ]


def test_after_a_change_of_task_the_diff_shows_what_both_have(restored: Clone) -> None:
    before = json.loads((restored.path / "metrics/evaluate.json").read_text(encoding="utf-8"))
    after = {name: value for name, value in before.items() if not name.startswith("test.f1.")}
    after |= {"test.f1": 0.5, "test.f1.NOUN": 0.5}
    (restored.path / "metrics/evaluate.json").write_text(json.dumps(after), encoding="utf-8")
    shown = {row[1]: row[2:] for row in rows(restored.run("dvc", "metrics", "diff"))}
    assert shown["test.f1"][:2] != ["-", "-"]
    assert shown["test.f1.NOUN"][0] == "-"
    assert shown["test.f1.LOC"][1] == "-"


def test_freezing_a_stage_changes_one_line(restored: Clone) -> None:
    path = restored.path / "dvc.yaml"
    before = path.read_text(encoding="utf-8")
    assert before == (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    restored.run("dvc", "freeze", "train")
    frozen = path.read_text(encoding="utf-8")
    changed = [line for line in difflib.ndiff(before.splitlines(), frozen.splitlines()) if line[0] in "+-"]
    assert changed == ["+     frozen: true"]
    restored.run("dvc", "unfreeze", "train")
    assert path.read_text(encoding="utf-8") == before
