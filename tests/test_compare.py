"""`tagline compare` in a small Git and DVC repository with hand-written predictions: revisions, pipelines, experiments."""

import contextlib
import json
import os
import shutil
from functools import partial
from pathlib import Path

import pytest
from dvc.repo import Repo
from helpers.messages import message_of
from helpers.project import edit, exit_of, git, run_verb, snapshot
from helpers.runs import counts_of
from helpers.tagged import sentences

from tagline.artifacts import predictions
from tagline.comparison import CROSSVAL, SPLITS, WORKSPACE
from tagline.comparison.revisions import read
from tagline.metrics.scores import score

run = partial(run_verb, "compare")

TRAIN = "\n  train: {cmd: python train.py, params: [train.seed], outs: [model]}"
EVALUATE = """
  evaluate: {cmd: python evaluate.py, deps: [%s], outs: [data/predictions],
    metrics: [metrics/evaluate.json: {cache: false}]}
"""
WORDS = ["Ada", "lives", "in", "Oslo"]
GOLD = ["B-PER", "O", "O", "B-LOC"]


def commit(message, *options):
    git("add", "-A")
    git("commit", "-q", *options, "-m", message)


def work_in(path, patch):
    """Make a repository the current folder of this process, with DVC's temporary files inside."""
    patch.chdir(path)
    patch.setenv("DVC_SITE_CACHE_DIR", str(path / ".dvc/tmp/site"))


def write_results(wrong, of=12, seed=1):
    """Write what the stages would write, with LOC missed in the first ``wrong`` of the sentences of each split."""
    Path("params.yaml").write_text(f"train:\n  seed: {seed}\n")
    for folder in ("data/predictions", "metrics"):
        shutil.rmtree(folder, ignore_errors=True)  # files that DVC has linked are read-only
        Path(folder).mkdir(parents=True)
    Path("model").unlink(missing_ok=True)
    Path("model").write_text(f"{seed} {wrong}")
    gold, predicted = [GOLD] * of, [["B-PER", "O", "O", "O"]] * wrong + [GOLD] * (of - wrong)
    for split in ("validation", "test"):
        ids = [f"{split}-{number}" for number in range(of)]
        predictions.write(Path("data/predictions"), split, sentences(gold, predicted, words=[WORDS] * of, ids=ids))
    f1 = score(counts_of(gold, predicted))["overall"]["f1"]
    Path("data/predictions/provenance.json").write_text('{"labels": {"kind": "spans"}}')
    Path("metrics/evaluate.json").write_text(json.dumps({"validation.f1": f1, "test.f1": f1}))


def save_results(name=None):
    """Commit the current results to DVC, as an experiment if it has a name; the workspace is then as in HEAD."""
    with Repo() as repo:
        repo.commit("evaluate", with_deps=True, force=True)
        if name:
            repo.experiments.save(name=name)
            git("checkout", "-q", "--", ".")
            repo.checkout()


def make_origin(folder, root="."):
    """Make a repository with results, in the current process, whose folder and environment change.

    Commits: bare without results; bad, worse, better and good with 9, 10, 1 and 0 of 12 sentences wrong; and HEAD with
    15 of 24 wrong, where pos is a second pipeline with 5 wrong. Experiments of HEAD: seed-3 with 17 of 24 wrong, and
    pos-1 of the second pipeline with 3 wrong.

    Args:
        folder: a new folder, for Git.
        root: the folder in it for DVC.
    """
    git("init", "-q", "-b", "main", str(folder))
    path = folder / root
    (path / "pos").mkdir(parents=True)
    os.chdir(path)
    Repo.init(subdir=root != ".").close()
    Path("dvc.yaml").write_text(f"stages:{TRAIN}{EVALUATE % 'model'}")
    Path("params.yaml").write_text("train:\n  seed: 1\n")
    commit("bare")
    git("tag", "bare")
    for seed, (tag, wrong) in enumerate({"bad": 9, "worse": 10, "better": 1, "good": 0}.items()):
        write_results(wrong, seed=seed)
        save_results()
        commit(tag)
        git("tag", tag)
    write_results(15, of=24)
    save_results()
    os.chdir("pos")
    Path("dvc.yaml").write_text(f"stages:{EVALUATE % ''}")
    write_results(5, seed=7)
    save_results()
    commit("two pipelines")
    write_results(3, seed=8)
    save_results("pos-1")
    os.chdir("..")
    write_results(17, of=24, seed=3)
    save_results("seed-3")
    return path


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        work_in(tmp_path_factory.mktemp("origin"), patch)
        yield make_origin(Path.cwd())


