"""Runs of revisions and DVC experiments, read from Git and DVC without touching the workspace."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.fs import GitFileSystem
from dvc.repo import Repo
from dvc.scm import RevError, resolve_rev
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from scmrepo.exceptions import SCMError

from tagline.artifacts import predictions
from tagline.comparison import CROSSVAL, SPLITS, WORKSPACE, outdated
from tagline.comparison.runs import Run
from tagline.core import FURTHER, PROVENANCE
from tagline.core.params import PARAMS, dotted, parse
from tagline.terminal import QUOTED, UserError, shortened

_DVC_YAML = "dvc.yaml"


class PredictionSource(NamedTuple):
    """What wrote predictions, below the folder of a dvc.yaml.

    Attributes:
        dvc_yaml: the file of the stage.
        predictions: their folder.
        command: that runs the stage, before its name.
    """

    dvc_yaml: str
    stage: str
    predictions: str
    command: str


EVALUATION = PredictionSource(_DVC_YAML, "evaluate", "data/predictions", "dvc repro")
CROSS_VALIDATION = PredictionSource(
    "crossval/dvc.yaml", "crossval", "data/crossval/predictions", "tagline crossval && dvc repro"
)


def read(name: str, splits: Sequence[str]) -> Run:
    """Read the run of a revision of the nearest pipeline, from the current folder upwards.

    Args:
        name: a commit, branch, tag or DVC experiment, or `WORKSPACE`.
        splits: to read; of `SPLITS`, those that the run has, and its further test sets.

    Raises:
        UserError: the current folder is not in a DVC repository, the revision is unknown, or its predictions are not
            available or damaged.
    """
    source = CROSS_VALIDATION if CROSSVAL in splits else EVALUATION
    with _dvc_errors(""), Repo() as here:
        root = Path(here.root_dir).resolve()
        pipeline = _pipeline(root)
        file = pipeline / source.dvc_yaml
        stage = f"{Path(os.path.relpath(file)).as_posix()}:{source.stage}".removeprefix(f"{_DVC_YAML}:")
        if name == WORKSPACE:
            remedy = f"run `dvc pull {stage}`, or `{source.command} {stage}`"
            run = _run(name, DirFileSystem(pipeline, LocalFileSystem()), source.predictions, splits, remedy)
            return replace(run, notes=outdated.in_workspace(here, stage))
        _check_commit(here, name)
        # With `rev`, DVC would look for its repository at the root of Git only, not where `dvc init --subdir` ran.
        files = GitFileSystem(scm=here.scm, rev=name)
        inside = f"/{root.relative_to(Path(here.scm.root_dir).resolve()).as_posix()}"
        # A commit's own settings may name an outdated remote or none, so the current ones are used.
        settings = {section: here.config[section] for section in ("core", "cache", "remote")}
        with _dvc_errors(f"{name}: "), Repo(inside, fs=files, scm=here.scm, config=settings) as repo:
            tracked = DirFileSystem(pipeline.relative_to(root).as_posix(), DVCFileSystem(repo))
            remedy = (
                f"run `dvc push` where they were computed, or `{source.command} {stage}` at this revision and commit "
                "dvc.lock; `dvc metrics diff` compares metrics alone"
            )
            run = _run(name, tracked, source.predictions, splits, remedy)
            notes = outdated.in_commit(name, repo, file.relative_to(root).as_posix(), source.stage)
            return replace(run, commit=repo.get_rev(), notes=notes)


def _pipeline(root: Path) -> Path:
    """Find the folder of the nearest dvc.yaml from the current folder upwards."""
    here = Path.cwd().resolve()
    inside = [path for path in (here, *here.parents) if path.is_relative_to(root)]
    return next((path for path in inside if (path / _DVC_YAML).is_file()), root)


def _run(name: str, files: DirFileSystem, folder: str, splits: Sequence[str], remedy: str) -> Run:
    try:
        provenance = files.cat_file(f"{folder}/{PROVENANCE}")
        present = [PurePath(path).stem for path in files.glob(f"{folder}/*.parquet")]
        wanted = [split for split in present if split in splits]
        if splits == SPLITS:
            wanted += [split for split in present if split.startswith(FURTHER)]
        contents = {split: files.cat_file(f"{folder}/{split}.parquet") for split in wanted}
        params = files.cat_file(PARAMS.as_posix())
    except DvcException:  # of a dvc.yaml that can't be read
        raise
    except Exception as error:  # each kind of remote has its own client and exceptions
        raise UserError(
            f"{name}: {folder}: no predictions{_reason(error)}; expected those of a run; {remedy}"
        ) from None
    if not wanted:
        raise UserError(f"{name}: {folder} does not have {' or '.join(splits)}; expected {' or '.join(present)}")
    kind = predictions.read_kind(provenance, f"{name}: {folder}/{PROVENANCE}")
    return Run(
        name,
        None,
        kind,
        predictions.read_with_altered(contents, kind, f"{name}: {folder}"),
        dict(dotted(parse(params.decode("utf-8", "replace"), Path(f"{name}:{PARAMS}")))),
    )


def _reason(error: BaseException) -> str:
    """The root cause in brackets; empty if a file does not exist."""
    while error.__cause__ is not None:
        error = error.__cause__
    return "" if isinstance(error, FileNotFoundError | KeyError) else f" ({error})"


@contextmanager
def _dvc_errors(where: str) -> Iterator[None]:
    try:
        yield
    except DvcException as error:
        raise UserError(f"{where}{error}") from None


def _check_commit(repo: Any, name: str) -> None:
    """Raise a `UserError` for what is no commit, also for ``HEAD:params.yaml``, on which DVC fails."""
    try:
        resolve_rev(repo.scm, f"{resolve_rev(repo.scm, name)}^{{commit}}")
    except (RevError, SCMError, ValueError):  # the last one if it is too long for Git
        raise UserError(
            f"{shortened(name, QUOTED)}: not a commit; expected a commit, branch, tag or DVC experiment, or "
            f"`{WORKSPACE}`"
        ) from None
