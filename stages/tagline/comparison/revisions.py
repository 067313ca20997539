"""Revisions: the results of a commit as Git and DVC keep them, read without touching the workspace.

Small files come from Git; predictions from DVC's cache, or straight from its remote where the cache lacks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.repo import Repo
from dvc.scm import RevError, resolve_rev

from tagline.comparison.runs import PREDICTIONS, Run, make_run
from tagline.core.errors import UserError

# What DVC itself calls the files as they are now.
WORKSPACE = "workspace"

_EXPECTED = f"a commit, branch, tag or DVC experiment, or `{WORKSPACE}`"

# Files that are merely not here tell nothing about those that are.
_ABSENT = ("deleted", "not in cache")
# Changed files of a stage that are named.
SHOWN = 3


def read(name: str, splits: Sequence[str]) -> Run:
    """Read the run of a revision.

    Args:
        name: a commit, branch, tag or DVC experiment, or `WORKSPACE`.
        splits: which predictions to read.

    Raises:
        UserError: the folder is no repository of DVC, it has no such revision, or the predictions can't be had.
    """
    with _dvc_errors(), Repo() as here:
        if name == WORKSPACE:
            return _workspace(here, splits)
        # A commit's own settings may name a remote that has moved since, or none yet: those of today go first.
        settings = {section: here.config[section] for section in ("core", "cache", "remote")}
        with _dvc_errors(name):
            _check_commit(here, name)
        with _dvc_errors(name), Repo(here.root_dir, rev=name, config=settings) as repo:
            return _commit(name, repo, splits)


def _check_commit(repo: Any, name: str) -> None:
    """Raise a `UserError` where Git knows a file or a folder by that name (``HEAD:params.yaml``), which DVC trips over."""
    found = resolve_rev(repo.scm, name)
    try:
        resolve_rev(repo.scm, f"{found}^{{commit}}")
    except RevError:
        raise UserError(f"{name} is no commit: expected {_EXPECTED}") from None


@contextmanager
def _dvc_errors(revision: str | None = None) -> Iterator[None]:
    """What DVC has against the folder, or against a revision, as a `UserError`."""
    try:
        yield
    except RevError as error:
        raise UserError(f"{error}: expected {_EXPECTED}") from None
    except NotDvcRepoError as error:
        raise UserError(
            f"{revision} has no {PREDICTIONS}: DVC was not set up there" if revision else str(error)
        ) from None
    except DvcException as error:
        raise UserError(f"{revision}: {error}" if revision else str(error)) from None


def _workspace(repo: Any, splits: Sequence[str]) -> Run:
    root = Path(repo.root_dir)

    def predictions(path: str) -> bytes:
        try:
            return (root / path).read_bytes()
        except FileNotFoundError:
            raise UserError(
                f"the workspace has no {path}: `dvc checkout evaluate` brings it back, `dvc pull evaluate` fetches it, "
                "`dvc repro evaluate` computes it"
            ) from None

    def committed(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).exists() else None

    run = make_run(WORKSPACE, None, predictions, committed, splits)
    return replace(run, notes=_stale(repo))


def _stale(repo: Any) -> list[str]:
    """Whether the predictions are those of the code, data and params beside them: a note where they are not."""
    try:
        status = repo.status(["evaluate"], with_deps=True)
    except DvcException as error:
        return [f"workspace: whether its predictions are those of its files is unknown ({error})"]
    changed = [f"{stage} ({_some(found)})" for stage in sorted(status) if (found := sorted(_changes(status[stage])))]
    if not changed:
        return []
    return [
        "workspace: its predictions are not those of the files beside them: `dvc repro` would rerun "
        f"{', '.join(changed)}"
    ]


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if (more := len(names) - SHOWN) > 0 else "")


def _changes(entries: list[Any]) -> Iterator[str]:
    """The names behind an entry of `dvc status`, for instance ``{"changed deps": {"src": "modified"}}``."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry.removeprefix("changed ")
            continue
        for paths in entry.values():
            for path, state in paths.items():
                if isinstance(state, dict):
                    yield from state
                elif state not in _ABSENT:
                    yield path


def _commit(name: str, repo: Any, splits: Sequence[str]) -> Run:
    files = DVCFileSystem(repo)
    commit = repo.get_rev()
    locked = [out for out in repo.index.outs if out.def_path == PREDICTIONS and out.hash_info]
    if not locked:
        raise UserError(
            f"{name} has no {PREDICTIONS}: its dvc.lock knows of none. {_remake(commit)}, and commit dvc.lock"
        )
    remote = repo.config["core"].get("remote")

    def predictions(path: str) -> bytes:
        try:
            content: bytes = files.read_bytes(path)
        except Exception as error:  # every kind of remote has a client with exceptions of its own
            where = f"in DVC's remote {remote}" if remote else "in a remote, since DVC has no default one"
            raise UserError(
                f"the {path} of {name} is not in DVC's cache, nor {where}{_reason(error)}. Where it "
                f"was made `dvc push` shares it. {_remake(commit, ' --pull' if remote else '')}"
            ) from None
        return content

    def committed(path: str) -> bytes | None:
        return bytes(files.read_bytes(path)) if files.exists(path) else None

    return make_run(name, commit, predictions, committed, splits)


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom of it; nothing where a file is simply not there."""
    while error.__cause__ is not None:
        error = error.__cause__
    return "" if isinstance(error, FileNotFoundError) else f" ({error})"


def _remake(commit: str, options: str = "") -> str:
    return f"`git checkout {commit[:7]} && dvc repro{options} evaluate` makes it here"
