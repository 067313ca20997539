"""Atomic outputs: written beside their path by one process at a time, and renamed once all are complete."""

import csv
import json
import math
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tagline.core.reading import full_disk, parse_object, reading, require
from tagline.terminal import UserError, defer_signals, printable

Rows = list[dict[str, float]]
"""Numeric columns of a CSV file, by name."""
# Seconds to wait for the process that holds a lock. An interrupted one ends within a third of that.
PATIENCE = 30


@contextmanager
def replacing(*outs: Path) -> Iterator[list[Path]]:
    """Yield a temporary path for each output, and rename all of them when the block ends without an exception.

    Until then, and after an exception, the outputs of an earlier run are unchanged. What a killed process leaves
    (``.NAME.partial``, ignored by Git and DVC) is removed by the next run. Two processes that replace the same outputs
    take turns. Files get the mode that the umask asks for.

    Args:
        outs: files or folders; the block writes either at the path that it gets.

    Raises:
        UserError: another process is writing the same outputs, they can't be replaced, or the disk is full.
    """
    partials = [out.with_name(f".{out.name}.partial") for out in outs]
    with locked(outs[0].with_name(f".{outs[0].name}.lock"), outs[0]):
        for out in outs:
            out.parent.mkdir(parents=True, exist_ok=True)
            _check_rights(out)
        for out, partial in zip(outs, partials, strict=True):
            _remove(partial)
            _put_back(out)
        try:
            with _naming_full_disk(dict(zip(partials, outs, strict=True))):
                yield partials
            for partial in partials:
                partial.stat()  # all of them, before the first output is replaced
                use_umask(partial)
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


def _check_rights(out: Path) -> None:
    """Check before the work that an output can be replaced."""
    folders = [path for path in (out, *out.rglob("*")) if path.is_dir() and not path.is_symlink()]
    for folder in (out.parent, *folders):
        if not os.access(folder, os.W_OK):
            raise UserError(f"{folder}: no right to write; expected it, to replace {out}; run `chmod u+w {folder}`")


@contextmanager
def _naming_full_disk(outs: dict[Path, Path]) -> Iterator[None]:
    """Name the file in the error of a full disk: the one that was written last."""
    try:
        yield
    except Exception as error:
        reason = full_disk(error)
        written: dict[Path, Path] = {}  # each file and the path that it gets
        for partial, out in outs.items():
            for file in _files(partial):
                written[file] = out / file.relative_to(partial)
        if reason is None or not written:
            raise
        path = written[max(written, key=lambda file: file.stat().st_mtime_ns)]
        raise UserError(f"{path}: {reason}; expected more space; free some, then run the stage again") from None


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def use_umask(path: Path) -> None:
    """Give a new file, or the files in a new folder, the mode that the umask asks for.

    Libraries such as safetensors leave files that only their owner can read.
    """
    # A new file shows the mode: to read the umask, a process must change it, for all of its threads.
    probe = path.with_name(f".mode-{path.name.strip('.')}.partial")
    probe.unlink(missing_ok=True)
    probe.touch()
    mode = stat.S_IMODE(probe.stat().st_mode)
    probe.unlink()
    for file in _files(path):
        if stat.S_IMODE(file.stat().st_mode) != mode:
            file.chmod(mode)


def write_json(path: Path, value: Any) -> None:
    """Write JSON for people and `git diff`: indented, UTF-8, keys in the given order, no NaN."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """Read a JSON object that a stage wrote.

    Raises:
        UserError: the file is missing, or is not a JSON object; see `parse_object`.
    """
    require(path, made_by)
    with reading(path, made_by, expected="a JSON object"):
        return parse_object(path.read_text(encoding="utf-8"))


def read_columns(path: Path, columns: Sequence[str]) -> Rows:
    """Read numeric columns of a CSV file with a header that train wrote.

    Raises:
        UserError: the file is missing or damaged.
    """
    expected = f"a table with numbers in the columns {', '.join(columns)}"
    with reading(path, "train", expected=expected), path.open(encoding="utf-8", newline="") as file:
        rows = []
        for line in csv.DictReader(file):
            rows.append({name: float(line[name]) for name in columns})
        if not rows or not all(math.isfinite(value) for row in rows for value in row.values()):
            raise ValueError("no rows, or NaN or infinity in one")
        return rows


def _earlier(out: Path) -> Path:
    """Where the earlier output is while it is replaced."""
    return out.with_name(f".{out.name}.earlier.partial")


def _put_back(out: Path) -> None:
    """Restore the earlier output if a process was killed meanwhile."""
    if os.path.lexists(_earlier(out)) and not os.path.lexists(out):
        _earlier(out).rename(out)
    _remove(_earlier(out))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, target: Path) -> Iterator[None]:
    """Hold a lock during the block.

    Args:
        path: the lock file; it is removed afterwards, unless the process is killed.

    Raises:
        UserError: another process still holds the lock after `PATIENCE` seconds, or no file can be created there.
    """
    from filelock import FileLock, Timeout  # here, since inference writes nothing and starts sooner without it

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        path.touch()  # where no file can be made, such as /proc, filelock only waits
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{printable(str(target))}: another run is writing it; waiting up to {PATIENCE} s", flush=True)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            raise UserError(
                f"{target}: another run is still writing it; wait until that run ends, or stop it, and start again"
            ) from None
    except OSError as error:
        raise UserError(f"{target}: not written ({error.strerror}); expected a folder for new files") from None
    try:
        yield
    finally:
        # Before the release: a waiting process notices that the file is gone, and creates a new one; after it, that
        # process might hold it already. Windows removes no file that is held: there release() does it.
        with suppress(OSError):
            path.unlink()
        lock.release()
