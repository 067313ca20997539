"""The comments of one pull request on loopback, as the APIs of GitHub and of GitLab have them, in pages of 100."""

import threading
from typing import Any

import pytest
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

# What a job for request 7 of repository ada/ner, or of project 3, has in its environment.
GITHUB = "GITHUB_REF=refs/pull/7/merge GITHUB_REPOSITORY=ada/ner GITHUB_API_URL=URL GITHUB_TOKEN=secret"
GITLAB = "CI_MERGE_REQUEST_IID=7 CI_MERGE_REQUEST_PROJECT_ID=3 CI_API_V4_URL=URL GITLAB_TOKEN=secret"


class CommentServer:
    """The server; it runs in a thread until ``server.shutdown()``."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.user: str | None = None  # who asks; None: a token of a GitHub App, which may not ask for its name
        self.bot = "github-actions[bot]"  # the name of that app
        self.writes: list[str] = []  # "METHOD /path" of each request that changes comments
        self.failing: dict[str, Response] = {}  # answers by method
        app = Flask(__name__)
        app.add_url_rule("/<path:path>", view_func=self._answer, methods=["GET", "POST", "PATCH", "PUT"])
        self.server = make_server("127.0.0.1", 0, app)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def enter_job(self, patch: pytest.MonkeyPatch, variables: str = GITHUB) -> None:
        for variable in f"{GITHUB} {GITLAB}".split():
            patch.delenv(variable.partition("=")[0], raising=False)
        for variable in variables.replace("=URL", f"={self.url}").split():
            patch.setenv(*variable.split("="))

    def add(self, body: str, name: str | None) -> None:
        author = name and {"login": name, "username": name, "type": "Bot" if name.endswith("[bot]") else "User"}
        self.comments.append({"id": len(self.comments), "body": body, "user": author, "author": author})

    def _answer(self, path: str) -> Response | tuple[Response, int]:
        assert request.headers["Authorization"] == "Bearer secret"
        if request.method in self.failing:
            return self.failing[request.method]
        if path == "user":
            return jsonify(login=self.user, username=self.user), 200 if self.user else 403
        if request.method == "GET":
            end = 100 * int(request.args["page"])
            return jsonify(self.comments[end - 100 : end])
        self.writes.append(f"{request.method} /{path}")
        if request.method == "POST":
            self.add(request.json["body"], self.user or self.bot)
        else:
            self.comments[int(path.rpartition("/")[2])]["body"] = request.json["body"]
        return jsonify()
