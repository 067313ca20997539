"""Data of the Hub in hub_server.py: repositories as files by commit, accounts by token, errors."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Large files by the Hub's default .gitattributes.
LARGE = (".safetensors", ".onnx")
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize \d+\n")


def blob_id(content: bytes) -> str:
    """Git's hash of a file's content, which the Hub uses as its ETag."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def pointer(sha256: str, size: int) -> bytes:
    """The Git LFS pointer of a large file whose content is in another store."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def object_id(path: str, content: bytes) -> str:
    """The hash by which the Hub compares files: SHA-256 of a large one, Git's hash of any other."""
    if not path.endswith(LARGE):
        return blob_id(content)
    if match := _POINTER.fullmatch(content):
        return match[1].decode()
    return hashlib.sha256(content).hexdigest()


def metadata(path: str, content: bytes) -> dict[str, Any]:
    """What a listing with blobs says of a file besides its path."""
    about: dict[str, Any] = {"size": len(content), "blobId": blob_id(content)}
    if path.endswith(LARGE):
        about["lfs"] = {"sha256": object_id(path, content), "size": len(content), "pointerSize": 134}
    return about


@dataclass
class Repository:
    """Files by commit, branches and tags."""

    readers: set[str] | None = None  # tokens with access to a gated repository; None: it is public
    private: bool = False  # visible to its owners only
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)  # of all commits, in order

    def commit(self, changes: Mapping[str, bytes | None], ref: str = "main", message: str = "") -> str:
        """Commit changed files (None: deleted) to a branch; returns the new commit."""
        files = {**self.commits.get(self.refs.get(ref, ""), {}), **changes}
        files = {path: content for path, content in sorted(files.items()) if content is not None}
        listing = [self.refs.get(ref, ""), ref, *(f"{path} {blob_id(content)}" for path, content in files.items())]
        commit = hashlib.sha1("\n".join(listing).encode()).hexdigest()
        self.commits[commit] = files
        self.refs[ref] = commit
        self.messages.append(message)
        return commit

    def files(self, ref: str = "main") -> dict[str, bytes]:
        """The files of a branch."""
        return self.commits[self.refs[ref]]


@dataclass(frozen=True)
class Account:
    """The user of a token.

    Attributes:
        name: user name, the first part of the names of the user's repositories.
        role: permission of the token: ``read`` or ``write``.
        organisations: the user may write to their repositories too.
    """

    name: str
    role: str = "write"
    organisations: tuple[str, ...] = ()

    @property
    def owners(self) -> tuple[str, ...]:
        return (self.name, *self.organisations)


class Refused(Exception):
    """An error status with the Hub's headers."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message}


def entries(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Files and their folders, as the tree endpoint lists them."""
    folders = sorted({path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)})
    found = [{"type": "directory", "path": path, "size": 0, "oid": blob_id(path.encode())} for path in folders]
    for path, content in files.items():
        found.append({"type": "file", "path": path, "size": len(content), "oid": blob_id(content)})
    return found
