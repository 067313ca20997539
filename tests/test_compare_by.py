"""compare.py --by over real DVC experiments of a small repository, whose stage writes predictions without training."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dvc.repo import Repo
from helpers.compared import commit, error_of, git, run, state, work_in, work_in_copy

# Misses LOC in the more sentences, the smaller the learning rate is; the seed adds a few.
SCRIPT = """
import json, pathlib
import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML
params = YAML(typ="safe").load(pathlib.Path("params.yaml"))["train"]
wrong = {0.0001: 14, 0.001: 2}[params["learning_rate"]] + params["seed"]
gold = ["B-PER", "O", "O", "B-LOC"]
for folder in ("data/predictions", "metrics"):
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
for split in ("validation", "test"):
    rows = {
        "id": [f"{split}-{index}" for index in range(24)],
        "words": [["Ada", "lives", "in", "Oslo"]] * 24,
        "gold": [gold] * 24,
        "predicted": [["B-PER", "O", "O", "O"] if index < wrong else gold for index in range(24)],
        "score": [[1.0] * 4] * 24,
    }
    pq.write_table(pa.table(rows), f"data/predictions/{split}.parquet")
pathlib.Path("data/predictions/provenance.json").write_text('{"labels": {"kind": "spans"}}')
recall = (48 - wrong) / 48
f1 = round(2 * recall / (1 + recall), 4)
pathlib.Path("metrics/evaluate.json").write_text(json.dumps({"validation.f1": f1, "test.f1": f1}))
"""
PIPELINE = """
stages:
  evaluate:
    cmd: python {up}evaluate.py
    params: [train]
    outs: [data/predictions]
    metrics:
      - metrics/evaluate.json: {{cache: false}}
"""
PARAMS = "train:\n  learning_rate: 0.0001\n  seed: 1\n  schedule: linear\n"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Experiments lr-1 to lr-4 of HEAD (two learning rates, two seeds each), and a second pipeline pos with pos-1."""
    path = tmp_path_factory.mktemp("origin")
    with pytest.MonkeyPatch.context() as patch:
        work_in(path, patch)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        git("init", "-q", "-b", "main")
        Repo.init().close()
        Path("evaluate.py").write_text(SCRIPT)
        for folder, up in ((path, ""), (path / "pos", "../")):
            folder.mkdir(exist_ok=True)
            (folder / "dvc.yaml").write_text(PIPELINE.format(up=up))
            (folder / "params.yaml").write_text(PARAMS)
        with Repo() as repo:
            repo.reproduce(all_pipelines=True)
        commit("first")
        with Repo() as repo:
            for index, (rate, seed) in enumerate([(0.0001, 1), (0.0001, 3), (0.001, 1), (0.001, 2)], 1):
                params = [f"train.learning_rate={rate}", f"train.seed={seed}"]
                repo.experiments.run(name=f"lr-{index}", params=params)
        git("checkout", "-q", "--", ".")
        patch.chdir(path / "pos")
        with Repo() as repo:
            repo.experiments.run(name="pos-1", params=["train.learning_rate=0.001"])
        git("checkout", "-q", "--", ".")
        with Repo() as repo:
            repo.checkout()
        yield path


