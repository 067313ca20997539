"""compare.py in a small Git and DVC repository with hand-written predictions: revisions, pipelines, experiments."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo
from helpers.compared import (
    commit,
    error_of,
    git,
    make_origin,
    run,
    state,
    work_in,
    work_in_copy,
    write_results,
)
from helpers.project import ROOT, edit
from helpers.runs import run_of

from tagline.core.errors import UserError
from tagline.tools.comparison import WORKSPACE
from tagline.tools.comparison.revisions import last_experiments, read
from tagline.tools.comparison.splits import compare


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("origin")
    with pytest.MonkeyPatch.context() as patch:
        work_in(path, patch)
        yield make_origin(path)


@pytest.fixture
def repository(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the origin, the current folder."""
    return work_in_copy(origin, tmp_path / "repository", monkeypatch)


@pytest.fixture
def unchanged(origin: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The origin, the current folder; the test changes neither the workspace nor Git."""
    work_in(origin, monkeypatch)
    before = state()
    yield origin
    os.chdir(origin)
    assert state() == before


def test_head_is_compared_with_the_workspace_by_default(unchanged: Path, capsys: pytest.CaptureFixture) -> None:
    run()
    text = capsys.readouterr().out
    assert text.startswith("F1 of test from 0.815 to 0.815, +0.000 (+0.000 to +0.000, p 1.000): not significant\n")
    assert f"old: HEAD ({git('rev-parse', 'HEAD')[:7]})\nnew: workspace\n" in text
    assert "note: test: HEAD and workspace have the same predictions\n" in text
    assert "dvc repro" not in text, "nothing is outdated"


def test_two_revisions_as_text_markdown_and_json(repository: Path, capsys: pytest.CaptureFixture) -> None:
    write_results(5, seed=77)
    before = state()
    run("bad", "good")
    text = capsys.readouterr().out
    assert text.startswith("F1 of test from 0.769 to 1.000, +0.231 (")
    assert "): significant\n" in text
    assert "note" not in text
    assert "validation: 9 entities fixed, 0 false positives fixed\n  validation-0  LOC Oslo, before: nothing\n" in text
    assert "\n  4 more: --all\n" in text
    run("bad", "good", "--md", "--examples", "0")
    text = capsys.readouterr().out
    assert text.startswith("### F1 of test from")
    assert "- 9 more" in text
    run("bad", "good", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["old"] == [{"revision": "bad", "commit": git("rev-parse", "bad").strip()}]
    assert {split: len(each["fixed"]) for split, each in found["splits"].items()} == {"validation": 9, "test": 9}
    run("bad,worse", "better,good", "--split", "test")
    text = capsys.readouterr().out
    assert text.startswith("F1 of test from 0.753 to 0.989, +0.236 (")
    assert "p: t-test over runs" in text
    assert "validation" not in text
    assert state() == before, "neither the workspace nor Git is touched"


def test_outdated_workspace_is_noted(repository: Path) -> None:
    def note() -> list[str]:
        return read(WORKSPACE, ["test"]).notes

    Path("model").unlink()
    assert note() == [], "missing files do not make predictions outdated"
    with Repo() as repo, repo.lock:
        assert "workspace: predictions may be outdated (" in note()[0]
    edit(Path("params.yaml"), "seed: 1", "seed: 4")
    assert note() == ["workspace: predictions are outdated; `dvc repro` would rerun train (train.seed)"]
    write_results(3)
    expected = "would rerun evaluate (data/predictions, metrics/evaluate.json, model), train (model)"
    assert note()[0].endswith(expected)


@pytest.mark.parametrize(
    ("old", "new", "least", "insignificant", "message"),
    [
        (9, 0, 0.2, False, None),
        (0, 9, -0.3, False, None),
        (0, 9, -0.01, True, "test went from 1.000 to 0.769: -0.231 (significant) is below --fail-below -0.01"),
        (0, 1, 0, False, "test went from 1.000 to 0.979: -0.021 (not significant) is below --fail-below +0"),
        (0, 1, 0, True, None),
        (0, 0, 0.01, False, "+0.000 (not significant) is below --fail-below +0.01"),
    ],
)
def test_fail_below(old: int, new: int, least: float, insignificant: bool, message: str | None) -> None:
    right = "B-PER O O B-LOC"
    sides = [
        [run_of(name, [(str(n), "Ada lives in Oslo", right, "B-PER O O O" if n < wrong else right) for n in range(12)])]
        for name, wrong in (("a", old), ("b", new))
    ]
    gate = runpy.run_path(str(ROOT / "compare.py"))["gate"]
    if message is None:
        gate(compare(*sides, ["test"]), least, insignificant)
    else:
        with pytest.raises(UserError) as raised:
            gate(compare(*sides, ["test"]), least, insignificant)
        assert message in str(raised.value)


def test_comparison_is_printed_before_fail_below(unchanged: Path, capsys: pytest.CaptureFixture) -> None:
    message = error_of("good", "bad", "--fail-below", "-0.01", "--split", "validation")
    assert message.startswith("compare: F1 of validation went from")
    assert capsys.readouterr().out.startswith("F1 of validation from 1.000 to 0.769")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("a b c", "unrecognized arguments: c"),
        ("a,,b", "expected revisions separated by commas, got 'a,,b'"),
        ("a,b,a", "'a,b,a' has the same revision twice; expected different ones"),
        ("--fail-below nan", "expected a number such as -0.01, got 'nan'"),
        ("--fail-below much", "expected a number such as -0.01, got 'much'"),
        ("--examples -1", "expected a number of 0 or more, got '-1'"),
        ("--split train", "invalid choice: 'train'"),
        ("--md --json", "not allowed with"),
        ("--allow-insignificant", "--allow-insignificant needs --fail-below"),
        ("--experiments lr-*", "--experiments needs --by"),
        ("--by a,,b", "expected keys separated by commas, got 'a,,b'"),
        ("--by a,a", "'a,a' has the same key twice; expected different ones"),
        ("a b --by c", "--by takes one list of revisions, separated by commas; got two"),
        ("a --by c --experiments b", "--by takes revisions or --experiments; got both"),
        ("--by c --fail-below 0", "--fail-below is about two sides; not available with --by"),
        ("--by c --all", "--all is about two sides; not available with --by"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: str, message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as raised:
        run(*arguments.split())
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def reason(name: str, folder: str | None = None) -> str:
    """Why a revision can't be read."""
    with pytest.raises(UserError) as raised:
        read(name, ["validation", "test"], None if folder is None else Path(folder))
    return str(raised.value)


def test_what_is_not_a_revision_with_results_is_an_error(unchanged: Path, tmp_path: Path) -> None:
    expected = "expected a commit, branch, tag or DVC experiment, or `workspace`"
    assert error_of("nowhere") == f"compare: unknown Git revision 'nowhere'; {expected}"
    for name in ("bad:params.yaml", "bad^{tree}"):
        assert reason(name) == f"{name}: not a commit; {expected}"
    short = git("rev-parse", "bare")[:7]
    assert reason("bare") == (
        f"bare: dvc.lock does not have data/predictions; run `git checkout {short} && dvc repro evaluate` here, then "
        "commit dvc.lock"
    )
    assert reason("bad", "pos").endswith("&& dvc repro pos/dvc.yaml:evaluate` here, then commit dvc.lock")
    assert reason("bad", "metrics") == (
        "--pipeline metrics: the folder has no dvc.yaml; expected the folder of a pipeline"
    )
    assert reason("bad", "missing") == "directory 'missing' does not exist"
    os.chdir(tmp_path)
    assert "you are not inside of a DVC repository" in reason("HEAD")


def test_revision_without_dvc_or_with_a_damaged_pipeline_is_an_error(repository: Path) -> None:
    git("checkout", "-q", "-b", "damaged")
    Path("dvc.yaml").write_text("stages: [\n")
    commit("damaged")
    git("checkout", "-q", "--orphan", "other")
    git("rm", "-q", "--cached", "-r", ".")
    git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    git("checkout", "-q", "--force", "main")
    assert reason("damaged").startswith("damaged: unable to read: 'dvc.yaml'")
    assert reason("other") == "other: no data/predictions; DVC was not set up at that revision"


def test_workspace_without_results_or_with_a_device_is_an_error(repository: Path) -> None:
    Path("pos/data/predictions/more.json").symlink_to("/dev/null")
    assert "pos/data/predictions/more.json is a pipe or device; expected files; remove it" in reason(WORKSPACE, "pos")
    shutil.rmtree("data/predictions")
    assert reason(WORKSPACE) == (
        "workspace: data/predictions/provenance.json is missing; `dvc checkout evaluate` restores it from the "
        "cache, `dvc pull evaluate` fetches it from the remote, `dvc repro evaluate` computes it"
    )


def test_predictions_come_from_the_remote_if_the_cache_lacks_them(repository: Path, tmp_path: Path) -> None:
    Path(".dvc/cache").rename(tmp_path / "remote")
    again = f"git checkout {git('rev-parse', 'bad')[:7]} && dvc repro"
    lacking = "bad: data/predictions/provenance.json is not in DVC's cache, "
    assert reason("bad") == (
        f"{lacking}and no default remote is set; run `dvc push` where it was computed, or run `{again} evaluate` here"
    )
    # Added after the compared commits, whose own settings do not have it.
    Path(".dvc/config").write_text(f"[core]\n    remote = near\n['remote \"near\"']\n    url = {tmp_path / 'remote'}\n")
    before = state()
    assert len(read("bad", ["test"]).splits["test"]) == 12
    assert state() == before
    shutil.rmtree(tmp_path / "remote")
    assert reason("good").startswith(
        "good: data/predictions/provenance.json is not in DVC's cache, nor in its remote n"
    )
    assert reason("good").endswith("&& dvc repro --pull evaluate` here")


@pytest.mark.parametrize("root", [".", pytest.param("models/tagger", marks=pytest.mark.rare)])
def test_pipelines_are_found_from_any_folder(
    repository: Path, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC's root, the folder of the pipeline and the current folder need not be the same."""
    path = repository
    if root != ".":
        work_in(tmp_path, monkeypatch)
        path = make_origin(tmp_path, root)

    def wrong(name: str, folder: str | None = None) -> int:
        found = read(name, ["test"], None if folder is None else Path(folder)).splits["test"]
        return sum(sentence.predicted_names != sentence.gold_names for sentence in found)

    for current in (".", "metrics"):
        os.chdir(path / current)
        assert [wrong(name) for name in ("bad", "HEAD", "lr-2", WORKSPACE)] == [9, 15, 17, 15]
    for current, folder in ((".", "pos"), ("pos", None), ("pos/metrics", None), ("metrics", "../pos")):
        os.chdir(path / current)
        assert [wrong(name, folder) for name in ("HEAD", "pos-1", WORKSPACE)] == [5, 3, 5]
    os.chdir(path)
    assert wrong("pos-1", ".") == 15, "the experiment did not concern the root pipeline"
    Path("pos/model").unlink()
    (path / "pos/data/predictions/test.parquet").unlink()
    with pytest.raises(UserError, match="pos/data/predictions/test.parquet.*`dvc repro pos/dvc.yaml:evaluate`"):
        read(WORKSPACE, ["test"], Path("pos"))


def test_last_experiments_are_grouped_by_a_key(unchanged: Path, capsys: pytest.CaptureFixture) -> None:
    run("--by", "train.learning_rate", "--experiments", "lr-*")
    text = capsys.readouterr().out
    assert text.startswith(
        "best: train.learning_rate=0.001 with F1 of test 0.962 ± 0.008; "
        "the other setting differs significantly\n\n"
        "train.learning_rate=0.0001: lr-1 ("
    )
    assert "note" not in text
    os.chdir("metrics")
    run("--by", "train.learning_rate", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["notes"] == ["pos-1 is left out: same params and predictions as lr-1"]
    runs = [[run["revision"] for run in setting["runs"]] for setting in found["settings"]]
    assert runs == [["lr-1", "lr-2"], ["lr-3", "lr-4"]]
    os.chdir("..")
    run("workspace,lr-3", "--by", "train.learning_rate", "--by", "train.seed", "--md", "--split", "test")
    text = capsys.readouterr().out
    assert text.startswith("### best: train.learning\\_rate=0.001, train.seed=1 with F1 of test 0.968; the other setti")
    assert "- train.learning\\_rate=0.0001, train.seed=1: workspace\n" in text
    run("HEAD,pos-1", "--by", "train.learning_rate", "--pipeline", "pos")
    assert capsys.readouterr().out.startswith("best: train.learning_rate=0.001 with F1 of test 0.933; the other")
    assert "all runs (HEAD) have train.learning_rate=0.0001" in error_of("HEAD,pos-1", "--by", "train.learning_rate")


def test_experiments_of_an_earlier_commit_are_noted_and_of_other_branches_not_used(repository: Path) -> None:
    first = git("rev-parse", "HEAD")[:7]
    commit("second", "--allow-empty")
    commit("third", "--allow-empty")
    with Repo() as repo:
        repo.experiments.save(name="other")
    found = last_experiments("lr-[13]")
    assert list(found.commits) == ["lr-1", "lr-3"]
    assert found.notes == [f"the experiments are those of {first}, 2 commits before HEAD"]
    assert (list(last_experiments().commits), last_experiments().notes) == (["other"], [])
    with pytest.raises(UserError, match=r"^no finished experiments named slow-\*; `dvc exp list --all-commits` lists"):
        last_experiments("slow-*")
    git("checkout", "-q", "--orphan", "unrelated")
    commit("unrelated")
    message = (
        r"^no experiments in the history of HEAD, only on other branches \(lr-1, lr-2, lr-3 and 3 more\); give their"
    )
    with pytest.raises(UserError, match=message):
        last_experiments()


def test_closed_pipe_ends_silently(unchanged: Path) -> None:
    command = f"{sys.executable} {ROOT / 'compare.py'} bad good | true; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "stages")}
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_missing_package_is_one_message() -> None:
    # -I and -S: without the variables and the packages of this environment.
    command = [sys.executable, "-I", "-S", str(ROOT / "compare.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("compare: the package tagline is not installed; `make install` sets up .venv")
