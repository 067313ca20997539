"""Which stages a newer version of the code must run again, and whose outputs are valid as they are.

After a merge of a newer Tagline, DVC would run each stage whose code changed. Git has dvc.lock of the sample with the
old and with the new code: if a stage's outputs there are the same, the change did not move its results.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, parse, plain, read_file
from tagline.tools.settings import pipelines
from tagline.tools.settings.update import RENAMED_KEYS, RENAMED_VALUES

LOCK = Path("dvc.lock")


def summary(versions: str | None) -> str:
    """Say which stages must run again, and how to keep the outputs of the others.

    Args:
        versions: ``OLD..NEW``, the commits of Tagline before and after; None: those of the last merge.

    Raises:
        UserError: there was no merge, Git or DVC can't tell, or a commit has no dvc.lock.
    """
    reasons = _reasons(versions)
    if not reasons:
        return "no stage is out of date"
    width = max(map(len, reasons))
    lines = [
        f"{stage:{width}}  {f'must run: {reason}' if reason else 'valid: the new code writes the same'}"
        for stage, reason in reasons.items()
    ]
    if valid := [stage for stage, reason in reasons.items() if not reason]:
        lines.append(f"`dvc commit -f {' '.join(valid)}` keeps what is valid, then `dvc repro` runs the rest")
    return "\n".join(lines)


def _reasons(versions: str | None) -> dict[str, str]:
    """Why each changed stage must run again; empty if its outputs are valid."""
    old, new = _named(versions) if versions else _of_last_merge()
    before, after = (_locked(commit) for commit in (old, new))
    mine = _run("git", "log", "-1", "--format=%H", "--", str(LOCK)).strip()  # the last results, of this code:
    if not mine:
        raise UserError(f"{LOCK} was never committed here, so there are no outputs to keep; run `dvc repro`")
    own = "" if _own_code(old, mine) == _own_code(new) else "stages/ has changes of your own that it never ran with"
    locked, params = plain(read_file(LOCK)).get("stages", {}), plain(read_file(PARAMS))
    changed = json.loads(_run(sys.executable, "-m", "dvc", "status", "--json"))
    return {
        stage: _reason(changes, locked.get(stage, {}), params) or own or _moved(stage, before, after)
        for stage, changes in changed.items()
        if "/" not in stage and stage != "audit"
    }


def _own_code(*commits: str) -> list[str]:
    """The lines of code that differ between two commits, or between one and the working tree."""
    lines = _run("git", "diff", "-U0", "--no-color", *commits, "--", f"{_root()}stages").splitlines()
    return sorted(line for line in lines if line[:1] in ("+", "-") and not line.startswith(("+++", "---")))


def _reason(changes: list[Any], locked: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """Why a stage must run whatever its code does: what else changed."""
    for change in changes:
        if change == "changed command":  # ours only name scripts, which are code
            continue
        if not isinstance(change, dict) or "changed deps" not in change:
            return "its outputs are missing or changed"
        for path, how in change["changed deps"].items():
            if path == str(PARAMS):
                if section := _other_values(locked.get("params", {}).get(path, {}), params):
                    return f"{section} changed in {PARAMS}"
            elif not path.removeprefix("../").startswith("stages/"):
                return f"{path} is {how}"
    return ""


def _other_values(locked: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """A key whose value differs from the one that the stage ran with; new keys have defaults that change nothing."""
    now = dict(_flat(params))
    for key, value in _flat(locked):
        parent = key.rpartition(".")[0]
        name = f"{parent}.{RENAMED_KEYS[key]}" if key in RENAMED_KEYS else key
        if name not in now or now[name] != RENAMED_VALUES.get(name, {}).get(str(value), value):
            return name
    return ""


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of nested mappings with their dotted keys."""
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _moved(stage: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say that the new code gives the sample other outputs, or that nobody knows."""
    if stage not in before or stage not in after:
        return "one of the versions does not have it"
    if before[stage]["deps"] == after[stage]["deps"]:
        return f"{LOCK} of the new version is not of its code"
    outs, old = after[stage]["outs"], before[stage]["outs"]
    names = [name for name, digest in outs.items() if old.get(name) != digest]
    return f"the new code writes another {names[0]}" if names else ""


def _locked(commit: str) -> dict[str, dict[str, dict[str, str]]]:
    """The hashes of the dependencies and outputs of each stage in the root's dvc.lock of a commit."""
    content = plain(parse(_run("git", "show", f"{commit}:{_root()}{LOCK}"), Path(f"{commit}:{LOCK}")))
    return {
        stage: {kind: {each["path"]: each["md5"] for each in entry[kind]} for kind in ("deps", "outs")}
        for stage, entry in content.get("stages", {}).items()
    }


def _root() -> str:
    return "../" if pipelines.is_derived(pipelines.DVC_YAML) else "./"


def _named(versions: str) -> list[str]:
    commits = versions.split("..")  # which no name of Git contains
    if len(commits) != 2 or any(commit.split() != [commit] or commit[0] in ".-" for commit in commits):
        raise UserError(f"--upgrade {versions}: expected two commits of Tagline as OLD..NEW")
    return commits


def _of_last_merge() -> tuple[str, str]:
    """Tagline's commits before and after the last merge, which may not be committed yet."""
    merging = _run("git", "rev-parse", "-q", "--verify", "MERGE_HEAD", may_fail=True).split()
    last = _run("git", "log", "-1", "--merges", "--first-parent", "--format=%P").split()
    parents = ["HEAD", *merging] if merging else last
    if len(parents) != 2:
        raise UserError("no merge of a newer version in this history; name both commits of Tagline: --upgrade OLD..NEW")
    base = _run("git", "merge-base", *parents, may_fail=True).strip()
    if not base:
        raise UserError(
            "the last merge joined histories without a common commit, as with `-s ours`; merge a newer version first, "
            "or name both commits of Tagline: --upgrade OLD..NEW"
        )
    return base, parents[1]


def _run(*command: str, may_fail: bool = False) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not may_fail:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise UserError(f"`{' '.join(command)}` failed: {''.join(said)}")
    return done.stdout
