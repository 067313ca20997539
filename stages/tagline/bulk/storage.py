"""Folders and files on any file system that fsspec knows: local, s3://, gs://, hdfs://, hf:// and others."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import fsspec
from fsspec import AbstractFileSystem

from tagline.core.errors import UserError
from tagline.core.outputs import write_json


def resolve(url: str) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a path or URL, and the path in it.

    Raises:
        UserError: the scheme is unknown, or the package for it is not installed.
    """
    try:
        file_system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UserError(
            f"{url}: {error}; expected a path or a URL of a file system of fsspec; install the package for it, for "
            "instance `pip install -e '.[s3]'`"
        ) from None
    return file_system, path.rstrip("/")


def absolute(url: str) -> str:
    """Return an absolute path, or a URL, that processes on other machines can resolve too."""
    file_system, path = resolve(url)
    return url_of(file_system, path)


def url_of(file_system: AbstractFileSystem, path: str) -> str:
    """Return the path of a local file, or the URL of another one."""
    protocols = file_system.protocol
    local = "file" in ((protocols,) if isinstance(protocols, str) else protocols)
    return path if local else str(file_system.unstrip_protocol(path))


@dataclass(frozen=True)
class Folder:
    """A folder for output. Files appear in it complete or not at all.

    Attributes:
        url: its absolute path or URL.
    """

    url: str

    def names(self) -> list[str]:
        """List the names of the files and folders in it; none if it does not exist."""
        file_system, path = resolve(self.url)
        # What is listed may be older than what another process has just written.
        file_system.invalidate_cache(path)
        if not file_system.exists(path):
            return []
        return sorted(name.rstrip("/").rpartition("/")[2] for name in file_system.ls(path, detail=False))

    def put(self, local: Path, name: str) -> None:
        """Copy a local file into the folder, under a hidden name until it is complete."""
        file_system, path = resolve(self.url)
        parent, _, base = f"{path}/{name}".rpartition("/")
        file_system.makedirs(parent, exist_ok=True)
        partial = f"{parent}/.{base}.partial"
        file_system.put_file(str(local), partial)
        file_system.mv(partial, f"{path}/{name}")

    def put_json(self, name: str, value: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_json(Path(folder) / "value.json", value)
            self.put(Path(folder) / "value.json", name)

    def read_json(self, name: str) -> Any:
        """Read a JSON file; None: it does not exist or is damaged."""
        try:
            with self._open(name) as file:
                return json.loads(file.read())
        except (FileNotFoundError, ValueError):
            return None

    def sha256(self, name: str) -> str | None:
        """Return the SHA-256 of a file; None: it does not exist."""
        try:
            with self._open(name) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def _open(self, name: str) -> BufferedReader:
        file_system, path = resolve(self.url)
        return cast(BufferedReader, file_system.open(f"{path}/{name}", "rb"))
