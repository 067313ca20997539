"""The audit by real `dvc`: a pipeline of its own, made on demand, that the commands of the root leave alone."""

from __future__ import annotations

import pytest
from helpers.clone import Clone
from helpers.project import edit

ALL = ["fold@1", "fold@2", "all", "audit"]


def ran(clone: Clone, *arguments: str) -> list[str]:
    return [stage.rpartition(":")[2] for stage in clone.repro(*arguments)]


@pytest.mark.rare
def test_the_audit_runs_by_its_own_name_only(clone: Clone) -> None:
    clone.run("tagline", "audit", "create")
    params = clone.path / "audit/params.yaml"
    edit(params, "  - 3\n  - 4\n  - 5\n", "")
    edit(params, "seed: 42", "seed: 35")
    assert ran(clone) == []
    assert sorted(ran(clone, "audit/dvc.yaml")) == sorted(ALL)
    assert (clone.path / "reports/audit.html").is_file()
    assert ran(clone, "audit/dvc.yaml") == []
    edit(params, "most: 10000", "most: 1")
    assert ran(clone, "audit/dvc.yaml") == ["audit"]
    assert len((clone.path / "reports/audit.jsonl").read_text(encoding="utf-8").splitlines()) <= 1
    clone.run("git", "add", "audit")
    assert clone.run("git", "status", "--porcelain", "--untracked-files=all").split() == [
        *("A", "audit/dvc.lock", "A", "audit/dvc.yaml", "A", "audit/params.yaml")
    ]
    clone.run("dvc", "checkout")
    clone.run("dvc", "commit", "-f")
