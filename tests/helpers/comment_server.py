"""The comments of one pull request on loopback, as the APIs of GitHub and GitLab have them, in pages of 100."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


class CommentServer(ThreadingHTTPServer):
    """The server; its comments are named like those of GitHub's API, or of GitLab's."""

    def __init__(self, gitlab: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gitlab = gitlab
        self.author, self.login = ("author", "username") if gitlab else ("user", "login")
        self.comments: list[dict[str, Any]] = []
        self.user: str | None = None  # who asks; None: the token of a job, which may not ask
        self.writes: list[str] = []  # "METHOD /path" of each request that changes comments
        self.failing: dict[str, tuple[int, str]] = {}  # statuses and contents of answers by method
        self.url = f"http://127.0.0.1:{self.server_port}"

    def add(self, body: str, name: str | None) -> None:
        author = None if name is None else {self.login: name}
        self.comments.append({"id": len(self.comments), "body": body, self.author: author})

    def enter_job(self, patch: pytest.MonkeyPatch) -> None:
        """Set what a job for request 7 of repository ada/ner, or of project 3, has in its environment."""
        github = {"REF": "refs/pull/7/merge", "REPOSITORY": "ada/ner", "API_URL": self.url, "TOKEN": "secret"}
        request = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_PROJECT_ID": "3", "CI_API_V4_URL": self.url}
        gitlab, actions = request | {"GITLAB_TOKEN": "secret"}, {f"GITHUB_{key}": each for key, each in github.items()}
        for name in (*gitlab, *actions):
            patch.delenv(name, raising=False)
        for name, value in (gitlab if self.gitlab else actions).items():
            patch.setenv(name, value)


@contextmanager
def comment_server(gitlab: bool = False) -> Iterator[CommentServer]:
    """Run a server in a thread during the block."""
    with CommentServer(gitlab) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: CommentServer

    def answer(self) -> None:
        server, url = self.server, urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, text = server.failing.get(self.command, (200, None))
        if self.headers["Authorization"] != "Bearer secret":
            status, text = 401, "Bad credentials"
        if text is None and self.command == "GET" and url.path == "/user":
            status = 200 if server.user else 403
            text = json.dumps({server.login: server.user} if server.user else {"message": "by integration"})
        elif text is None and self.command == "GET":
            start = 100 * (int(parse_qs(url.query)["page"][0]) - 1)
            text = json.dumps(server.comments[start : start + 100])
        elif text is None:
            server.writes.append(f"{self.command} {url.path}")
            body = json.loads(content)["body"]
            if self.command == "POST":
                server.add(body, server.user or "github-actions[bot]")
            else:
                server.comments[int(url.path.rpartition("/")[2])]["body"] = body
        self.send_response(status)
        self.end_headers()
        self.wfile.write((text or "{}").encode())

    do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

    def log_message(self, *_arguments: object) -> None:
        pass
