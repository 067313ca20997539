"""DVC experiments by name, listed from Git."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from dvc.repo.experiments.utils import exp_refs_by_baseline

from tagline.core.errors import UserError
from tagline.tools.comparison.notes import some
from tagline.tools.comparison.revisions import open_repository


@dataclass(frozen=True)
class Experiments:
    """The experiments of a commit.

    Attributes:
        baseline: the commit from which they were started.
        behind: how many commits it is behind HEAD.
        commits: the hash of each experiment by its name.
    """

    baseline: str
    behind: int
    commits: dict[str, str]

    @property
    def notes(self) -> list[str]:
        if not self.behind:
            return []
        distance = f"{self.behind} commit{'s' * (self.behind > 1)} before HEAD"
        return [f"the experiments are those of {self.baseline[:7]}, {distance}"]


def last_experiments(pattern: str = "*", folder: Path | None = None) -> Experiments:
    """List the matching experiments of the last commit that has any: of HEAD, else of the nearest commit before it.

    Args:
        pattern: a name, or a shell pattern such as ``lr-*``.
        folder: a folder in the DVC repository; by default the current one.

    Raises:
        UserError: there are none, or the folder is not in a DVC repository.
    """
    with open_repository(folder) as repo:
        found = {
            baseline: matching
            for baseline, refs in exp_refs_by_baseline(repo.scm).items()
            if (matching := {ref.name: str(ref) for ref in refs if fnmatchcase(ref.name, pattern)})
        }
        for behind, baseline in enumerate(repo.scm.branch_revs("HEAD") if found else []):
            if baseline in found:
                names = sorted(found[baseline], key=_natural)
                return Experiments(baseline, behind, {name: repo.scm.get_ref(found[baseline][name]) for name in names})
    raise UserError(_none(pattern, found))


def _none(pattern: str, elsewhere: Mapping[str, Mapping[str, str]]) -> str:
    named = "" if pattern == "*" else f" named {pattern}"
    if elsewhere:
        names = sorted({name for refs in elsewhere.values() for name in refs}, key=_natural)
        return (
            f"no experiments{named} in the history of HEAD, only on other branches ({some(names)}); give their names "
            "instead, separated by commas"
        )
    return (
        f"no finished experiments{named}; `dvc exp list --all-commits` lists all, `dvc queue status` those that are "
        "queued or failed"
    )


def _natural(name: str) -> list[tuple[int, Any]]:
    """Return a sort key: lr-2 comes before lr-10."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", name)]
