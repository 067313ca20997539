"""A small Hugging Face Hub on loopback: enough of its HTTP API for the real clients to read repositories and to push.

Its answers follow the source of huggingface_hub: the paths that it requests, the headers that it expects (``ETag``,
``X-Repo-Commit``) and the error codes (``X-Error-Code``) of gated and missing repositories. Large files go by Git LFS.

    with Hub() as hub:
        commit = hub.add("dataset", "owner/name").commit({"README.md": b"..."})
        ...  # run a client with HF_ENDPOINT=hub.url
        assert hub.requests == [...]
"""

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from huggingface_hub import ModelCard, constants

TOKEN = "hf_secretsecretsecretsecret"  # of the fixture `logged_in`
# Large files by the Hub's default .gitattributes.
LARGE = (".safetensors", ".onnx")


def blob_id(content):
    """Git's hash of a file's content, which the Hub uses as its ETag."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def object_id(path, content):
    """The hash by which the Hub compares files: SHA-256 of a large one, Git's hash of any other."""
    return hashlib.sha256(content).hexdigest() if path.endswith(LARGE) else blob_id(content)


@dataclass
class Repository:
    """Files by commit, branches and tags."""

    readers: set[str] | None = None  # tokens with access to a gated repository; None: it is public
    private: bool = False  # visible to its owners only
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)  # of all commits, in order

    def commit(self, changes, ref="main", message=""):
        """Commit changed files (None: deleted) to a branch; returns the new commit."""
        files = {**self.commits.get(self.refs.get(ref, ""), {}), **changes}
        files = {path: content for path, content in sorted(files.items()) if content is not None}
        listing = [self.refs.get(ref, ""), ref, *(f"{path} {blob_id(content)}" for path, content in files.items())]
        commit = hashlib.sha1("\n".join(listing).encode()).hexdigest()
        self.commits[commit] = files
        self.refs[ref] = commit
        self.messages.append(message)
        return commit

    def files(self, ref="main"):
        """The files of a branch."""
        return self.commits[self.refs[ref]]


@dataclass(frozen=True)
class Account:
    """The user of a token: the owners whose repositories it may write to, itself first, if its role is ``write``."""

    owners: tuple[str, ...] = ("",)
    role: str = "write"


class Refused(Exception):
    """An error status with the Hub's headers."""

    def __init__(self, status, code="", message=""):
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message}


class Hub:
    """The server; it runs in a thread during the ``with`` block."""

    def __init__(self):
        self.repositories = {}
        self.tokens = set()
        self.accounts = {}  # by token
        self.objects = {}  # uploaded large files by SHA-256
        self.failing = {}  # error statuses by name of route
        self.unheard = set()  # routes that close the connection and do nothing
        self.unanswered = set()  # routes that do their work and close the connection within the answer
        self.storage = ""  # URL to which requests for files are redirected, if any
        self.gate = None  # commits wait until it is set
        self.requests = []  # "METHOD /path", in the order of arrival
        self.broken = None  # status of all answers, which are empty then
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def add(self, kind, name, readers=None, private=False):
        """Create an empty repository; ``kind`` is dataset or model."""
        return self.repositories.setdefault((f"{kind}s", name), Repository(readers, private))

    def log_in(self, token, account):
        """Add a token of an account."""
        self.tokens.add(token)
        self.accounts[token] = account

    def serve(self, patch):
        """Have the client of this process ask the server, for files too."""
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE  # made of the first ENDPOINT
        patch.setattr(constants, "ENDPOINT", self.url)
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", self.url + template[template.index("/{") :])

    def __enter__(self):
        # A short poll interval: the default makes each test wait half a second for the end of the thread.
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()


REPOSITORY = r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)"
MODEL = r"/api/models/(?P<name>[^/]+/[^/]+)"
ROUTES = {
    rf"GET {REPOSITORY}(/revision/(?P<revision>[^/]+))?": "info",
    rf"GET {REPOSITORY}/auth-check": "auth_check",
    rf"GET {REPOSITORY}/tree/(?P<revision>[^/]+)(/(?P<path>.+))?": "tree",
    r"(GET|HEAD) /((?P<kind>datasets)/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)": "resolve",
    r"GET /api/whoami-v2": "whoami",
    r"POST /api/repos/create": "create",
    r"POST /api/validate-yaml": "validate",
    rf"GET {MODEL}/auth-check/write": "write_check",
    rf"POST {MODEL}/branch/(?P<branch>[^/]+)": "create_branch",
    rf"POST {MODEL}/preupload/(?P<revision>[^/]+)": "preupload",
    r"POST /(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch": "batch",
    r"PUT /objects/(?P<sha256>[0-9a-f]{64})": "store",
    rf"POST {MODEL}/commit/(?P<revision>[^/]+)": "commit",
}


