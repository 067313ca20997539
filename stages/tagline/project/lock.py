"""Whether the committed dvc.lock belongs to the code, the params and the data, in a clone without models and data."""

import json
import posixpath
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tagline.core.params import read_file
from tagline.terminal import UserError

# What DVC says of files that were not pulled: with a cache that has them, and without.
_ABSENT = ("deleted", "not in cache")


def check_lock() -> None:
    """Check dvc.lock of the root and of pipeline folders.

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
    """Describe each change that `dvc status` lists, but for missing files."""
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"dvc status failed; expected a DVC repository with a dvc.yaml that DVC reads\n{done.stderr}")
    for stage, changes in json.loads(done.stdout).items():
        for change in changes:
            if isinstance(change, str):
                if change == "changed command":
                    yield f"{stage}: {change}"
                continue
            for paths in change.values():
                for path, state in paths.items():
                    # The state of a file is a word, that of params.yaml a dictionary of keys.
                    if state not in _ABSENT:
                        yield f"{stage}: {path}{'' if isinstance(state, str) else ' (' + ', '.join(state) + ')'}"


def _stages_that_do_not_fit() -> Iterator[str]:
    """Describe each locked input that is not the locked output of the stage that writes it, as after a merge."""
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
