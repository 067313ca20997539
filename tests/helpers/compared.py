"""A small Git and DVC repository with hand-written results, and compare.py run in this process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from dvc.repo import Repo
from helpers.project import exit_of, run_script, snapshot
from helpers.runs import counts_of

from tagline.metrics.scores import score

run = partial(run_script, "compare.py")

IDENTITY = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
TRAIN = """
  train:
    cmd: python train.py
    params: [train.seed]
    outs: [model]
"""
EVALUATE = """
  evaluate:
    cmd: python evaluate.py
    deps: [%s]
    outs: [data/predictions]
    metrics:
      - metrics/evaluate.json: {cache: false}
"""
WORDS = ["Ada", "lives", "in", "Oslo"]
GOLD = ["B-PER", "O", "O", "B-LOC"]


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def commit(message: str, *options: str) -> None:
    git("add", "-A")
    git("commit", "-q", *options, "-m", message)


def work_in(path: Path, patch: pytest.MonkeyPatch) -> None:
    """Make a repository the current folder of this process, with a Git identity and DVC's temporary files inside."""
    patch.chdir(path)
    for name, value in {**IDENTITY, "DVC_SITE_CACHE_DIR": str(path / ".dvc/tmp/site")}.items():
        patch.setenv(name, value)


def work_in_copy(origin: Path, path: Path, patch: pytest.MonkeyPatch) -> Path:
    """Copy a repository and make the copy the current folder."""
    shutil.copytree(origin, path, symlinks=True)
    work_in(path, patch)
    return path


def write_results(wrong: int, of: int = 12, seed: int = 1, rate: float = 0.0001) -> None:
    """Write what the stages would write, with LOC missed in the first ``wrong`` of the sentences of each split."""
    Path("params.yaml").write_text(f"train:\n  learning_rate: {rate}\n  seed: {seed}\n  schedule: linear\n")
    for folder in ("data/predictions", "metrics"):
        shutil.rmtree(folder, ignore_errors=True)  # files that DVC has linked are read-only
        Path(folder).mkdir(parents=True)
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
        pd.DataFrame(rows).to_parquet(f"data/predictions/{split}.parquet", index=False)
        metrics[f"{split}.f1"] = score(counts_of(gold, predicted))["overall"]["f1"]
    Path("data/predictions/provenance.json").write_text('{"labels": {"kind": "spans"}}')
    Path("metrics/evaluate.json").write_text(json.dumps(metrics))


def save_results(name: str | None = None) -> None:
    """Commit the current results to DVC, as an experiment if it has a name; the workspace is then as in HEAD."""
    with Repo() as repo:
        repo.commit("evaluate", with_deps=True, force=True)
        if name:
            repo.experiments.save(name=name)
            git("checkout", "-q", "--", ".")
            repo.checkout()


def make_origin(folder: Path, root: str = ".") -> Path:
    """Make a repository with results, in the current process, whose folder and environment change.

    Commits: bare without results; bad, worse, better and good with 9, 10, 1 and 0 of 12 sentences wrong; and HEAD with
    15 of 24 wrong, where pos is a second pipeline with 5 wrong. Experiments of HEAD: lr-1 to lr-4 with two learning
    rates and two seeds each, of which lr-1 is like HEAD, and pos-1 of the second pipeline with 3 wrong.

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
    write_results(3, seed=7, rate=0.001)
    save_results("pos-1")
    os.chdir("..")
    for index, (rate, seed, wrong) in enumerate([(0.0001, 1, 15), (0.0001, 3, 17), (0.001, 1, 3), (0.001, 2, 4)], 1):
        write_results(wrong, of=24, seed=seed, rate=rate)
        save_results(f"lr-{index}")
    return path


def error_of(*arguments: str) -> str:
    """Run the script, which must fail, and return its message."""
    code = exit_of("compare.py", *arguments)
    assert isinstance(code, str), f"exit with a status, not a message: {code}"
    return code


def state() -> tuple[dict[Path, bytes], str]:
    """Return the workspace as a user and Git see it, without DVC's cache and temporary files."""
    own = [(".dvc", "cache"), (".dvc", "tmp")]
    kept = {
        path: content
        for path, content in snapshot(Path()).items()
        if path.parts[0] != ".git" and path.parts[:2] not in own
    }
    return kept, git("status", "--porcelain=v2", "--branch") + git("for-each-ref") + git("stash", "list")