class _Handler(BaseHTTPRequestHandler):
    """Handles a request: the pattern of a route selects the method."""

    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # headers and body in one packet, without a wait for an acknowledgement

    def answer(self):
        path = urlsplit(self.path).path
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hub.requests.append(f"{self.command} {unquote(path)}")
        self.lacking = 0  # bytes
        try:
            if self.hub.broken:
                raise Refused(self.hub.broken)
            for pattern, method in ROUTES.items():
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
            self.send(b"", refused.status, refused.headers)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 (the names that http.server looks for)

    def find(self, kind, name):
        """The repository, if it is visible to the token."""
        token = self.token()
        self.name = name
        found = self.hub.repositories.get((kind, name))
        if found is None or (found.private and name.split("/")[0] not in self.account().owners):
            # Without a token the Hub gives the same answer for private and missing repositories.
            raise Refused(404 if token else 401, "RepoNotFound", "Repository not found")
        return found

    def token(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
        if token and token not in self.hub.tokens:
            raise Refused(401, message="Invalid credentials in Authorization header")
        return token

    def account(self):
        return self.hub.accounts.get(self.token(), Account())

    def open(self, repository):
        if repository.readers is not None and self.token() not in repository.readers:
            raise Refused(403 if self.token() else 401, "GatedRepo", "Access to this repository is restricted")

    @staticmethod
    def at(repository, revision):
        commit = repository.refs.get(revision, revision)
        if commit not in repository.commits:
            raise Refused(404, "RevisionNotFound", "Invalid rev id")
        return commit, repository.commits[commit]

    def info(self, repository, revision="main"):
        commit, files = self.at(repository, revision)
        siblings = []
        for path, content in files.items():
            siblings.append({"rfilename": path, "size": len(content), "blobId": blob_id(content)})
            if path.endswith(LARGE):
                siblings[-1]["lfs"] = {"sha256": object_id(path, content), "size": len(content), "pointerSize": 134}
        gated = "manual" if repository.readers is not None else False
        about = {"id": self.name, "sha": commit, "private": repository.private, "gated": gated, "siblings": siblings}
        self.send_json(about)

    def auth_check(self, repository):
        self.open(repository)
        self.send_json({})

    def tree(self, repository, revision, path=""):
        """All files below a path, with their folders."""
        self.open(repository)
        files = {name: each for name, each in self.at(repository, revision)[1].items() if name.startswith(path)}
        folders = {name.rsplit("/", depth)[0] for name in files for depth in range(1, name.count("/") + 1)}
        found = [{"type": "directory", "path": name, "size": 0, "oid": blob_id(name.encode())} for name in folders]
        for name, content in files.items():
            found.append({"type": "file", "path": name, "size": len(content), "oid": blob_id(content)})
        self.send_json(found)

    def resolve(self, repository, revision, path):
        self.open(repository)
        commit, files = self.at(repository, revision)
        if path not in files:
            raise Refused(404, "EntryNotFound", "Entry not found")
        headers = {"ETag": f'"{object_id(path, files[path])}"', "X-Repo-Commit": commit}
        if self.hub.storage:
            self.send(b"", HTTPStatus.FOUND, {**headers, "Location": self.hub.storage})
        else:
            self.send(files[path], HTTPStatus.OK, headers)

    def whoami(self):
        user, *others = self.account().owners
        auth = {"type": "access_token", "accessToken": {"displayName": "a", "role": self.account().role}}
        orgs = [{"type": "org", "name": name} for name in others]
        self.send_json({"type": "user", "name": user, "orgs": orgs, "auth": auth})

    def allow_writing(self, owner=None):
        """Allow it to an owner, by default of the repository."""
        account = self.account()
        if account.role != "write" or (owner or self.name.split("/")[0]) not in account.owners:
            raise Refused(403, message="You don't have the right to write here")

    def write_check(self, _repository):
        self.allow_writing()
        self.send_json({})

    def create(self):
        asked = json.loads(self.body)
        owner = asked["organization"] or self.account().owners[0]
        self.allow_writing(owner)
        name = f"{owner}/{asked['name']}"
        answer = {"url": f"{self.hub.url}/{name}"}
        if ("models", name) in self.hub.repositories:
            self.send_json({"error": "You already created this model repo", **answer}, HTTPStatus.CONFLICT)
            return
        repository = self.hub.add("model", name, private=asked.get("visibility") == "private")
        repository.commit({".gitattributes": b"*.safetensors filter=lfs\n"}, message="initial commit")
        self.send_json(answer)

    def create_branch(self, repository, branch):
        self.allow_writing()
        if branch in repository.refs:
            raise Refused(409, message="Reference already exists")
        repository.refs[branch] = repository.refs["main"]
        self.send_json({})

    def validate(self):
        """Report errors in the metadata of a model card."""
        valid = isinstance(ModelCard(json.loads(self.body)["content"]).data.license, str | None)
        errors = [] if valid else [{"message": '"license" must be a string'}]
        self.send_json({"errors": errors, "warnings": []}, HTTPStatus.OK if valid else HTTPStatus.BAD_REQUEST)

    def preupload(self, repository, revision):
        """The upload mode of each file, and its hash in the branch."""
        self.allow_writing()
        _, files = self.at(repository, revision)
        answer = []
        for path in (file["path"] for file in json.loads(self.body)["files"]):
            oid = object_id(path, files[path]) if path in files else None
            mode = "lfs" if path.endswith(LARGE) else "regular"
            answer.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self.send_json({"files": answer})

    def batch(self, _repository):
        """The batch request of Git LFS: upload URLs of large files that the Hub does not have yet."""
        self.allow_writing()
        objects = json.loads(self.body)["objects"]
        for asked in objects:
            if asked["oid"] not in self.hub.objects:
                asked["actions"] = {"upload": {"href": f"{self.hub.url}/objects/{asked['oid']}"}}
        self.send_json({"transfer": "basic", "objects": objects})

    def store(self, sha256):
        self.hub.objects[sha256] = self.body
        self.send(b"", HTTPStatus.OK, {})

    def commit(self, repository, revision):
        """Commit: one JSON object per line, the message first, then the changes."""
        self.allow_writing()
        if self.hub.gate is not None:
            self.hub.gate.wait(60)
        before, _ = self.at(repository, revision)
        header, *lines = map(json.loads, self.body.splitlines())
        if header["value"].get("parentCommit", before) != before:
            raise Refused(412, message="A commit has happened since")
        changes = {}
        for line in lines:
            value, content = line["value"], None  # of a deletedFile
            if line["key"] == "file":
                content = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = self.hub.objects[value["oid"]]
            changes[value["path"]] = content
        commit = repository.commit(changes, revision, header["value"]["summary"])
        url = f"{self.hub.url}/{self.name}/commit/{commit}"
        self.send_json({"success": True, "commitOid": commit, "commitUrl": url})

    def send_json(self, value, status=HTTPStatus.OK):
        self.send(json.dumps(value).encode(), status, {"Content-Type": "application/json"})

    def send(self, body, status, headers):
        self.send_response(status)
        for key, value in headers.items():
            if value:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(body) + self.lacking))
        self.end_headers()
        self.close_connection |= bool(self.lacking)
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """Print nothing: `Hub.requests` is the log."""
