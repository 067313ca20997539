"""Taking a newer version into a clone: which stages `check.py --upgrade` lets a user keep, by real Git and DVC."""

from __future__ import annotations

import re
import sys

from helpers.clone import Clone


def test_upgrade_keeps_stages_whose_sample_outputs_are_same(clone: Clone) -> None:
    def upgrade() -> list[str]:
        return clone.run(sys.executable, "stages/check.py", "--upgrade").splitlines()

    clone.run("git", "checkout", "-q", "-b", "newer")
    for module in ("training/schedule.py", "report/evaluation_report.py", "export/export_folder.py"):
        path = next(clone.path.glob(f"stages/tagline/{module.split('/')[0]}/*.py"))
        path.write_text(f"{path.read_text(encoding='utf-8')}# a comment\n", encoding="utf-8")
    lock = clone.path / "dvc.lock"
    head, export = lock.read_text(encoding="utf-8").split("\n  export:\n")
    outs = re.sub(r"(- path: models/export\n.*\n *md5: )\w{3}", r"\g<1>000", export)
    head = re.sub(r"(- path: stages/tagline/\w+\n.*\n *md5: )\w{3}", r"\g<1>000", head)
    outs = re.sub(r"(- path: stages/tagline/export\n.*\n *md5: )\w{3}", r"\g<1>000", outs)
    lock.write_text(f"{head}\n  export:\n{outs}", encoding="utf-8")
    clone.commit("upstream: its sample's export has other bytes")
    clone.run("git", "checkout", "-q", "main")
    lock.write_text(f"# of our data\n{lock.read_text(encoding='utf-8')}", encoding="utf-8")
    clone.commit("own work")
    clone.run("git", "merge", "-q", "newer", status=1)  # dvc.lock, which Git never merges
    clone.run("git", "checkout", "--ours", "dvc.lock")
    clone.commit("a newer version")

    said = upgrade()
    assert "train     valid: the new code writes the same" in [re.sub(r" {2,}", "     ", line) for line in said]
    other = "must run: the new code writes another models/export"
    assert any(line.startswith("export") and other in line for line in said)
    (keep,) = [line for line in said if line.startswith("`dvc commit")]
    clone.run(*keep.split("`")[1].split())
    assert [line.split()[0] for line in upgrade()] == ["export"]

    (clone.path / "stages/train.py").open("a", encoding="utf-8").write("# my own line\n")
    assert all("must run: stages/ has changes of your own" in line for line in upgrade() if line.startswith("train"))
    command = [sys.executable, "stages/check.py", "--upgrade", "main"]
    assert "expected two commits of Tagline as OLD..NEW" in clone.run(*command, status=1)

    clone.commit("own line")
    clone.run("git", "checkout", "-q", "--orphan", "copied")
    clone.run("git", "rm", "-q", "--cached", "dvc.lock")
    clone.run("git", "commit", "-q", "-m", "without history")
    command = [sys.executable, "stages/check.py", "--upgrade"]
    assert "dvc.lock was never committed here" in clone.run(*command, "main~1..main", status=1)
    clone.run("git", "merge", "-q", "--allow-unrelated-histories", "-s", "ours", "-m", "joined", "main")
    assert "the last merge joined histories without a common commit" in clone.run(*command, status=1)
