"""compare.py in a small Git and DVC repository with hand-written predictions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from dvc.repo import Repo
from helpers.compared import commit, error_of, git, run, state, work_in, work_in_copy
from helpers.project import ROOT, edit
from helpers.runs import counts_of

from tagline.metrics.scores import score

PIPELINE = """
stages:
  train:
    cmd: python train.py
    params: [train.seed]
    outs: [model]
  evaluate:
    cmd: python evaluate.py
    deps: [model]
    outs: [data/predictions]
    metrics:
      - metrics/evaluate.json: {cache: false}
"""
WORDS = ["Ada", "lives", "in", "Oslo"]
GOLD = ["B-PER", "O", "O", "B-LOC"]


def write_results(wrong: int, of: int = 12, seed: int = 1) -> None:
    """Write what the stages would write, with LOC missed in the first ``wrong`` of the sentences of each split."""
    Path("params.yaml").write_text(f"train:\n  seed: {seed}\n")
    for folder in ("data/predictions", "metrics"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    Path("model").unlink(missing_ok=True)
    Path("model").write_text(f"{seed} {wrong}")
    metrics = {}
    for split in ("validation", "test"):
        gold = [GOLD] * of
        predicted = [["B-PER", "O", "O", "O"] if number < wrong else GOLD for number in range(of)]
        rows = {
            "id": [f"{split}-{number}" for number in range(of)],
            "words": [WORDS] * of,
            "gold": gold,
            "predicted": predicted,
            "score": [[1.0] * 4] * of,
        }
        path = Path(f"data/predictions/{split}.parquet")
        path.unlink(missing_ok=True)
        pd.DataFrame(rows).to_parquet(path, index=False)
        metrics[f"{split}.f1"] = score(counts_of(gold, predicted))["overall"]["f1"]
    Path("data/predictions/provenance.json").unlink(missing_ok=True)
    Path("data/predictions/provenance.json").write_text('{"labels": {"kind": "spans"}}')
    Path("metrics/evaluate.json").write_text(json.dumps(metrics))


def commit_results(tag: str) -> None:
    with Repo() as repo:
        repo.commit("evaluate", with_deps=True, force=True)
    commit(tag)
    git("tag", tag)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tagged commits: bare without results; bad, worse, better and good with 9, 10, 1 and 0 of 12 sentences wrong."""
    path = tmp_path_factory.mktemp("origin")
    with pytest.MonkeyPatch.context() as patch:
        work_in(path, patch)
        git("init", "-q", "-b", "main")
        Repo.init().close()
        Path("dvc.yaml").write_text(PIPELINE)
        Path("params.yaml").write_text("train:\n  seed: 1\n")
        commit("bare")
        git("tag", "bare")
        for seed, (tag, wrong) in enumerate({"bad": 9, "worse": 10, "better": 1, "good": 0}.items()):
            write_results(wrong, seed=seed)
            commit_results(tag)
    return path


