"""Provenance: hashes and versions that an artifact was made from, independent of date and machine.

The last file that a stage writes into a folder is hashes.json: the SHA-256 of every other file in it, and of files that
it writes elsewhere for later stages (``../../plots/validation.csv``). Stages that read the folder compare them first.
"""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagline.core.outputs import read_json, write_json
from tagline.core.reading import reading, require
from tagline.terminal import QUOTED, UserError, shortened

PROVENANCE = "provenance.json"
HASHES = "hashes.json"
# The key of a JSON object's own hash.
SEAL = "sha256"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(folder: Path, *left_out: str) -> dict[str, str]:
    """The SHA-256 of each file in a folder, but not ``left_out``, by its relative path with forward slashes, sorted."""
    return {name: sha256(folder / name) for name in _names(folder) if name not in left_out}


def write_hashes(folder: Path, *left_out: str, others: Mapping[Path, Path] | None = None) -> None:
    """Write hashes.json of a complete folder.

    Args:
        left_out: files in it that may change later.
        others: files outside to be listed too, and the temporary path of each.
    """
    outside = {relative(path, folder): sha256(temporary) for path, temporary in (others or {}).items()}
    write_json(folder / HASHES, hashes(folder, *left_out) | outside)


def relative(path: Path, folder: Path) -> str:
    """The path of a file as a folder's hashes.json lists it, perhaps with ``../``."""
    return Path(os.path.relpath(path, folder)).as_posix()


def read_hashes(folder: Path, made_by: str) -> dict[str, str]:
    """Read hashes.json of a folder.

    Raises:
        UserError: it is missing or damaged, or lists no file.
    """
    path = folder / HASHES
    expected = read_json(path, made_by)
    with reading(path, made_by, expected="the SHA-256 of each file"):
        if not expected:
            raise ValueError("it lists no file")
    return expected


def verify(folder: Path, made_by: str, *others: Path) -> dict[str, str]:
    """Check that the files of hashes.json are unchanged and no others are there; hidden files are ignored.

    Args:
        others: listed files outside the folder that the caller reads too; the rest is not checked.

    Returns:
        The hash of each file.

    Raises:
        UserError: a file is damaged, missing or unexpected; the message names the first one.
    """
    require(folder, made_by)
    expected = read_hashes(folder, made_by)
    for name in _names(folder):
        if name not in expected and not any(part.startswith(".") for part in name.split("/")):
            raise UserError(
                f"{folder / name}: unexpected, since {folder / HASHES} does not list it; remove it, or run "
                f"`dvc repro {made_by}`"
            )
    read = {relative(path, folder) for path in others}
    names = [name for name in expected if not name.startswith("../") or name in read]
    verify_files(folder, expected, made_by, names)
    return expected


def read_listed(path: Path, made_by: str) -> dict[str, Any]:
    """Read a JSON object in the folder of a stage, whose other files may be missing.

    Raises:
        UserError: it is missing or damaged.
    """
    verify_files(path.parent, read_hashes(path.parent, made_by), made_by, [path.name])
    return read_json(path, made_by)


def verify_files(
    folder: Path, expected: Mapping[str, str], made_by: str, names: list[str] | None = None, source: Path | None = None
) -> None:
    """Compare files with their expected hashes.

    Args:
        expected: SHA-256 by relative path.
        names: the files to compare; None: all.
        source: the file that has the hashes; None: hashes.json.

    Raises:
        UserError: a file is damaged or missing, or its hash is unknown; the message names the first one.
    """
    for name in expected if names is None else names:
        path = Path(os.path.normpath(folder / name))
        require(path, made_by)
        actual = sha256(path)
        if actual == expected.get(name):
            continue
        wanted = shortened(str(expected.get(name, "nothing")), QUOTED)
        if path.is_relative_to(folder):
            raise UserError(
                f"{path}: changed since the stage {made_by} wrote it: its SHA-256 is {actual}; expected {wanted} "
                f"({source or folder / HASHES}); run `dvc checkout {folder.as_posix()}` or `dvc repro {made_by}`"
            )
        raise UserError(  # DVC does not keep the plots in its cache
            f"{path}: changed since the stage {made_by} wrote it: its SHA-256 is {actual}; expected {wanted} "
            f"({source or folder / HASHES}); run `dvc repro {made_by}`"
        )


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object with its own SHA-256, where no hashes.json lists it."""
    write_json(path, {**content, SEAL: _seal(content)})


def read_sealed(path: Path, made_by: str) -> dict[str, Any]:
    """Read what `write_sealed` wrote.

    Raises:
        UserError: it is missing or damaged.
    """
    content = read_json(path, made_by)
    if content.pop(SEAL, None) != _seal(content):
        raise UserError(
            f"{path}: changed since the stage {made_by} wrote it, so that its {SEAL} is not that of the rest; run "
            f"`dvc checkout {path.as_posix()}` or `dvc repro {made_by}`"
        )
    return content


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def copy_files(source: Path, target: Path) -> None:
    """Copy the files of a folder, but not hashes.json and hidden ones, which `verify` ignores."""
    for file in sorted(source.iterdir()):
        if file.name != HASHES and not file.name.startswith("."):
            shutil.copyfile(file, target / file.name)


def _names(folder: Path) -> list[str]:
    """The relative paths of the files in a folder but hashes.json, sorted."""
    files = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.as_posix() for path in files if path != Path(HASHES)]


def versions(*packages: str) -> dict[str, str]:
    """The versions of Python and of installed packages."""
    from importlib.metadata import version  # here, since most of those who import this module need no versions

    return {"python": platform.python_version(), **{package: version(package) for package in packages}}
