"""The comment on a pull request, at a server that answers like GitHub or GitLab."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from helpers.comment_server import CommentServer, comment_server
from helpers.messages import message_of

from tagline.tools.comparison.comment import LONGEST, comments_of_job

MARKER = "<!-- tagline compare . -->"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CommentServer]:
    with comment_server() as running:
        running.enter_job(monkeypatch)
        yield running


@pytest.mark.parametrize(
    ("gitlab", "user", "created", "edited"),
    [
        (False, None, "POST /repos/ada/ner/issues/7/comments", "PATCH /repos/ada/ner/issues/comments/103"),
        (False, "ada", "POST /repos/ada/ner/issues/7/comments", "PATCH /repos/ada/ner/issues/comments/103"),
        (True, "bot", "POST /projects/3/merge_requests/7/notes", "PUT /projects/3/merge_requests/7/notes/103"),
    ],
)
def test_first_push_creates_what_later_ones_edit(gitlab: bool, user: str | None, created, edited, monkeypatch) -> None:
    with comment_server(gitlab) as server:
        server.enter_job(monkeypatch)
        server.user = user
        for stranger in ("eve", None, *["github-actions"] * 100):
            server.add(f"{MARKER}\nof a stranger", stranger)
        server.add(f"quotes {MARKER}", user or "github-actions[bot]")
        comments = comments_of_job()
        assert comments.write("first\n", MARKER, "") is None
        assert comments.write("second\n", MARKER, "https://host/run/1") is None
        assert server.writes == [created, edited]
        assert server.comments[-1]["body"] == f"{MARKER}\nsecond\n\n[Report of the results](<https://host/run/1>)\n"
        assert {each["body"] for each in server.comments[:-2]} == {f"{MARKER}\nof a stranger"}


def test_read_only_token_is_a_reason_not_an_error(server: CommentServer, monkeypatch: pytest.MonkeyPatch) -> None:
    comments = comments_of_job()
    for method in ("POST", "GET"):
        server.failing[method] = (403, "read-only")
        assert comments.write("text", MARKER, "") == "GITHUB_TOKEN may not write it ('read-only')"
    monkeypatch.setenv("GITHUB_TOKEN", "")
    assert comments.write("text", MARKER, "") == "environment variable GITHUB_TOKEN is not set"
    assert server.writes == []


@pytest.mark.parametrize(
    ("method", "answer", "message"),
    [
        ("GET", (500, "oops"), "GET URL/user was answered with 500 ('oops'); expected a success; check GITHUB_TOKEN"),
        ("POST", (404, ""), "POST URL/repos/ada/ner/issues/7/comments was answered with 404 ("),
        ("GET", (200, "<html>"), "URL does not answer like the API of GitHub or GitLab"),
        ("GET", (200, "[7]"), "URL does not answer like the API of GitHub or GitLab"),
    ],
)
def test_error_of_the_api_is_one_message(server: CommentServer, method: str, answer: tuple[int, str], message) -> None:
    server.failing[method] = answer
    found = message_of(comments_of_job().write, "text", MARKER, "")
    assert found.startswith(f"--comment: {message.replace('URL', server.url)}") and "secret" not in found


def test_unreachable_api_and_other_jobs_are_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with comment_server() as server:
        server.enter_job(monkeypatch)
    monkeypatch.setattr("tagline.tools.comparison.comment.SECONDS", 0.05)
    message = message_of(comments_of_job().write, "text", MARKER, "")
    assert message.startswith(f"--comment: {server.url} is unreachable (ConnectError); check the connection")
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    assert "variable CI_MERGE_REQUEST_PROJECT_ID is not set; expected a job of GitHub" in message_of(comments_of_job)


def test_comment_that_is_too_long_keeps_its_first_line(server: CommentServer) -> None:
    comments_of_job().write("### headline\n" + "x" * LONGEST, MARKER, "")
    assert server.comments[0]["body"].startswith(f"{MARKER}\n### headline\n\nThe rest is too long for a comment")
