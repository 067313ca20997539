"""One comment on a pull request of GitHub or a merge request of GitLab, which later calls edit.

The variables that these set in every job say which request it is; the token is in GITHUB_TOKEN or GITLAB_TOKEN.
"""

import os
import re
from dataclasses import dataclass
from typing import Any

import httpx2

from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted

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
        if len(text) > LONGEST:
            text = f"{text.partition(chr(10))[0]}\n\nThe rest is too long for a comment: see the output of the job.\n"
        body = {"body": f"{marker}\n{text}" + f"\n[Report of the results](<{report}>)\n" * bool(report)}
        with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS) as client:
            own = self._own(client, marker)
            method, url = ("POST", self.all) if own is None else (self.edit, f"{self.one}/{own}")
            answer = self._ask(client, method, url, body, refusable=True)
        return f"{self.token} may not write it ({quoted(answer.text)})" if answer.status_code == 403 else None

    def _own(self, client: httpx2.Client, marker: str) -> Any:
        """The id of the first comment with the marker by the token's user; None if there is none."""
        user = self._ask(client, "GET", f"{self.api}/user", refusable=True)
        try:
            # The token of a job or another GitHub App writes as a bot, and may not ask for its name.
            name = None if user.status_code == 403 else user.json()[self.login]
            for number in range(1, MOST_PAGES + 1):
                page = self._ask(client, "GET", f"{self.all}?per_page={PAGE}&page={number}").json()
                for comment in page:
                    author = comment[self.author] or {}  # a deleted user is null
                    is_own = author.get("type") == "Bot" if name is None else author.get(self.login) == name
                    if is_own and comment["body"].startswith(marker):
                        return comment["id"]
                if len(page) < PAGE:
                    return None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UserError(f"--comment: {self.api} does not answer like the API of GitHub or GitLab") from None
        raise UserError(
            f"--comment: {self.all} lists more than {PAGE * MOST_PAGES:,} comments; expected fewer; use --md"
        )

    def _ask(
        self, client: httpx2.Client, method: str, url: str, body: dict[str, str] | None = None, refusable: bool = False
    ) -> httpx2.Response:
        """Send a request; the answer is a success, or 403 if that is no error."""
        try:
            answer = client.request(method, url, json=body)
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
    variables = os.environ
    try:
        if pull := re.match(r"refs/pull/(\d+)/", variables.get("GITHUB_REF", "")):
            api = variables["GITHUB_API_URL"]
            issues = f"{api}/repos/{variables['GITHUB_REPOSITORY']}/issues"
            comments = f"{issues}/{pull[1]}/comments"
            return Comments(api, comments, f"{issues}/comments", "PATCH", "user", "login", "GITHUB_TOKEN")
        project, number = variables["CI_MERGE_REQUEST_PROJECT_ID"], variables["CI_MERGE_REQUEST_IID"]
        api = variables["CI_API_V4_URL"]
        notes = f"{api}/projects/{project}/merge_requests/{number}/notes"
        return Comments(api, notes, notes, "PUT", "author", "username", "GITLAB_TOKEN")
    except KeyError as error:
        raise UserError(
            f"--comment: environment variable {error.args[0]} is not set; expected a job of GitHub or GitLab for a "
            "pull or merge request; elsewhere, use --md"
        ) from None
