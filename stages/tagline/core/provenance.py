"""Provenance: hashes and versions that an artifact was made from, independent of date and machine."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

PROVENANCE = "provenance.json"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a folder, by its relative path with forward slashes, sorted."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def versions(*packages: str) -> dict[str, str]:
    """The versions of Python and of installed packages."""
    return {"python": platform.python_version(), **{package: version(package) for package in packages}}
