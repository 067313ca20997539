"""Folders and files on any file system that fsspec knows: local, s3://, gs://, hdfs://, hf:// and others."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import fsspec
from fsspec import AbstractFileSystem

from tagline.core import write_json
from tagline.terminal import QUOTED, UserError, safe_message, shortened


@contextmanager
def reaching(url: str) -> Iterator[tuple[AbstractFileSystem, str]]:
    """Yield the file system of a path or URL, and the path in it; what it raises in the block is a `UserError`.

    File systems of fsspec raise exceptions of the libraries behind them, which have no class in common.
    """
    if not url:  # which fsspec takes for the current folder
        raise UserError("an empty path; expected a path or a URL of a file system of fsspec")
    try:
        file_system, path = fsspec.core.url_to_fs(url)
        yield file_system, path.rstrip("/")
    except UserError:
        raise
    except Exception as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        if not reason or named(url) != url:  # a library may show a password where it is not recognised
            reason = type(error).__name__
        raise UserError(
            f"{named(url)}: {shortened(reason, QUOTED)}; expected a path or a URL of a file system of fsspec; "
            "check it, its permissions, and that the package for it is installed, for instance "
            "`pip install -e '.[s3]'`"
        ) from None


def named(url: str) -> str:
    """Return a path, or a URL without passwords and signatures."""
    return safe_message(url) if "://" in url else url


def absolute(url: str) -> str:
    """Return an absolute path, or a URL, that processes on other machines can resolve too."""
    with reaching(url) as (file_system, path):
        return url_of(file_system, path)


def url_of(file_system: AbstractFileSystem, path: str) -> str:
    """Return the path of a local file, or the URL of another one."""
    protocols = file_system.protocol
    if isinstance(protocols, str):
        protocols = (protocols,)
    if "file" in protocols:
        return path
    return str(file_system.unstrip_protocol(path))


@dataclass(frozen=True)
class Folder:
    """A folder for output. Files appear in it complete or not at all.

    Attributes:
        url: its absolute path or URL.
    """

    url: str

    def names(self) -> list[str]:
        """List the names of the files and folders in it; none if it does not exist."""
        with reaching(self.url) as (file_system, path):
            # What is listed may be older than what another process has just written.
            file_system.invalidate_cache(path)
            if not file_system.exists(path):
                return []
            return sorted(name.rstrip("/").rpartition("/")[2] for name in file_system.ls(path, detail=False))

    def put(self, local: Path, name: str) -> None:
        """Copy a local file into the folder, under a hidden name until it is complete."""
        with reaching(self.url) as (file_system, path):
            file_system.makedirs(path, exist_ok=True)
            partial = f"{path}/.{name}.partial"
            file_system.put_file(str(local), partial)
            file_system.mv(partial, f"{path}/{name}")

    def put_json(self, name: str, value: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_json(Path(folder) / name, value)
            self.put(Path(folder) / name, name)

    def read_json(self, name: str) -> Any:
        with self.opened(name) as file:
            return json.loads(file.read())

    @contextmanager
    def opened(self, name: str) -> Iterator[BufferedReader]:
        """Open a file; what is damaged is a `UserError`, too."""
        with reaching(f"{self.url}/{name}") as (file_system, path), file_system.open(path, "rb") as file:
            yield cast(BufferedReader, file)
