"""Atomic outputs: written beside their path, and renamed once all of them are complete."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tagline.core.errors import require
from tagline.core.locks import locked
from tagline.core.reading import parse_object, reading
from tagline.core.signals import BY_DVC, defer_signals


@contextmanager
def replacing(*outs: Path) -> Iterator[list[Path]]:
    """Yield a temporary path for each output, and rename all of them when the block ends without an exception.

    Until then the outputs of an earlier run are unchanged; after an exception they stay unchanged, and the temporary
    ones are removed. What a killed process leaves (``.NAME.partial``, ignored by Git and DVC) is removed by the next
    run. Two processes that replace the same outputs take turns.

    Args:
        outs: files or folders; the block writes either of them at the path that it gets.

    Raises:
        UserError: another process is writing the same outputs.
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
                partial.stat()  # all of them, before the first output is replaced
            with defer_signals():
                for out, partial in zip(outs, partials, strict=True):
                    # A folder can't be renamed over one that is not empty, so for an instant there is neither.
                    if os.path.lexists(out):
                        out.rename(_earlier(out))
                    partial.rename(out)
            for out in outs:
                _remove(_earlier(out))
        finally:
            for partial in partials:
                _remove(partial)


def earlier_output(out: Path) -> str:
    """What a failed run's message says about the output of an earlier run: unchanged, or removed by DVC.

    DVC removes the outputs of a stage before it runs the stage.
    """
    if BY_DVC in os.environ:
        return f"DVC removed the earlier {out.as_posix()}: `dvc checkout {out.as_posix()}` restores it"
    return f"the earlier {out.as_posix()} is unchanged"


def write_json(path: Path, value: Any) -> None:
    """Write JSON for people and `git diff`: indented, UTF-8, keys in the given order, no NaN."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """Read a JSON object that a stage wrote.

    Args:
        path: the file.
        made_by: the stage of dvc.yaml that writes it.

    Raises:
        UserError: the file is missing, or it is not a JSON object; see `parse_object`.
    """
    require(path, made_by)
    with reading(path, made_by, expected="a JSON object"):
        return parse_object(path.read_text(encoding="utf-8"))


def _earlier(out: Path) -> Path:
    """The path of the earlier output from the instant when the new one replaces it until it is removed."""
    return out.with_name(f".{out.name}.earlier.partial")


def _put_back(out: Path) -> None:
    """Restore the earlier output if a process was killed in that instant."""
    if os.path.lexists(_earlier(out)) and not os.path.lexists(out):
        _earlier(out).rename(out)
    _remove(_earlier(out))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