@pytest.fixture
def repository(origin, tmp_path, monkeypatch):
    """A copy of the origin, the current folder."""
    work_in(Path(shutil.copytree(origin, tmp_path / "repository", symlinks=True)), monkeypatch)
    return Path.cwd()


@pytest.fixture
def unchanged(origin, monkeypatch):
    """The origin, the current folder; the test changes neither the workspace nor Git."""
    work_in(origin, monkeypatch)
    before = state()
    yield origin
    os.chdir(origin)
    assert state() == before


def state():
    """Return the workspace as a user and Git see it, without DVC's cache and temporary files."""
    hidden = (".git/", ".dvc/cache/", ".dvc/tmp/")
    kept = {path: content for path, content in snapshot(Path()).items() if not path.as_posix().startswith(hidden)}
    return kept, git("status", "--porcelain=v2", "--branch") + git("for-each-ref") + git("stash", "list")


def test_head_is_compared_with_the_workspace_by_default(unchanged, capsys):
    run()
    text = capsys.readouterr().out
    assert text.startswith("test F1 0.815 → 0.815, equal (+0.000 to +0.000, p 1.000)\n")
    assert f"old: HEAD ({git('rev-parse', 'HEAD')[:7]})\nnew: workspace\n" in text
    assert "note: test: HEAD and workspace have the same predictions\n" in text


