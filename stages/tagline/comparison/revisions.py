"""Results of revisions, read from Git and DVC without touching the workspace.

Metrics come from Git; predictions from DVC's cache, or from its remote if the cache does not have them.
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

# DVC's own name for the current files.
WORKSPACE = "workspace"

_EXPECTED = f"a commit, branch, tag or DVC experiment, or `{WORKSPACE}`"

# Missing files do not make the existing ones stale.
_ABSENT = ("deleted", "not in cache")
# Maximum number of changed files named per stage.
SHOWN = 3


def read(name: str, splits: Sequence[str]) -> Run:
    """Read the run of a revision.

    Args:
        name: a commit, branch, tag or DVC experiment, or `WORKSPACE`.
        splits: which predictions to read.

    Raises:
        UserError: the folder is not in a DVC repository, the revision is unknown, or its predictions are not available.
    """
    with _dvc_errors(), Repo() as here:
        if name == WORKSPACE:
            return _workspace(here, splits)
        # A commit's own settings may name an outdated remote or none, so the current ones are used.
        settings = {section: here.config[section] for section in ("core", "cache", "remote")}
        with _dvc_errors(name):
            _check_commit(here, name)
        with _dvc_errors(name), Repo(here.root_dir, rev=name, config=settings) as repo:
            return _commit(name, repo, splits)


def _check_commit(repo: Any, name: str) -> None:
    """Raise a `UserError` if the name is a file or folder in Git, such as ``HEAD:params.yaml``, on which DVC fails."""
    found = resolve_rev(repo.scm, name)
    try:
        resolve_rev(repo.scm, f"{found}^{{commit}}")
    except RevError:
        raise UserError(f"{name}: not a commit; expected {_EXPECTED}") from None


@contextmanager
def _dvc_errors(revision: str | None = None) -> Iterator[None]:
    """Turn errors of DVC about the folder, or about a revision, into a `UserError`."""
    try:
        yield
    except RevError as error:
        raise UserError(f"{error}; expected {_EXPECTED}") from None
    except NotDvcRepoError as error:
        raise UserError(
            f"{revision}: no {PREDICTIONS}; DVC was not set up at that revision" if revision else str(error)
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
                f"{WORKSPACE}: {path} is missing; `dvc checkout evaluate` restores it from the cache, "
                "`dvc pull evaluate` fetches it from the remote, `dvc repro evaluate` computes it"
            ) from None

    def committed(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).exists() else None

    run = make_run(WORKSPACE, None, predictions, committed, splits)
    return replace(run, notes=_stale(repo))


def _stale(repo: Any) -> list[str]:
    """Return a note if the predictions are not those of the current code, data and params."""
    try:
        status = repo.status(["evaluate"], with_deps=True)
    except DvcException as error:
        return [f"{WORKSPACE}: predictions may be outdated ({error})"]
    changed = [f"{stage} ({_some(found)})" for stage in sorted(status) if (found := sorted(_changes(status[stage])))]
    if not changed:
        return []
    return [f"{WORKSPACE}: predictions are outdated; `dvc repro` would rerun {', '.join(changed)}"]


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if (more := len(names) - SHOWN) > 0 else "")


def _changes(entries: list[Any]) -> Iterator[str]:
    """List the changed files and params in entries of `dvc status`: ``{"changed deps": {"src": "modified"}}``."""
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
        raise UserError(f"{name}: dvc.lock does not have {PREDICTIONS}; {_recompute(commit)}, then commit dvc.lock")
    remote = repo.config["core"].get("remote")

    def predictions(path: str) -> bytes:
        try:
            content: bytes = files.read_bytes(path)
        except Exception as error:  # each kind of remote has its own client and exceptions
            where = f"nor in its remote {remote}" if remote else "and no default remote is set"
            raise UserError(
                f"{name}: {path} is not in DVC's cache, {where}{_reason(error)}; run `dvc push` where it was computed, "
                f"or {_recompute(commit, ' --pull' if remote else '')}"
            ) from None
        return content

    def committed(path: str) -> bytes | None:
        return bytes(files.read_bytes(path)) if files.exists(path) else None

    return make_run(name, commit, predictions, committed, splits)


def _reason(error: BaseException) -> str:
    """Return the root cause in brackets; empty if a file just does not exist."""
    while error.__cause__ is not None:
        error = error.__cause__
    return "" if isinstance(error, FileNotFoundError) else f" ({error})"


def _recompute(commit: str, options: str = "") -> str:
    return f"run `git checkout {commit[:7]} && dvc repro{options} evaluate` here"
