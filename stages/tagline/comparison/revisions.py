"""Results of revisions and DVC experiments, read from Git and DVC without touching the workspace.

Metrics come from Git; predictions from DVC's cache, or from its remote if the cache does not have them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.fs import GitFileSystem
from dvc.repo import Repo
from dvc.scm import RevError, resolve_rev
from scmrepo.exceptions import SCMError

from tagline.comparison import WORKSPACE, outdated
from tagline.comparison.runs import (
    EVALUATION,
    PREDICTIONS,
    NoPredictionsError,
    Run,
    Source,
    make_run,
    parse_metrics,
    source_of,
)
from tagline.core.params import PARAMS
from tagline.terminal import QUOTED, UserError, quoted, shortened

_DVC_YAML = "dvc.yaml"
TESTS = "data/tokenized_tests"

_EXPECTED = f"a commit, branch, tag or DVC experiment, or `{WORKSPACE}`"


@dataclass(frozen=True)
class Pipeline:
    """A pipeline in the DVC repository, to whose folder all paths of its results are relative.

    Attributes:
        folder: its path from the root of the DVC repository.
        source: the stage that writes the predictions.
        stage: this stage, as commands of DVC in the current folder name it.
    """

    folder: Path
    source: Source
    stage: str

    @property
    def file(self) -> Path:
        """The dvc.yaml of the stage, from the root of the DVC repository."""
        return self.folder / self.source.dvc_yaml

    @classmethod
    def find(cls, root: Path, folder: Path | None, source: Source = EVALUATION) -> Pipeline:
        """Find the pipeline of a folder, or else the nearest one from the current folder up to the root.

        Raises:
            UserError: the folder has none.
        """
        start = (folder or Path.cwd()).resolve()
        inside = [start, *start.parents][: len(start.relative_to(root).parts) + 1]
        file = next((path / _DVC_YAML for path in inside if (path / _DVC_YAML).is_file()), root / _DVC_YAML)
        if folder is not None and file.parent != start:
            raise UserError(f"--pipeline {folder}: the folder has no {_DVC_YAML}; expected the folder of a pipeline")
        relative = Path(os.path.relpath(file.parent / source.dvc_yaml)).as_posix()
        stage = source.stage if relative == _DVC_YAML else f"{relative}:{source.stage}"
        return cls(file.parent.relative_to(root), source, stage)

    def path(self, path: str) -> str:
        """Return the path of a result from the root of the DVC repository."""
        return (self.folder / path).as_posix()


def read(name: str, splits: Sequence[str], folder: Path | None = None) -> Run:
    """Read the run of a revision.

    Args:
        name: a commit, branch, tag or DVC experiment, or `WORKSPACE`.
        splits: which predictions to read.
        folder: that of the pipeline; by default the nearest one with a dvc.yaml, from the current folder upwards.

    Raises:
        UserError: the folder is not in a DVC repository, or the revision is unknown.
        NoPredictionsError: its predictions are not available.
    """
    with _open_repository(folder) as here:
        root = Path(here.root_dir).resolve()
        pipeline = Pipeline.find(root, folder, source_of(splits))
        if name == WORKSPACE:
            return _workspace(here, splits, pipeline)
        # A commit's own settings may name an outdated remote or none, so the current ones are used.
        settings = {section: here.config[section] for section in ("core", "cache", "remote")}
        with _dvc_errors(name):
            _check_commit(here, name)
        # With `rev`, DVC would look for its repository at the root of Git only, not where `dvc init --subdir` ran.
        files = GitFileSystem(scm=here.scm, rev=name)
        inside = f"/{root.relative_to(Path(here.scm.root_dir).resolve()).as_posix()}"
        with _dvc_errors(name), Repo(inside, fs=files, scm=here.scm, config=settings) as repo:
            return _commit(name, repo, splits, pipeline)


@contextmanager
def _open_repository(folder: Path | None) -> Iterator[Repo]:
    """Open the DVC repository of a folder, by default of the current one; errors of DVC become a `UserError`."""
    with _dvc_errors(), Repo(None if folder is None else str(folder)) as repo:
        yield repo


def _check_commit(repo: Any, name: str) -> None:
    """Raise a `UserError` if the name is a file or folder in Git, such as ``HEAD:params.yaml``, on which DVC fails."""
    try:
        revision = resolve_rev(repo.scm, name)
    except ValueError:  # too long for Git
        raise UserError(f"unknown Git revision {quoted(name)}; expected {_EXPECTED}") from None
    try:
        resolve_rev(repo.scm, f"{revision}^{{commit}}")
    except RevError:
        raise UserError(f"{name}: not a commit; expected {_EXPECTED}") from None


@contextmanager
def _dvc_errors(revision: str | None = None) -> Iterator[None]:
    """Turn errors of DVC about the folder, or about a revision, into a `UserError`."""
    try:
        yield
    except (RevError, SCMError) as error:
        raise UserError(f"{shortened(str(error), QUOTED)}; expected {_EXPECTED}") from None
    except DvcException as error:
        if not revision:
            raise UserError(str(error)) from None
        if isinstance(error, NotDvcRepoError):
            raise UserError(f"{revision}: no {PREDICTIONS}; DVC was not set up at that revision") from None
        raise UserError(f"{revision}: {error}") from None


def _workspace(repo: Any, splits: Sequence[str], pipeline: Pipeline) -> Run:
    root = Path(repo.root_dir, pipeline.folder)

    def committed(path: str) -> bytes | None:
        return (root / path).read_bytes() if (root / path).is_file() else None

    def predictions(path: str) -> bytes:
        content = committed(path)
        if content is None:
            raise UserError(
                f"{WORKSPACE}: {pipeline.path(path)} is missing; `dvc checkout {pipeline.stage}` restores it from the "
                f"cache, `dvc pull {pipeline.stage}` fetches it from the remote, "
                f"`{pipeline.source.create}dvc repro {pipeline.stage}` computes it"
            )
        return content

    run = make_run(WORKSPACE, None, predictions, committed, splits)
    return replace(run, tests=_hash_of_tests(repo, pipeline), notes=outdated.in_workspace(repo, pipeline.stage))


def _commit(name: str, repo: Any, splits: Sequence[str], pipeline: Pipeline) -> Run:
    files = DVCFileSystem(repo)
    commit = repo.get_rev()
    predicted = pipeline.source.predictions
    outs = [out for out in repo.index.outs if out.def_path == predicted and out.hash_info]
    if all(PurePath(out.stage.path_in_repo) != pipeline.file for out in outs):
        lock = pipeline.file.with_name("dvc.lock")
        raise UserError(
            f"{name}: {lock.as_posix()} does not have {pipeline.path(predicted)}; run `git checkout {commit[:7]} && "
            f"{pipeline.source.create}dvc repro {pipeline.stage}` here, then commit {lock.as_posix()}"
        )
    remote = repo.config["core"].get("remote")

    def predictions(path: str) -> bytes:
        try:
            content: bytes = files.read_bytes(pipeline.path(path))
        except Exception as error:  # each kind of remote has its own client and exceptions
            where = f"nor in its remote {remote}" if remote else "and no default remote is set"
            raise NoPredictionsError(
                f"{name}: {pipeline.path(path)} is not in DVC's cache, {where}{_reason(error)}; expected the "
                "results of a run of yours; run `dvc push` where they were computed, or commit this run first, if "
                "there was none"
            ) from None
        return content

    def committed(path: str) -> bytes | None:
        return _content(files, pipeline.path(path))

    try:
        run = make_run(name, commit, predictions, committed, splits)
    except NoPredictionsError as error:
        path = pipeline.source.metrics
        note = (
            f"{name}: its predictions are not in DVC's cache, so that metrics alone are compared, without a test of "
            "significance; `dvc push` where they were computed, or commit this run first, if there was none"
        )
        metrics = parse_metrics(name, committed(path), path)
        params = committed(str(PARAMS))
        error.run = Run(name, commit, "spans", {}, metrics, params, _hash_of_tests(repo, pipeline), [note])
        raise
    notes = outdated.in_commit(name, repo, pipeline.file.as_posix(), pipeline.source.stage)
    return replace(run, tests=_hash_of_tests(repo, pipeline), notes=notes)


def _hash_of_tests(repo: Any, pipeline: Pipeline) -> str | None:
    """Return the hash of the test sets in dvc.lock; None if it does not have them."""
    for out in repo.index.outs:
        if out.hash_info and repo.fs.relpath(out.fs_path, repo.root_dir) == pipeline.path(TESTS):
            return str(out.hash_info.value)
    return None


def _content(files: Any, path: str) -> bytes | None:
    """Return the bytes of a file; None if it does not exist."""
    return bytes(files.read_bytes(path)) if files.exists(path) else None


def _reason(error: BaseException) -> str:
    """Return the root cause in brackets; empty if a file just does not exist."""
    while error.__cause__ is not None:
        error = error.__cause__
    return "" if isinstance(error, FileNotFoundError) else f" ({error})"