@pytest.fixture
def repository(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the origin, the current folder."""
    return work_in_copy(origin, tmp_path / "repository", monkeypatch)


def test_the_last_sweep(repository: Path, capsys: pytest.CaptureFixture) -> None:
    before = state()
    run("--by", "train.learning_rate", "--experiments", "lr-*")
    text = capsys.readouterr().out
    assert text.startswith(
        "best: train.learning_rate=0.001 with F1 of test 0.962 ± 0.008; "
        "the other setting differs significantly\n\n"
        "train.learning_rate=0.0001: lr-1 ("
    )
    assert "note" not in text
    low, high = (line.split() for line in text.splitlines() if line.strip().startswith("0.00"))
    assert low[:8] == "0.0001 2 0.800 ± 0.021 0.800 ± 0.021".split()
    assert low[-1] == "significant"
    assert high == "0.001 2 0.962 ± 0.008 0.962 ± 0.008 best".split()
    assert "\np: t-test over runs; adjusted for the number of settings (Holm)\n" in text
    assert state() == before, "neither the workspace nor Git is touched"


def test_all_experiments_from_a_subfolder(repository: Path, monkeypatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.chdir("metrics")
    run("--by", "train.learning_rate", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["notes"] == ["pos-1 is left out: same params and predictions as lr-1"]
    assert found["best"] == {"train.learning_rate": 0.001}
    runs = [[run["revision"] for run in setting["runs"]] for setting in found["settings"]]
    assert runs == [["lr-1", "lr-2"], ["lr-3", "lr-4"]]
    assert [setting["f1"]["test"]["mean"] for setting in found["settings"]] == pytest.approx([0.800, 0.962], abs=1e-3)
    assert [setting["difference"] is None for setting in found["settings"]] == [False, True]


def test_revisions_and_the_workspace_in_markdown(repository: Path, capsys: pytest.CaptureFixture) -> None:
    run("workspace,lr-3", "--by", "train.learning_rate", "--by", "train.seed", "--md", "--split", "test")
    text = capsys.readouterr().out
    assert text.startswith(
        "### best: train.learning\\_rate=0.001, train.seed=1 with F1 of test 0.968; the other setting"
    )
    assert "- train.learning\\_rate=0.0001, train.seed=1: workspace\n" in text
    assert "- note: each setting has one run, so p does not cover other seeds; run several" in text
    assert "|   train.learning\\_rate |   train.seed |   runs |   F1 of test |" in text
    assert "±" not in text


def test_another_pipeline(repository: Path, capsys: pytest.CaptureFixture) -> None:
    run("HEAD,pos-1", "--by", "train.learning_rate", "--pipeline", "pos")
    assert capsys.readouterr().out.startswith(
        "best: train.learning_rate=0.001 with F1 of test 0.968; the other setting"
    )
    assert "all runs (HEAD) have train.learning_rate=0.0001" in error_of("HEAD,pos-1", "--by", "train.learning_rate")


def test_experiments_of_an_earlier_commit(repository: Path, capsys: pytest.CaptureFixture) -> None:
    first = git("rev-parse", "HEAD")[:7]
    commit("second", "--allow-empty")
    commit("third", "--allow-empty")
    with Repo() as repo:
        repo.experiments.save(name="other")
    run("--by", "train.learning_rate", "--experiments", "lr-[13]")
    assert f"note: the experiments are those of {first}, 2 commits before HEAD\n" in capsys.readouterr().out
    message = error_of("--by", "train.learning_rate")
    assert message == (
        "compare: --by: all runs (other) have train.learning_rate=0.0001; expected runs with different values"
    )


def test_no_experiments(repository: Path) -> None:
    assert error_of("--by", "train.seed", "--experiments", "slow-*") == (
        "compare: no finished experiments named slow-*; `dvc exp list --all-commits` lists all, `dvc queue status` "
        "those that are queued or failed"
    )
    git("checkout", "-q", "--orphan", "unrelated")
    commit("unrelated")
    assert error_of("--by", "train.seed") == (
        "compare: no experiments in the history of HEAD, only on other branches (lr-1, lr-2, lr-3 and 2 more); give "
        "their names instead, separated by commas"
    )


def test_unknown_keys(repository: Path) -> None:
    assert error_of("lr-1,lr-3", "--by", "learning_rate") == (
        "compare: --by learning_rate: params.yaml does not have this key; did you mean train.learning_rate?"
    )
    assert error_of("lr-1,lr-3", "--by", "train") == (
        "compare: --by train: a section of params.yaml; expected one of its keys: train.learning_rate, train.seed, "
        "train.schedule"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--experiments", "lr-*"), "--experiments needs --by"),
        (("--by", "a,,b"), "expected keys separated by commas, got 'a,,b'"),
        (("--by", "a,a"), "'a,a' has the same key twice; expected different ones"),
        (("a", "b", "--by", "c"), "--by takes one list of revisions, separated by commas; got two"),
        (("a", "--by", "c", "--experiments", "b"), "--by takes revisions or --experiments; got both"),
        (("--by", "c", "--fail-below", "0"), "--fail-below is about two sides; not available with --by"),
        (("--by", "c", "--all"), "--all is about two sides; not available with --by"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as raised:
        run(*arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err
