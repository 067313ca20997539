"""Writes of hub_server.py: accounts, new repositories and branches, large files, commits."""

from __future__ import annotations

import base64
import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from helpers.hub_repositories import LARGE, Refused, Repository, object_id, pointer
from huggingface_hub import ModelCard

if TYPE_CHECKING:
    from helpers.hub_server import Hub

_MODEL = r"/api/models/(?P<name>[^/]+/[^/]+)"


class Writing:
    """Handles requests that write, or check write permission; a mixin of hub_server.py's handler."""

    hub: ClassVar[Hub]
    ROUTES: ClassVar[dict[str, str]] = {
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
