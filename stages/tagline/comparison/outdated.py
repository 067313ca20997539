"""Whether the predictions of a revision are of its own code, data and params."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from dvc.dependency.param import ParamsDependency
from dvc.exceptions import DvcException
from dvc.repo import Repo

from tagline.comparison import WORKSPACE
from tagline.terminal import some

# Missing files do not make the existing ones outdated.
_ABSENT = ("deleted", "not in cache")


def outdated_notes(*stages: str) -> list[str]:
    """Return a note for each of some stages that `dvc repro` would run again here."""
    try:
        with Repo() as repo:
            notes = [note for stage in stages for note in in_workspace(repo, stage)]
    except DvcException as error:
        notes = [f"DVC does not know whether they are outdated ({error})"]
    return list(dict.fromkeys(notes))


def in_workspace(repo: Any, stage: str) -> list[str]:
    """Return a note if `dvc repro` would compute other predictions than the workspace has."""
    changed = defaultdict[str, set[str]](set)
    try:
        for title, entries in repo.status([stage], with_deps=True).items():
            changed[title].update(status_changes(entries))
    except DvcException as error:
        return [f"{WORKSPACE}: predictions may be outdated ({error})"]
    return _note(WORKSPACE, changed, stage.rpartition(":")[0])


def in_commit(name: str, repo: Any, pipeline: str, stage_name: str) -> list[str]:
    """Return a note if a commit's dvc.lock says that its predictions are of other inputs than it has.

    What Git tracks, such as code, is not hashed here, but by `tagline check --lock` in a clone of the commit.

    Args:
        repo: the DVC repository at the commit, as `Repo.status` needs a workspace.
        pipeline: the dvc.yaml with the stage, from the root of the DVC repository.
    """
    changed = defaultdict[str, set[str]](set)
    try:
        for stage in repo.stage.collect(f"{repo.fs.join(repo.root_dir, pipeline)}:{stage_name}", with_deps=True):
            # Neither files that DVC tracks nor a frozen stage are run.
            if not stage.is_data_source and not stage.frozen:
                title = stage.name if stage.path_in_repo == pipeline else f"{stage.path_in_repo}:{stage.name}"
                changed[title].update(_changes_in_commit(repo, stage))
    except DvcException as error:
        return [f"{name}: predictions may be outdated ({error})"]
    return _note(name, changed, "" if pipeline == "dvc.yaml" else pipeline)


def _note(name: str, changed: dict[str, set[str]], pipeline: str) -> list[str]:
    stages = [f"{stage} ({some(sorted(changed[stage]))})" for stage in sorted(changed) if changed[stage]]
    if not stages:
        return []
    command = f"dvc repro {pipeline}".strip()
    return [f"{name}: predictions are outdated; `{command}` would rerun {', '.join(stages)}"]


def status_changes(entries: list[Any]) -> Iterator[str]:
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
    """List the params that differ from dvc.lock, and the inputs that another stage, or `dvc add`, wrote since."""
    written = {out.fs_path: out.hash_info.value for out in repo.index.outs if out.hash_info}
    if stage.cmd_changed:
        yield "command"
    for dependency in stage.deps:
        if isinstance(dependency, ParamsDependency):
            yield from status_changes([{"changed deps": dependency.workspace_status()}])
        elif written.get(dependency.fs_path, dependency.hash_info.value) != dependency.hash_info.value:
            yield repo.fs.relpath(dependency.fs_path, repo.root_dir)
