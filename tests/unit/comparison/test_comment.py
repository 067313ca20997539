"""The comment on a pull request, at a server that answers like GitHub and GitLab."""

import pytest
from flask import Response
from helpers.comment_server import GITHUB, GITLAB, CommentServer
from helpers.messages import message_of

from tagline.comparison import comment
from tagline.comparison.comment import LONGEST, comments_of_job

MARKER = "<!-- tagline compare . -->"
ISSUES, NOTES = "/repos/ada/ner/issues", "/projects/3/merge_requests/7/notes"


@pytest.fixture
def server(monkeypatch):
    running = CommentServer()
    running.enter_job(monkeypatch)
    yield running
    running.server.shutdown()


JOBS = [
    (GITHUB, None, [f"POST {ISSUES}/7/comments", f"PATCH {ISSUES}/comments/103"]),
    (GITLAB, "bot", [f"POST {NOTES}", f"PUT {NOTES}/103"]),
]


@pytest.mark.parametrize(("job", "user", "writes"), JOBS)
def test_first_push_creates_what_later_ones_edit(job, user, writes, server, monkeypatch):
    server.enter_job(monkeypatch, job)
    server.user = user
    for stranger in ("eve", None, *["github-actions"] * 100):
        server.add(f"{MARKER}\nof a stranger", stranger)
    server.add(f"quotes {MARKER}", user or "github-actions[bot]")
    assert comments_of_job().write("first\n", MARKER, "") is None
    assert comments_of_job().write("### head\n" + "x" * LONGEST, MARKER, "https://host/run") is None
    assert server.writes == writes
    body = f"{MARKER}\n### head\n\nThe rest is too long for a comment: see the output of the job.\n"
    assert server.comments[-1]["body"] == f"{body}\n[Report of the results](<https://host/run>)\n"
    assert {each["body"] for each in server.comments[:-2]} == {f"{MARKER}\nof a stranger"}


def test_comment_of_a_github_app_is_edited(server):
    server.bot = "tagger[bot]"
    for _ in range(2):
        comments_of_job().write("text", MARKER, "")
    assert server.writes == [f"POST {ISSUES}/7/comments", f"PATCH {ISSUES}/comments/0"]


def test_token_without_its_line_end_must_be_ascii(server, monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "secret\n")
    assert comments_of_job().write("text", MARKER, "") is None
    monkeypatch.setenv("GITHUB_TOKEN", " \n")
    assert comments_of_job().write("text", MARKER, "") == "environment variable GITHUB_TOKEN is not set"
    monkeypatch.setenv("GITHUB_TOKEN", "s\u00e9cret")
    message = "--comment: environment variable GITHUB_TOKEN has letters beyond ASCII; expected a token"
    assert message_of(comments_of_job().write, "text", MARKER, "") == message


def test_list_without_end_is_an_error(server, monkeypatch):
    monkeypatch.setattr(comment, "MOST_PAGES", 2)
    for _ in range(200):
        server.add("text", "eve")
    message = f"--comment: {server.url}{ISSUES}/7/comments lists more than 200 comments; expected fewer; use --md"
    assert message_of(comments_of_job().write, "text", MARKER, "") == message


def test_token_that_may_not_write_is_a_reason(server):
    server.failing = {"POST": Response("read-only", 403)}
    assert comments_of_job().write("text", MARKER, "") == "GITHUB_TOKEN may not write it ('read-only')"


LISTED = f"{ISSUES}/7/comments?per_page=100&page=1"
FAILURES = [
    (
        "GET",
        Response("no", 403),
        f"GET URL{LISTED} was answered with 403 ('no'); expected a success; check GITHUB_TOKEN",
    ),
    ("POST", Response("", 404), f"POST URL{ISSUES}/7/comments was answered with 404 ("),
    ("GET", Response("<html>"), "URL does not answer like the API of GitHub or GitLab"),
]


@pytest.mark.parametrize(("method", "answer", "message"), FAILURES)
def test_error_of_the_api_is_one_message(server, method, answer, message):
    server.failing = {method: answer}
    found = message_of(comments_of_job().write, "text", MARKER, "")
    assert found.startswith(f"--comment: {message.replace('URL', server.url)}") and "secret" not in found


def test_unreachable_api_and_job_without_a_request_are_one_message(server, monkeypatch):
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    message = "--comment: http://127.0.0.1:9 is unreachable (ConnectError); check the connection, or run it again"
    assert message_of(comments_of_job().write, "text", MARKER, "") == message
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    assert "variable CI_MERGE_REQUEST_PROJECT_ID is not set; expected a job of GitHub" in message_of(comments_of_job)
