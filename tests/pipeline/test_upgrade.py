"""Clones of earlier versions take today's code by the commands of docs/upgrade.md, which lose nothing of theirs."""

import re
import subprocess

import pytest
from helpers.clone import Clone
from helpers.project import ROOT, edit

OWN = ("data", "dvc.lock", "metrics", "params.yaml", "plots")


@pytest.mark.parametrize("commit", ["27c06d0f", "dde69c8"])
def test_merge_keeps_what_is_own_and_check_says_what_to_write(tmp_path, commit):
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
    assert clone.run("git", "diff", "--name-only", "HEAD", "--", *OWN, "pos") == ""
    assert clone.run("git", "diff", "--name-only", "today", "--", "stages", "dvc.yaml", "docs") == ""

    clone.run("tagline", "pipeline", "--update")
    for folder, data in {".": "data/none", "pos": "../data/none"}.items():
        said = clone.run("tagline", "check", folder=folder, status=1)
        assert "params.yaml has 11 errors" in said
        assert "tokenize_align.task: unknown key; it is `tag_column` now" in said
        assert re.search(rf"train.folder: the key is missing; .+ write .*`folder: {re.escape(data)}`", said)
        assert re.search(r"train.label_smoothing: unknown key; .+ remove the line", said)
        assert re.search(r"evaluate.operating_point: unknown key; .+ remove it", said)
        for key in (
            "evaluate.decoding",
            "train.attention",
            "train.compile",
            "train.early_stopping",
            "evaluate.bootstrap",
        ):
            assert re.search(rf"{key}: unknown key; .+ remove", said)
        assert "tokenize_align.illegal: unknown key; for `error` write `limits: {illegal_tags: 0}`" in said
        edit(clone.path / folder / "params.yaml", "  label_smoothing: 0.0\n", f"  folder: {data}\n")
        edit(clone.path / folder / "params.yaml", "  task: ner\n", "  tag_column: ner\n")
        for line in GONE:
            _remove_line(clone.path / folder / "params.yaml", line)
        assert "\n  browser: false\n" in clone.run("tagline", "check", "--all", folder=folder)
    assert "pos/dvc.yaml:train" in clone.run("dvc", "stage", "list", "--all")


GONE = (
    "  operating_point:",
    "    recall:",
    "    precision:",
    "  decoding: constrained",
    "  bootstrap:",
    "    resamples: 1000",
    "    seed: 42",
    "  illegal: repair",
    "  early_stopping:",
    "  attention: sdpa",
    "  compile: false",
)


def _remove_line(path, line):
    """Remove the only line that is this one."""
    lines = path.read_text().splitlines(keepends=True)
    assert [text.rstrip() for text in lines].count(line) == 1
    path.write_text("".join(text for text in lines if text.rstrip() != line))


def _earlier(path, commit):
    """Make a clone of a commit with data, params, results and a pipeline folder of its own; ``today`` is today's."""
    Clone(path).run("git", "clone", "-q", "--shared", "--no-checkout", str(ROOT), "a")
    clone = Clone(path / "a")
    clone.run("git", "tag", "today")
    clone.run("git", "checkout", "-q", "-b", "own", commit)
    folder = clone.path / "pos"
    folder.mkdir()
    for name in ("params.yaml", "dvc.yaml"):  # as the commit's own script writes them
        text = re.sub(r"(python |- )stages/", r"\1../stages/", (clone.path / name).read_text())
        (folder / name).write_text(text.replace("folder: data/", "folder: ../data/"))
    (folder / "dvc.yaml").write_text(f"# Derived from ../dvc.yaml\n{(folder / 'dvc.yaml').read_text()}")
    (clone.path / "data/sample").rename(clone.path / "data/mine")
    for old, new in {"folder: data/sample": "folder: data/mine", "epochs: 8": "epochs: 3"}.items():
        edit(clone.path / "params.yaml", old, new)
    edit(folder / "params.yaml", "folder: ../data/sample", "folder: ../data/mine")
    for file in (clone.path / "dvc.lock", *clone.path.glob("metrics/*.json"), *clone.path.glob("plots/*.csv")):
        file.write_text(re.sub(r"\d", "1", file.read_text()))
    clone.commit("own")
    return clone
