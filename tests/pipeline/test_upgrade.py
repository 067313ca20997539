"""Clones of earlier versions take today's code by the commands of docs/upgrade.md, which lose nothing of theirs."""

import re
import subprocess

import pytest
from helpers.clone import Clone
from helpers.project import ROOT, edit

OWN = ("data", "dvc.lock", "metrics", "params.yaml", "plots")


@pytest.mark.parametrize("commit", ["a35ea3bd"])
def test_merge_keeps_what_is_own(tmp_path, commit):
    if subprocess.run(["git", "cat-file", "-e", f"{commit}^{{tree}}"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip(f"commit {commit} is not in the history of this clone; a full clone has it")
    clone = _earlier(tmp_path, commit)
    commands = re.findall(r"^git (?:merge|checkout) .+?(?=  #)", (ROOT / "docs/upgrade.md").read_text(), re.MULTILINE)
    merge, keep = (command.replace("upstream/main", "today").split() for command in commands)
    conflicts = ("git", "diff", "--name-only", "--diff-filter=U")
    clone.run(*(word for word in merge if word not in ("-X", "ours")), status=1)
    assert {name.split("/")[0] for name in clone.run(*conflicts).split()} <= {*OWN}
    clone.run(*keep)
    assert clone.run(*conflicts) == ""
    clone.run("git", "merge", "--abort")
    clone.run(*merge)
    assert clone.run(*conflicts) == ""
    clone.run(*keep)
    assert clone.run("git", "diff", "--name-only", "HEAD", "--", *OWN) == ""
    assert clone.run("git", "diff", "--name-only", "today", "--", "stages", "dvc.yaml", "docs") == ""

    clone.run("tagline", "check")


def _earlier(path, commit):
    """Make a clone of a commit with data, params and results of its own; ``today`` is today's."""
    Clone(path).run("git", "clone", "-q", "--shared", "--no-checkout", str(ROOT), "a")
    clone = Clone(path / "a")
    clone.run("git", "tag", "today")
    clone.run("git", "checkout", "-q", "-b", "own", commit)
    (clone.path / "data/sample").rename(clone.path / "data/mine")
    for old, new in {"folder: data/sample": "folder: data/mine", "epochs: 4": "epochs: 3"}.items():
        edit(clone.path / "params.yaml", old, new)
    for file in (clone.path / "dvc.lock", *clone.path.glob("metrics/*.json"), *clone.path.glob("plots/*.csv")):
        file.write_text(re.sub(r"\d", "1", file.read_text()))
    clone.commit("own")
    return clone
