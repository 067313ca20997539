"""One comment on a pull request of GitHub or a merge request of GitLab, which later calls edit.

The variables that these set in every job say which request it is; the token is in GITHUB_TOKEN or GITLAB_TOKEN.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from tagline.terminal import UserError, quoted

# The longest comment that GitHub accepts, in characters; the first line and the link are added to it.
LONGEST = 60_000
PAGE = 100
# GitHub allows 2,500 comments.
MOST_PAGES = 50
SECONDS = 30


@dataclass(frozen=True)
class Comments:
    """The comments of a pull or merge request.

    Attributes:
        api: URL of the API.
        all: URL of the request's comments.
        one: URL of a comment, without ``/`` and its id.
        edit: HTTP method that changes a comment.
        author: key of a comment's author.
        login: key of a user's name.
        token: environment variable of the token.
    """

    api: str
    all: str
    one: str
    edit: str
    author: str
    login: str
    token: str

    def write(self, text: str, marker: str, report: str) -> str | None:
        """Edit the comment that begins with the marker and is by the token's user, or else write a new one.

        Args:
            text: the comment, in Markdown. Of one that is too long, only the first line is written.
            marker: an HTML comment.
            report: URL of the report; may be empty.

        Returns:
            None, or why there is no comment if the token is missing or has no right to write, as for forks.

        Raises:
            UserError: the API is unreachable, or answers with another error.
        """
        token = os.environ.get(self.token, "").strip()
        if not token:
            return f"environment variable {self.token} is not set"
        if not token.isascii():
            raise UserError(f"--comment: environment variable {self.token} has letters beyond ASCII; expected a token")
        if len(text) > LONGEST:
            headline, _, _ = text.partition("\n")
            text = f"{headline}\n\nThe rest is too long for a comment: see the output of the job.\n"
        body = f"{marker}\n{text}"
        if report:
            body += f"\n[Report of the results](<{report}>)\n"
        with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS) as client:
            earlier = self._earlier(client, marker)
            if earlier is None:
                answer = self._ask(client, "POST", self.all, body, refusable=True)
            else:
                answer = self._ask(client, self.edit, f"{self.one}/{earlier}", body, refusable=True)
        if answer.status_code == 403:
            return f"{self.token} may not write it ({quoted(answer.text)})"
        return None

    def _earlier(self, client: httpx2.Client, marker: str) -> Any:
        """The id of the first comment with the marker by the token's user; None if there is none."""
        user = self._ask(client, "GET", f"{self.api}/user", refusable=True)
        try:
            # The token of a job or another GitHub App writes as a bot, and may not ask for its name.
            name = None if user.status_code == 403 else user.json()[self.login]
            for comment in self._listed(client):
                author = comment[self.author] or {}  # a deleted user is null
                is_own = author.get("type") == "Bot" if name is None else author.get(self.login) == name
                if is_own and comment["body"].startswith(marker):
                    return comment["id"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UserError(f"--comment: {self.api} does not answer like the API of GitHub or GitLab") from None
        return None

    def _listed(self, client: httpx2.Client) -> Iterator[Any]:
        """Yield all comments, page by page."""
        for number in range(1, MOST_PAGES + 1):
            page = self._ask(client, "GET", f"{self.all}?per_page={PAGE}&page={number}").json()
            yield from page
            if len(page) < PAGE:
                return
        raise UserError(
            f"--comment: {self.all} lists more than {PAGE * MOST_PAGES:,} comments; expected fewer; use --md"
        )

    def _ask(
        self, client: httpx2.Client, method: str, url: str, body: str | None = None, refusable: bool = False
    ) -> httpx2.Response:
        """Send a request; the answer is a success, or 403 if that is no error."""
        try:
            answer = client.request(method, url, json=None if body is None else {"body": body})
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UserError(
                f"--comment: {self.api} is unreachable ({type(error).__name__}); check the connection, or run it again"
            ) from None
        if not answer.is_success and not (refusable and answer.status_code == 403):
            raise UserError(
                f"--comment: {method} {url} was answered with {answer.status_code} ({quoted(answer.text)}); expected a "
                f"success; check {self.token} and its rights, or run it again"
            )
        return answer


def comments_of_job() -> Comments:
    """The comments of the request that this job runs for.

    Raises:
        UserError: it runs for none.
    """
    try:
        pull = re.match(r"refs/pull/(\d+)/", os.environ.get("GITHUB_REF", ""))
        return _of_pull_request(pull[1]) if pull else _of_merge_request()
    except KeyError as error:
        raise UserError(
            f"--comment: environment variable {error.args[0]} is not set; expected a job of GitHub or GitLab for a "
            "pull or merge request; elsewhere, use --md"
        ) from None


def _of_pull_request(number: str) -> Comments:
    api = os.environ["GITHUB_API_URL"]
    issues = f"{api}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    return Comments(
        api,
        all=f"{issues}/{number}/comments",
        one=f"{issues}/comments",
        edit="PATCH",
        author="user",
        login="login",
        token="GITHUB_TOKEN",
    )


def _of_merge_request() -> Comments:
    project = os.environ["CI_MERGE_REQUEST_PROJECT_ID"]
    number = os.environ["CI_MERGE_REQUEST_IID"]
    api = os.environ["CI_API_V4_URL"]
    notes = f"{api}/projects/{project}/merge_requests/{number}/notes"
    return Comments(api, all=notes, one=notes, edit="PUT", author="author", login="username", token="GITLAB_TOKEN")