def test_two_revisions_as_text_markdown_and_json(repository, capsys):
    write_results(5, seed=77)
    before = state()
    run("bad", "good", "--all")
    assert "\n  validation-0  LOC, before nothing: Oslo\n" in capsys.readouterr().out
    run("bad,worse", "better,good", "--split", "test", "--md")
    lines = capsys.readouterr().out.splitlines()
    assert {line[:4] for line in lines} == {"    ", ""}
    assert "    test: 9 fixed (0 false positives), 0 broken (0 false positives)" in lines
    run("bad", "good", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["old"] == [{"revision": "bad", "commit": git("rev-parse", "bad").strip()}]
    assert {split: len(each["fixed"]) for split, each in found["splits"].items()} == {"validation": 9, "test": 9}
    assert state() == before, "neither the workspace nor Git is touched"


def test_outdated_workspace_is_noted(repository):
    def note():
        return read(WORKSPACE, ["test"]).notes

    Path("model").unlink()
    assert note() == [], "missing files do not make predictions outdated"
    with Repo() as repo, repo.lock:
        assert "workspace: predictions may be outdated (" in note()[0]
    edit(Path("params.yaml"), "seed: 1", "seed: 4")
    assert note() == ["workspace: predictions are outdated; `dvc repro` would rerun train (train.seed)"]
    write_results(3)
    assert note()[0].endswith("would rerun evaluate (data/predictions, metrics/evaluate.json, model), train (model)")


def test_outdated_commit_is_noted(repository):
    def note():
        commit("changed", "--allow-empty")
        return read("HEAD", ["test"]).notes

    assert note() == []
    edit(Path("params.yaml"), "seed: 1", "seed: 4")
    assert note() == ["HEAD: predictions are outdated; `dvc repro` would rerun train (train.seed)"]
    edit(Path("dvc.yaml"), "train.py", "train.py --fast")
    assert note()[0].endswith("would rerun train (command, train.seed)")
    with contextlib.chdir("pos"):
        assert read("HEAD", ["test"]).notes == []
    edit(Path("dvc.yaml"), "params:", "deps: [data/predictions], params:")
    assert note()[0].startswith("HEAD: predictions may be outdated (")


def test_inputs_of_a_commit_that_were_written_since_are_noted(repository):
    """By another stage or `dvc add`: what dvc.lock says. Git's own files are not hashed."""

    def note():
        commit("changed", "--allow-empty")
        return read("HEAD", ["test"]).notes

    def rewrite(path):
        Path(path).unlink()  # a file that DVC has linked is read-only
        Path(path).write_text("changed\n")

    prepare = "\n  prepare: {cmd: python prepare.py, deps: [data/whole], outs: [encoder]}"
    train = TRAIN.replace("params:", "deps: [data/whole, encoder], params:")
    for path in map(Path, ["data/whole/a.txt", "encoder/a.txt"]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("first\n")
    Path("dvc.yaml").write_text(f"stages:{prepare}{train}{EVALUATE % 'model'}")
    with Repo() as repo:
        repo.add("data/whole")
    save_results()
    assert note() == []
    rewrite("data/whole/a.txt")
    with Repo() as repo:
        repo.add("data/whole")
    assert note()[0].endswith("would rerun prepare (data/whole), train (data/whole)")
    rewrite("encoder/a.txt")
    with Repo() as repo:
        repo.commit("prepare", force=True)
    assert note()[0].endswith("would rerun train (data/whole, encoder)")


def test_fail_below_is_status_3(unchanged, capsys):
    run("bad", "good", "--split", "test", "--fail-below", "0.2")
    assert exit_of("compare", "good", "bad", "--split", "test", "--fail-below", "-0.01") == 3
    message = "from 1.000 to 0.769: -0.231 (significant) is below --fail-below -0.01\n"
    assert capsys.readouterr().err.endswith(f"compare: F1 of test went {message}")


@pytest.mark.parametrize("names", ["a,,b", "a,a"])
def test_wrong_usage_exits_with_2(names, capsys):
    assert exit_of("compare", names) == 2
    assert f"expected different revisions, separated by commas, got '{names}'" in capsys.readouterr().err


def reason(name, *splits):
    """Why a revision can't be read."""
    return message_of(read, name, splits or SPLITS)


def test_what_is_not_a_revision_with_results_is_an_error(unchanged, tmp_path):
    expected = "not a commit; expected a commit, branch, tag or DVC experiment, or `workspace`"
    assert exit_of("compare", "nowhere") == f"compare: nowhere: {expected}"
    assert reason("bad:params.yaml") == f"bad:params.yaml: {expected}"
    assert reason("bare").startswith("bare: data/predictions: no predictions; expected those of a run; run `dvc push`")
    with contextlib.chdir("pos"):
        assert "or `dvc repro evaluate` at this revision and commit dvc.lock" in reason("bad")
    crossval = reason("bad", CROSSVAL)
    assert crossval.startswith("bad: data/crossval/predictions: no predictions; ")
    assert "or `tagline crossval && dvc repro crossval/dvc.yaml:crossval`" in crossval
    assert reason("bad", "tests.a") == "bad: data/predictions does not have tests.a; expected test or validation"
    os.chdir(tmp_path)
    assert "you are not inside of a DVC repository" in reason("HEAD")


def test_types_of_answers_need_a_file_of_answers(repository):
    assert exit_of("compare", "--types", "PER=person").endswith(
        "--types: no side is a file of answers; expected one, whose types have other names"
    )


def test_damaged_pipeline_and_missing_results_are_errors(repository):
    git("checkout", "-q", "-b", "damaged")
    Path("dvc.yaml").write_text("stages: [\n")
    commit("damaged")
    git("checkout", "-q", "--orphan", "other")
    git("rm", "-q", "--cached", "-r", ".")
    git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    git("checkout", "-q", "--force", "main")
    assert reason("damaged").startswith("damaged: unable to read: 'dvc.yaml'")
    assert reason("other").startswith("other: you are not inside of a DVC repository")
    shutil.rmtree("data/predictions")
    assert reason(WORKSPACE) == (
        "workspace: data/predictions: no predictions; expected those of a run; run `dvc pull evaluate`, or `dvc repro "
        "evaluate`"
    )


def test_damaged_predictions_are_an_error_with_the_name_of_the_run(repository):
    path = Path("data/predictions/test.parquet")
    path.unlink()
    path.write_text("not a table")
    assert reason(WORKSPACE).startswith("workspace: data/predictions/test.parquet: damaged")


def test_predictions_come_from_the_remote_if_the_cache_lacks_them(repository, tmp_path):
    Path(".dvc/cache").rename(tmp_path / "remote")
    assert reason("bad").startswith("bad: data/predictions: no predictions")
    # Added after the compared commits, whose own settings do not have it.
    Path(".dvc/config").write_text(f"[core]\n    remote = near\n['remote \"near\"']\n    url = {tmp_path / 'remote'}\n")
    before = state()
    assert len(read("bad", ["test"]).splits["test"]) == 12
    assert state() == before
    shutil.rmtree(tmp_path / "remote")
    assert reason("good").startswith("good: data/predictions: no predictions")


@pytest.mark.parametrize("root", [".", pytest.param("models/tagger", marks=pytest.mark.rare)])
def test_pipelines_are_found_from_any_folder(root, tmp_path, monkeypatch, origin):
    """DVC's root, the folder of the pipeline and the current folder need not be the same."""
    work_in(origin if root == "." else tmp_path, monkeypatch)
    path = origin if root == "." else make_origin(tmp_path, root)

    def wrong(current, name):
        os.chdir(path / current)
        found = read(name, ["test"]).splits["test"]
        return sum(sentence.predicted_names != sentence.gold_names for sentence in found)

    assert [wrong("metrics", name) for name in ("bad", "HEAD", "seed-3", WORKSPACE)] == [9, 15, 17, 15]
    assert [wrong("pos/metrics", name) for name in ("HEAD", "pos-1", WORKSPACE)] == [5, 3, 5]
    assert wrong(".", "pos-1") == 15, "the experiment did not concern the root pipeline"
