"""A small Hugging Face Hub on loopback: enough of its HTTP API for the real clients to read repositories from it.

What it answers follows huggingface_hub's own source: which paths it asks, which headers it wants (``ETag``,
``X-Repo-Commit``) and by which codes (``X-Error-Code``) it tells a gated repository from a missing one.

    with Hub() as hub:
        commit = hub.add("dataset", "owner/name").commit({"README.md": b"..."})
        ...  # run a client with HF_ENDPOINT=hub.url
        assert hub.requests == [...]
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit


def blob_id(content: bytes) -> str:
    """Git's name of a file's content, which the Hub uses as its ETag."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Repository:
    """Files by commit, and the branches and tags that name a commit."""

    readers: set[str] | None = None  # the tokens that open a gated repository; None: everybody may read it
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, changes: Mapping[str, bytes | None], ref: str = "main") -> str:
        """Put files (or remove them: None) on top of a branch and move it there; returns the new commit."""
        files = {**self.commits.get(self.refs.get(ref, ""), {}), **changes}
        files = {path: content for path, content in sorted(files.items()) if content is not None}
        listing = [self.refs.get(ref, ""), ref, *(f"{path} {blob_id(content)}" for path, content in files.items())]
        commit = hashlib.sha1("\n".join(listing).encode()).hexdigest()
        self.commits[commit] = files
        self.refs[ref] = commit
        return commit


class Refused(Exception):
    """An error status with the headers by which the Hub explains it."""

    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message}


class Hub:
    """The server, in a thread of its own while the ``with`` block lasts."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.tokens: set[str] = set()
        self.requests: list[str] = []  # "METHOD /path", in the order of arrival
        self.broken: int | None = None  # a status to answer everything with, and nothing else
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def add(self, kind: str, name: str, readers: set[str] | None = None) -> Repository:
        """Make an empty repository; ``kind`` is dataset or model."""
        return self.repositories.setdefault((f"{kind}s", name), Repository(readers))

    def __enter__(self) -> Hub:
        # Polled often, so that a test does not wait half a second for the thread to end.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One request: a route's pattern picks the method that answers it."""

    hub: ClassVar[Hub]
    protocol_version = "HTTP/1.1"

    _REPOSITORY = r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)"
    _ROUTES: ClassVar[dict[str, str]] = {
        rf"GET {_REPOSITORY}(/revision/(?P<revision>[^/]+))?": "info",
        rf"GET {_REPOSITORY}/auth-check": "auth_check",
        rf"GET {_REPOSITORY}/tree/(?P<revision>[^/]+)(/(?P<path>.+))?": "tree",
        rf"POST {_REPOSITORY}/paths-info/(?P<revision>[^/]+)": "paths_info",
        r"(GET|HEAD) /((?P<kind>datasets)/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)": "resolve",
    }

    def answer(self) -> None:
        path = urlsplit(self.path).path
        self.hub.requests.append(f"{self.command} {unquote(path)}")
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            if self.hub.broken:
                raise Refused(self.hub.broken)
            for pattern, method in self._ROUTES.items():
                if match := re.fullmatch(pattern, f"{self.command} {path}"):
                    groups = {key: unquote(value) for key, value in match.groupdict().items() if value}
                    getattr(self, method)(self.find(groups.pop("kind", "models"), groups.pop("name")), **groups)
                    return
            raise Refused(HTTPStatus.NOT_FOUND)
        except Refused as refused:
            self.send(b"", refused.status, refused.headers)

    do_GET = do_HEAD = do_POST = answer  # noqa: N815 (the names that http.server looks for)

    def find(self, kind: str, name: str) -> Repository:
        """The repository, if this token may know of it."""
        token = self.token()
        if (kind, name) not in self.hub.repositories:
            # Without a token the Hub does not tell whether a repository is private or none.
            raise Refused(404 if token else 401, "RepoNotFound", "Repository not found")
        return self.hub.repositories[kind, name]

    def token(self) -> str | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
        if token and token not in self.hub.tokens:
            raise Refused(401, message="Invalid credentials in Authorization header")
        return token

    def open(self, repository: Repository) -> None:
        if repository.readers is not None and self.token() not in repository.readers:
            raise Refused(403 if self.token() else 401, "GatedRepo", "Access to this repository is restricted")

    @staticmethod
    def at(repository: Repository, revision: str) -> tuple[str, dict[str, bytes]]:
        commit = repository.refs.get(revision, revision)
        if commit not in repository.commits:
            raise Refused(404, "RevisionNotFound", "Invalid rev id")
        return commit, repository.commits[commit]

    def info(self, repository: Repository, revision: str = "main") -> None:
        commit, files = self.at(repository, revision)
        gated = "manual" if repository.readers is not None else False
        name = next(name for (_, name), known in self.hub.repositories.items() if known is repository)
        siblings = [{"rfilename": path} for path in files]
        self.send_json({"id": name, "sha": commit, "private": False, "gated": gated, "siblings": siblings})

    def auth_check(self, repository: Repository) -> None:
        self.open(repository)
        self.send_json({})

    def tree(self, repository: Repository, revision: str, path: str = "") -> None:
        """All files below a path, or with the folders that lie directly in it."""
        self.open(repository)
        _, files = self.at(repository, revision)
        prefix = f"{path}/" if path else ""
        below = {name: content for name, content in files.items() if name.startswith(prefix)}
        if path and not below:
            raise Refused(404, "EntryNotFound", "Entry not found")
        recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["false"])[0].lower() == "true"
        self.send_json([entry for entry in entries(below) if recursive or "/" not in entry["path"][len(prefix) :]])

    def paths_info(self, repository: Repository, revision: str) -> None:
        self.open(repository)
        _, files = self.at(repository, revision)
        asked = set(parse_qs(self.body.decode())["paths"])
        self.send_json([entry for entry in entries(files) if entry["path"] in asked])

    def resolve(self, repository: Repository, revision: str, path: str) -> None:
        self.open(repository)
        commit, files = self.at(repository, revision)
        if path not in files:
            raise Refused(404, "EntryNotFound", "Entry not found")
        headers = {"ETag": f'"{blob_id(files[path])}"', "X-Repo-Commit": commit}
        self.send(files[path], HTTPStatus.OK, headers)

    def send_json(self, value: Any) -> None:
        self.send(json.dumps(value).encode(), HTTPStatus.OK, {"Content-Type": "application/json"})

    def send(self, body: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            if value:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's own name)
        """Say nothing: `Hub.requests` is the log."""


def entries(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Files, and the folders that hold them, as the tree and paths-info endpoints list them."""
    folders = sorted({path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)})
    return [
        *({"type": "directory", "path": path, "size": 0, "oid": blob_id(path.encode())} for path in folders),
        *(
            {"type": "file", "path": path, "size": len(content), "oid": blob_id(content)}
            for path, content in files.items()
        ),
    ]
