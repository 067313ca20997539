"""A small Hugging Face Hub on loopback: enough of its HTTP API for the real clients to read repositories and to push.

Its answers follow the source of huggingface_hub: the paths that it requests, the headers that it expects (``ETag``,
``X-Repo-Commit``) and the error codes (``X-Error-Code``) of gated and missing repositories. hub_repositories.py has
the data.

    with Hub() as hub:
        commit = hub.add("dataset", "owner/name").commit({"README.md": b"..."})
        ...  # run a client with HF_ENDPOINT=hub.url
        assert hub.requests == [...]
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

import pytest
from helpers.hub_repositories import LARGE, Account, Refused, Repository, entries, metadata, object_id, pointer
from huggingface_hub import ModelCard, constants

TOKEN = "hf_secretsecretsecretsecret"  # of the fixture `logged_in`


def client_environment(url: str, home: Path, **others: str) -> dict[str, str]:
    """Environment variables of a process with a home folder of its own and the Hub at a URL."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    return clean | {"HF_ENDPOINT": url, "HF_HOME": str(home), **others}


class Hub:
    """The server; it runs in a thread during the ``with`` block."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.tokens: set[str] = set()
        self.accounts: dict[str, Account] = {}  # by token
        self.objects: dict[str, bytes] = {}  # uploaded large files by SHA-256
        self.xet: Path | None = None  # folder in which the xet library stores large files
        self.failing: dict[str, int] = {}  # error statuses by name of route
        self.failing_headers: dict[str, str] = {}  # of all error statuses
        self.unheard: set[str] = set()  # routes that close the connection and do nothing
        self.unanswered: set[str] = set()  # routes that do their work and close the connection within the answer
        self.storage = ""  # URL to which requests for files are redirected, if any
        self.gate: threading.Event | None = None  # commits wait until it is set
        self.requests: list[str] = []  # "METHOD /path", in the order of arrival
        self.broken: int | None = None  # status of all answers, which are empty then
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def add(self, kind: str, name: str, readers: set[str] | None = None, private: bool = False) -> Repository:
        """Create an empty repository; ``kind`` is dataset or model."""
        return self.repositories.setdefault((f"{kind}s", name), Repository(readers, private))

    def log_in(self, token: str, account: Account) -> None:
        """Add a token of an account."""
        self.tokens.add(token)
        self.accounts[token] = account

    def serve(self, patch: pytest.MonkeyPatch) -> None:
        """Have the client of this process ask the server, for files too."""
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE  # made of the first ENDPOINT
        patch.setattr(constants, "ENDPOINT", self.url)
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", self.url + template[template.index("/{") :])

    def __enter__(self) -> Hub:
        # A short poll interval: the default makes each test wait half a second for the end of the thread.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Handles a request: the pattern of a route selects the method."""

    hub: ClassVar[Hub]
    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # headers and body in one packet, without a wait for an acknowledgement

    _REPOSITORY = r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)"
    _MODEL = r"/api/models/(?P<name>[^/]+/[^/]+)"
    _ROUTES: ClassVar[dict[str, str]] = {
        rf"GET {_REPOSITORY}(/revision/(?P<revision>[^/]+))?": "info",
        rf"GET {_REPOSITORY}/auth-check": "auth_check",
        rf"GET {_REPOSITORY}/tree/(?P<revision>[^/]+)(/(?P<path>.+))?": "tree",
        r"(GET|HEAD) /((?P<kind>datasets)/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)": "resolve",
        r"GET /api/whoami-v2": "whoami",
        r"POST /api/repos/create": "create",
        r"POST /api/validate-yaml": "validate",
        rf"GET {_MODEL}/auth-check/write": "write_check",
        rf"POST {_MODEL}/branch/(?P<branch>[^/]+)": "create_branch",
        rf"POST {_MODEL}/preupload/(?P<revision>[^/]+)": "preupload",
        r"POST /(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch": "batch",
        r"PUT /objects/(?P<sha256>[0-9a-f]{64})": "store",
        rf"GET {_MODEL}/xet-(?P<right>write|read)-token/(?P<revision>[^/]+)": "xet_token",
        rf"POST {_MODEL}/commit/(?P<revision>[^/]+)": "commit",
    }

    def answer(self) -> None:
        path = urlsplit(self.path).path
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hub.requests.append(f"{self.command} {unquote(path)}")
        self.lacking = 0  # bytes
        try:
            if self.hub.broken:
                raise Refused(self.hub.broken)
            for pattern, method in self._ROUTES.items():
                if match := re.fullmatch(pattern, f"{self.command} {path}"):
                    if method in self.hub.failing:
                        raise Refused(self.hub.failing[method])
                    if method in self.hub.unheard:
                        self.close_connection = True
                        return
                    self.lacking = int(method in self.hub.unanswered)
                    groups = {key: unquote(value) for key, value in match.groupdict().items() if value}
                    of = (self.find(groups.pop("kind", "models"), groups.pop("name")),) if "name" in groups else ()
                    getattr(self, method)(*of, **groups)
                    return
            raise Refused(HTTPStatus.NOT_FOUND)
        except Refused as refused:
            self.send(b"", refused.status, refused.headers | self.hub.failing_headers)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 (the names that http.server looks for)

    def find(self, kind: str, name: str) -> Repository:
        """The repository, if it is visible to the token."""
        token = self.token()
        self.name = name
        found = self.hub.repositories.get((kind, name))
        if found is None or (found.private and name.split("/")[0] not in self.owners()):
            # Without a token the Hub gives the same answer for private and missing repositories.
            raise Refused(404 if token else 401, "RepoNotFound", "Repository not found")
        return found

    def token(self) -> str | None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
        if token and token not in self.hub.tokens:
            raise Refused(401, message="Invalid credentials in Authorization header")
        return token

    def owners(self) -> tuple[str, ...]:
        """The owners whose repositories the token may write to."""
        account = self.hub.accounts.get(self.token() or "")
        return account.owners if account else ()

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
        siblings = [{"rfilename": path, **metadata(path, content)} for path, content in files.items()]
        about = {"id": self.name, "sha": commit, "private": repository.private, "gated": gated, "siblings": siblings}
        self.send_json(about)

    def auth_check(self, repository: Repository) -> None:
        self.open(repository)
        self.send_json({})

    def tree(self, repository: Repository, revision: str, path: str = "") -> None:
        """All files below a path, with folders."""
        self.open(repository)
        _, files = self.at(repository, revision)
        self.send_json(entries({name: content for name, content in files.items() if name.startswith(path)}))

    def resolve(self, repository: Repository, revision: str, path: str) -> None:
        self.open(repository)
        commit, files = self.at(repository, revision)
        if path not in files:
            raise Refused(404, "EntryNotFound", "Entry not found")
        headers = {"ETag": f'"{object_id(path, files[path])}"', "X-Repo-Commit": commit}
        if self.hub.storage:
            self.send(b"", HTTPStatus.FOUND, {**headers, "Location": self.hub.storage})
            return
        self.send(files[path], HTTPStatus.OK, headers)

    def whoami(self) -> None:
        account = self.hub.accounts[self.token() or ""]
        orgs = [{"type": "org", "name": name} for name in account.organisations]
        auth = {"type": "access_token", "accessToken": {"displayName": "a", "role": account.role}}
        self.send_json({"type": "user", "name": account.name, "orgs": orgs, "auth": auth})

    def allow_writing(self, owner: str) -> None:
        account = self.hub.accounts.get(self.token() or "")
        if account is None or account.role != "write" or owner not in account.owners:
            raise Refused(403, message="You don't have the right to write here")

    def write_check(self, _repository: Repository) -> None:
        self.allow_writing(self.name.split("/")[0])
        self.send_json({})

    def create(self) -> None:
        asked = json.loads(self.body)
        account = self.hub.accounts.get(self.token() or "")
        owner = asked["organization"] or (account.name if account else "")
        self.allow_writing(owner)
        name = f"{owner}/{asked['name']}"
        answer = {"url": f"{self.hub.url}/{name}"}
        if ("models", name) in self.hub.repositories:
            self.send_json({"error": "You already created this model repo", **answer}, HTTPStatus.CONFLICT)
            return
        repository = self.hub.add("model", name, private=asked.get("visibility") == "private")
        repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"}, message="initial commit")
        self.send_json(answer)

    def create_branch(self, repository: Repository, branch: str) -> None:
        self.allow_writing(self.name.split("/")[0])
        if branch in repository.refs:
            raise Refused(409, message="Reference already exists")
        repository.refs[branch] = repository.refs["main"]
        self.send_json({})

    def validate(self) -> None:
        """Report errors in the metadata of a model card."""
        valid = isinstance(ModelCard(json.loads(self.body)["content"]).data.license, str | None)
        errors = [] if valid else [{"message": '"license" must be a string'}]
        self.send_json({"errors": errors, "warnings": []}, HTTPStatus.OK if valid else HTTPStatus.BAD_REQUEST)

    def preupload(self, repository: Repository, revision: str) -> None:
        """The upload mode of each file, and its hash in the branch."""
        self.allow_writing(self.name.split("/")[0])
        _, files = self.at(repository, revision)
        asked = [file["path"] for file in json.loads(self.body)["files"]]
        answer = [
            {"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular", "shouldIgnore": False}
            | {"oid": object_id(path, files[path]) if path in files else None}
            for path in asked
        ]
        self.send_json({"files": answer})

    def batch(self, _repository: Repository) -> None:
        """The batch request of Git LFS: upload URLs of large files that the Hub does not have yet."""
        self.allow_writing(self.name.split("/")[0])
        objects = []
        for asked in json.loads(self.body)["objects"]:
            actions = {"upload": {"href": f"{self.hub.url}/objects/{asked['oid']}"}}
            objects.append(asked if asked["oid"] in self.hub.objects else {**asked, "actions": actions})
        self.send_json({"transfer": "basic", "objects": objects})

    def store(self, sha256: str) -> None:
        self.hub.objects[sha256] = self.body
        self.send(b"", HTTPStatus.OK, {})

    def xet_token(self, _repository: Repository, right: str, revision: str) -> None:
        """Grant access to xet's storage, which replaces Git LFS: here a folder of the xet library."""
        if right == "write":
            self.allow_writing(self.name.split("/")[0])
        storage, until = f"local://{self.hub.xet}", int(time.time()) + 3600
        self.send_json({"casUrl": storage, "accessToken": "xet", "exp": until})

    def commit(self, repository: Repository, revision: str) -> None:
        """Commit: one JSON object per line, the message first, then the changes."""
        self.allow_writing(self.name.split("/")[0])
        if self.hub.gate is not None:
            self.hub.gate.wait(60)
        before, _ = self.at(repository, revision)
        lines = [json.loads(line) for line in self.body.splitlines()]
        header = next(line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit", before) != before:
            raise Refused(412, message="A commit has happened since")
        changes: dict[str, bytes | None] = {}
        for line in lines:
            value: dict[str, Any] = line["value"]
            match line["key"]:
                case "file":
                    changes[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    sha256 = value["oid"]  # of a file in another store, the Hub has a pointer
                    changes[value["path"]] = self.hub.objects.get(sha256) or pointer(sha256, value["size"])
                case "deletedFile":
                    changes[value["path"]] = None
        commit = repository.commit(changes, revision, header["summary"])
        url = f"{self.hub.url}/{self.name}/commit/{commit}"
        self.send_json({"success": True, "commitOid": commit, "commitUrl": url})

    def send_json(self, value: Any, status: int = HTTPStatus.OK) -> None:
        self.send(json.dumps(value).encode(), status, {"Content-Type": "application/json"})

    def send(self, body: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            if value:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) + self.lacking))
        self.end_headers()
        self.close_connection |= bool(self.lacking)
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's own name)
        """Print nothing: `Hub.requests` is the log."""