@pytest.fixture
def repository(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the origin, the current folder."""
    return work_in_copy(origin, tmp_path / "repository", monkeypatch)


def test_the_last_commit_with_an_unchanged_workspace(repository: Path, capsys: pytest.CaptureFixture) -> None:
    before = state()
    run()
    text = capsys.readouterr().out
    assert text.startswith("F1 of test from 1.000 to 1.000, +0.000 (+0.000 to +0.000, p 1.000): not significant\n")
    assert f"old: HEAD ({git('rev-parse', 'HEAD')[:7]})\nnew: workspace\n" in text
    assert "note: test: HEAD and workspace have the same predictions\n" in text
    assert "dvc repro" not in text, "nothing is outdated"
    assert state() == before


def test_two_revisions(repository: Path, capsys: pytest.CaptureFixture) -> None:
    write_results(5, seed=77)
    before = state()
    run("bad", "good")
    text = capsys.readouterr().out
    assert text.startswith("F1 of test from 0.769 to 1.000, +0.231 (")
    assert "): significant\n" in text
    assert "note" not in text
    assert "validation: 9 entities fixed, 0 false positives fixed\n  validation-0  LOC Oslo, before: nothing\n" in text
    assert "\n  4 more: --all\n" in text
    assert state() == before, "neither the workspace nor Git is touched"


def test_a_note_on_an_outdated_workspace(repository: Path, capsys: pytest.CaptureFixture) -> None:
    edit(Path("params.yaml"), "seed: 3", "seed: 4")
    run("bad")
    expected = "note: workspace: predictions are outdated; `dvc repro` would rerun train (train.seed)\n"
    assert expected in capsys.readouterr().out


def test_a_note_on_results_from_elsewhere(repository: Path, capsys: pytest.CaptureFixture) -> None:
    write_results(3, seed=3)
    run("bad")
    assert (
        "would rerun evaluate (data/predictions, metrics/evaluate.json, model), train (model)"
        in capsys.readouterr().out
    )


def test_missing_files_do_not_make_predictions_outdated(repository: Path, capsys: pytest.CaptureFixture) -> None:
    Path("model").unlink()
    run("bad")
    assert "dvc repro" not in capsys.readouterr().out


def test_a_note_if_another_dvc_process_holds_the_lock(repository: Path, capsys: pytest.CaptureFixture) -> None:
    with Repo() as repo, repo.lock:
        run("bad")
    assert "note: workspace: predictions may be outdated (" in capsys.readouterr().out


def test_several_runs_of_each_side(repository: Path, capsys: pytest.CaptureFixture) -> None:
    run("bad,worse", "better,good", "--split", "test")
    text = capsys.readouterr().out
    assert text.startswith("F1 of test from 0.753 to 0.989, +0.236 (")
    assert "0.753 ± 0.023" in text
    assert "p: t-test over runs" in text
    assert "validation" not in text


def test_json(repository: Path, capsys: pytest.CaptureFixture) -> None:
    run("bad", "good", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["old"] == [{"revision": "bad", "commit": git("rev-parse", "bad").strip()}]
    assert {split: len(each["fixed"]) for split, each in found["splits"].items()} == {"validation": 9, "test": 9}
    assert found["splits"]["test"]["overall"]["f1"]["new"]["mean"] == 1


def test_markdown(repository: Path, capsys: pytest.CaptureFixture) -> None:
    run("bad", "good", "--md", "--examples", "0")
    text = capsys.readouterr().out
    assert text.startswith("### F1 of test from")
    assert "| test       | F1" in text
    assert "- 9 more" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bad", "good", "--fail-below", "0.2"), None),
        (("good", "bad", "--fail-below", "-0.3"), None),
        (
            ("good", "bad", "--fail-below", "-0.01"),
            "test went from 1.000 to 0.769: -0.231 (significant) is below --fail-below -0.01",
        ),
        (
            ("good", "bad", "--fail-below", "-0.01", "--allow-insignificant"),
            "-0.231 (significant) is below --fail-below -0.01",
        ),
        (
            ("good", "better", "--fail-below", "0"),
            "test went from 1.000 to 0.979: -0.021 (not significant) is below --fail-below +0",
        ),
        (("good", "better", "--fail-below", "0", "--allow-insignificant"), None),
        (("good", "good", "--fail-below", "0.01"), "+0.000 (not significant) is below --fail-below +0.01"),
        (("good", "bad", "--fail-below", "-0.01", "--split", "validation"), "F1 of validation went from"),
    ],
)
def test_fail_below(
    repository: Path, arguments: tuple[str, ...], message: str | None, capsys: pytest.CaptureFixture
) -> None:
    if message is None:
        run(*arguments)
    else:
        assert message in error_of(*arguments)
    assert capsys.readouterr().out, "the comparison is printed either way"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", "b", "c"), "unrecognized arguments: c"),
        (("a,,b",), "expected revisions separated by commas, got 'a,,b'"),
        (("a,b,a",), "'a,b,a' has the same revision twice; expected different ones"),
        (("--fail-below", "nan"), "expected a number such as -0.01, got 'nan'"),
        (("--fail-below", "much"), "expected a number such as -0.01, got 'much'"),
        (("--examples", "-1"), "expected a number of 0 or more, got '-1'"),
        (("--split", "train"), "invalid choice: 'train'"),
        (("--md", "--json"), "not allowed with"),
        (("--allow-insignificant",), "--allow-insignificant needs --fail-below"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as raised:
        run(*arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_an_unknown_revision(repository: Path) -> None:
    assert error_of("nowhere") == (
        "compare: unknown Git revision 'nowhere'; expected a commit, branch, tag or DVC experiment, or `workspace`"
    )


@pytest.mark.parametrize("name", ["bad:params.yaml", "bad^{tree}"])
def test_a_file_or_folder_in_git_is_not_a_revision(repository: Path, name: str) -> None:
    assert error_of(name, "good") == (
        f"compare: {name}: not a commit; expected a commit, branch, tag or DVC experiment, or `workspace`"
    )


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "you are not inside of a DVC repository" in error_of()


def test_a_revision_before_the_first_results(repository: Path) -> None:
    assert error_of("bare") == (
        "compare: bare: dvc.lock does not have data/predictions; run "
        f"`git checkout {git('rev-parse', 'bare')[:7]} && dvc repro evaluate` here, then commit dvc.lock"
    )


def test_a_revision_before_dvc(repository: Path) -> None:
    git("checkout", "-q", "--orphan", "other")
    git("rm", "-q", "--cached", "-r", ".")
    git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    git("checkout", "-q", "--force", "main")
    assert error_of("other") == "compare: other: no data/predictions; DVC was not set up at that revision"


def test_a_revision_with_a_damaged_pipeline(repository: Path) -> None:
    Path("dvc.yaml").write_text("stages: [\n")
    git("commit", "-q", "-a", "-m", "damaged")
    git("checkout", "-q", "-b", "damaged")
    git("checkout", "-q", "good")
    assert error_of("damaged").startswith("compare: damaged: unable to read: 'dvc.yaml'")


def test_a_workspace_without_results(repository: Path) -> None:
    shutil.rmtree("data/predictions")
    assert error_of("bad") == (
        "compare: workspace: data/predictions/validation.parquet is missing; `dvc checkout evaluate` restores it from "
        "the cache, `dvc pull evaluate` fetches it from the remote, `dvc repro evaluate` computes it"
    )


def test_results_that_are_not_in_the_cache(repository: Path) -> None:
    shutil.rmtree(".dvc/cache")
    before = state()
    assert error_of("bad", "good") == (
        "compare: bad: data/predictions/validation.parquet is not in DVC's cache, and no default remote is set; "
        "run `dvc push` where it was computed, or run "
        f"`git checkout {git('rev-parse', 'bad')[:7]} && dvc repro evaluate` here"
    )
    assert state() == before


def test_predictions_that_only_the_remote_has(repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    # Added after the compared commits, whose own settings do not have it.
    Path(".dvc/config").write_text(f"[core]\n    remote = near\n['remote \"near\"']\n    url = {tmp_path / 'remote'}\n")
    Path(".dvc/cache").rename(tmp_path / "remote")
    before = state()
    run("bad", "good")
    assert "F1 of test from 0.769 to 1.000" in capsys.readouterr().out
    assert state() == before
    shutil.rmtree(tmp_path / "remote")
    message = error_of("bad", "good")
    assert (
        "is not in DVC's cache, nor in its remote near; run `dvc push` where it was computed, or run `git " in message
    )
    assert message.endswith("&& dvc repro --pull evaluate` here")


def test_different_test_splits(repository: Path, capsys: pytest.CaptureFixture) -> None:
    write_results(2, of=10, seed=3)
    run("bad", "--split", "test")
    text = capsys.readouterr().out
    assert "note: test: the 10 common sentences are compared, without 2 of bad\n" in text
    assert text.startswith("F1 of test from 0.710 to 0.947")


def test_from_a_subfolder(repository: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("metrics")
    run("bad")
    assert "F1 of test from 0.769 to 1.000" in capsys.readouterr().out


def test_a_closed_pipe(repository: Path) -> None:
    command = f"{sys.executable} {ROOT / 'compare.py'} bad good | true; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "stages")}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_outside_of_the_virtual_environment() -> None:
    # -I and -S: without the variables and the packages of this environment.
    command = [sys.executable, "-I", "-S", str(ROOT / "compare.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("compare: the package tagline is not installed; `make install` sets up .venv")
