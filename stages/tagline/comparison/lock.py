"""Whether the committed dvc.lock belongs to the code, params and data, in a clone without models and data."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dvc.exceptions import DvcException
from dvc.repo import Repo

from tagline.comparison.outdated import status_changes
from tagline.core.params import read_file
from tagline.terminal import UserError


def check_lock() -> None:
    """Check dvc.lock, and that of a cross-validation.

    Raises:
        UserError: a stage would run again, or was run with other outputs of an earlier stage than the locked ones.
    """
    outdated = sorted({*_changed_stages(), *_stages_that_do_not_fit()})
    if outdated:
        listed = "\n  ".join(outdated)
        raise UserError(
            f"dvc.lock: does not belong to this commit's code, params and data; expected the results of `dvc repro`; "
            f"run it, and commit dvc.lock, metrics and plots:\n  {listed}"
        )


def _changed_stages() -> Iterator[str]:
    """Describe each change in `dvc status`, but for missing files."""
    try:
        with Repo() as repo:
            status = repo.status()
    except DvcException as error:
        raise UserError(
            f"dvc status failed; expected a DVC repository with a dvc.yaml that DVC reads\n{error}"
        ) from None
    for stage, entries in status.items():
        # Other words, such as "always changed", say nothing of the lock.
        of_lock = [entry for entry in entries if isinstance(entry, dict) or entry == "changed command"]
        for change in status_changes(of_lock):
            yield f"{stage}: ran with another {change}"


def _stages_that_do_not_fit() -> Iterator[str]:
    """Describe each locked input that is not the locked output of its stage, as after a merge."""
    locks: dict[str, dict[str, Any]] = {}
    for path in (Path("dvc.lock"), *sorted(Path().glob("*/dvc.lock"))):
        if path.is_file():
            locks[path.parent.as_posix()] = read_file(path).get("stages", {})
    outs = {}
    for folder, stages in locks.items():
        for stage in stages.values():
            for out in stage.get("outs", ()):
                outs[posixpath.normpath(posixpath.join(folder, out["path"]))] = out["md5"]
    for folder, stages in locks.items():
        for name, stage in stages.items():
            for dependency in stage.get("deps", ()):
                read = posixpath.normpath(posixpath.join(folder, dependency["path"]))
                if read in outs and outs[read] != dependency["md5"]:
                    title = name if folder == "." else f"{folder}/dvc.yaml:{name}"
                    yield f"{title}: ran with another {read} than dvc.lock has of the stage that writes it"
