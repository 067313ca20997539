"""Whether the predictions of a revision are those of its own code, data and params."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from dvc.dependency.param import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.hashfile.hash import file_md5
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.tree import Tree
from dvc_data.index import DataIndexDirError

from tagline.comparison import WORKSPACE
from tagline.terminal import some

# Missing files do not make the existing ones outdated.
_ABSENT = ("deleted", "not in cache")


def outdated_notes(*stages: str) -> list[str]:
    """Return a note for each of some stages of the current folder that `dvc repro` would run again."""
    try:
        with Repo() as repo:
            notes = [note for stage in stages for note in in_workspace(repo, stage)]
    except DvcException as error:
        notes = [f"DVC does not know whether they are outdated ({error})"]
    return list(dict.fromkeys(notes))


def notes_of_predictions() -> list[str]:
    """Return a note if `dvc repro` would compute other predictions; none outside of a DVC repository."""
    try:
        with Repo() as repo:
            return in_workspace(repo, "evaluate")
    except DvcException:
        return []


def in_workspace(repo: Any, stage: str) -> list[str]:
    """Return a note if `dvc repro` would compute other predictions than those of the workspace.

    Args:
        repo: the DVC repository.
        stage: the stage that wrote them, as DVC's commands name it.
    """
    try:
        status = repo.status([stage], with_deps=True)
    except DvcException as error:
        return [f"{WORKSPACE}: predictions may be outdated ({error})"]
    changed = {title: set(_changes(entries)) for title, entries in status.items()}
    return _note(WORKSPACE, changed, stage.rpartition(":")[0])


def in_commit(name: str, repo: Any, pipeline: str, predicting: str) -> list[str]:
    """Return a note if `dvc repro` at a commit would compute other predictions than those in its dvc.lock.

    Args:
        name: the revision as the user wrote it.
        repo: the DVC repository at the commit. DVC's own `Repo.status` needs a workspace.
        pipeline: the dvc.yaml with the stage, from the root of the DVC repository.
        predicting: the name of the stage that wrote them.
    """
    target = f"{repo.fs.join(repo.root_dir, pipeline)}:{predicting}"
    changed = {}
    try:
        for stage in repo.stage.collect(target, with_deps=True):
            # Neither files that DVC tracks nor a frozen stage are run.
            if stage.is_data_source or stage.frozen:
                continue
            title = stage.name if stage.path_in_repo == pipeline else f"{stage.path_in_repo}:{stage.name}"
            changed[title] = set(_changes_in_commit(repo, stage))
    except DvcException as error:
        return [f"{name}: predictions may be outdated ({error})"]
    return _note(name, changed, "" if pipeline == "dvc.yaml" else pipeline)


def _note(name: str, changed: Mapping[str, set[str]], pipeline: str) -> list[str]:
    """The note of a revision whose stages have changed inputs; the folds of a cross-validation count as one stage."""
    joined: defaultdict[str, set[str]] = defaultdict(set)
    for stage, changes in changed.items():
        joined[stage.partition("@")[0]] |= changes
    stages = [f"{stage} ({some(sorted(joined[stage]))})" for stage in sorted(joined) if joined[stage]]
    if not stages:
        return []
    command = f"dvc repro {pipeline}".strip()
    return [f"{name}: predictions are outdated; `{command}` would rerun {', '.join(stages)}"]


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


def _changes_in_commit(repo: Any, stage: Any) -> Iterator[str]:
    """List the files and params of a stage that are not those in dvc.lock."""
    if stage.cmd_changed:
        yield "command"
    for entry in [*stage.deps, *stage.outs]:
        if isinstance(entry, ParamsDependency):
            yield from _changes([{"changed deps": entry.workspace_status()}])
        # What lies outside of the repository has no version.
        elif entry.fs is repo.fs and repo.fs.isin(entry.fs_path, repo.root_dir):
            path = repo.fs.relpath(entry.fs_path, repo.root_dir)
            if _hash(repo.dvcfs, path) not in (None, entry.hash_info.value):
                yield path


def _hash(files: Any, path: str) -> str | None:
    """Return the hash that DVC computes of a file or folder; None if Git, DVC's cache and remote do not have it.

    Args:
        files: the files of a commit, tracked by Git or DVC.
        path: from the root of the DVC repository.
    """
    try:
        info = files.info(path)
        if info["type"] == "file" or "md5" in info:
            return _md5(files, path, info)
        tree = Tree()
        for folder, _, children in files.walk(path, detail=True, dvcfiles=True):
            for child, child_info in children.items():
                inside = files.join(folder, child)
                hash_info = HashInfo("md5", _md5(files, inside, child_info))
                tree.add(files.relparts(inside, path), None, hash_info)
    except (FileNotFoundError, DataIndexDirError):
        return None
    tree.digest()
    return tree.hash_info.value


def _md5(files: Any, path: str, info: Mapping[str, Any]) -> str:
    """Return the hash of a file; that of what DVC tracks is known without its content."""
    return info["md5"] if "md5" in info else file_md5(path, files)
