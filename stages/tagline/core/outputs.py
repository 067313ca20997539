"""Outputs that are never half-written: made beside their place, renamed into it once all of them are whole."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tagline.core.errors import UserError, require
from tagline.core.locks import locked
from tagline.core.signals import defer_signals


@contextmanager
def replacing(*outs: Path) -> Iterator[list[Path]]:
    """Give a path to write for each out and put them all in place when the block ends without an exception.

    Until then the outs of an earlier run stay as they are; after an exception they still do, and the partial ones
    are removed. What a killed process leaves behind (``.NAME.partial``, ignored by Git and DVC) is removed by the
    next run.

    Two that replace the same outs take turns.

    Args:
        outs: files or folders; the block may write either at the path that it is given.

    Raises:
        UserError: another process replaces them, and goes on with it.
    """
    partials = [out.with_name(f".{out.name}.partial") for out in outs]
    with locked(outs[0].with_name(f".{outs[0].name}.lock"), outs[0]):
        for out, partial in zip(outs, partials, strict=True):
            _remove(partial)
            partial.parent.mkdir(parents=True, exist_ok=True)
            _put_back(out)
        try:
            yield partials
            for partial in partials:
                partial.stat()  # all of them, before the first earlier out goes
            with defer_signals():
                for out, partial in zip(outs, partials, strict=True):
                    # A folder can't be renamed over one that is not empty, so there is an instant without either.
                    if os.path.lexists(out):
                        out.rename(_earlier(out))
                    partial.rename(out)
            for out in outs:
                _remove(_earlier(out))
        finally:
            for partial in partials:
                _remove(partial)


def write_json(path: Path, value: Any) -> None:
    """Write JSON as people and `git diff` read it: indented, UTF-8, keys in the given order, never NaN."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """Read a JSON object that a stage wrote.

    Raises:
        UserError: the file is missing, or holds something else.
    """
    require(path, made_by)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): run `dvc repro {made_by}` again") from None
    if not isinstance(value, dict):
        raise UserError(f"{path} is damaged (no JSON object): run `dvc repro {made_by}` again")
    return value


def _earlier(out: Path) -> Path:
    """Where the out of an earlier run is from the instant when the new one takes its place until it is removed."""
    return out.with_name(f".{out.name}.earlier.partial")


def _put_back(out: Path) -> None:
    """Undo what a process did that was killed in that instant."""
    if os.path.lexists(_earlier(out)) and not os.path.lexists(out):
        _earlier(out).rename(out)
    _remove(_earlier(out))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
