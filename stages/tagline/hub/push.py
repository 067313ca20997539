"""Pushing to the Hugging Face Hub: a folder becomes one commit on a branch, and every failure one message.

`Target.check` asks whether a push will be let in before any work is done for it. The Hub's own client finds a token by
itself (HF_TOKEN, or what `hf auth login` saved); here none is ever read, so none can be written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token, is_offline_mode
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

from tagline.core.errors import UserError
from tagline.hub.failures import LOGIN, NO_HUB, no_hub, unreachable
from tagline.hub.params import Push

# Weights of an earlier push that this one lacks would be another model's: they go. Anything else on a branch stays.
STALE = ("*.safetensors", "*.safetensors.index.json", "*.onnx", "*.onnx.data")

# httpx2's of requests, OSError of files and of xet's library, RuntimeError of both ways to upload (its cause says
# more), ValueError of names, of metadata and of answers that the client does not understand.
_FAILURES = (httpx2.HTTPError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Target:
    """A branch of a model repository.

    Attributes:
        section: where params.yaml names it.
        repo_id: ``owner/name``.
        private: whether it is made a private repository where there is none yet.
        branch: where the commits go; made where there is none.
    """

    section: str
    repo_id: str
    private: bool
    branch: str

    @classmethod
    def of(cls, section: str, params: Push) -> Target:
        """The target that a section of params.yaml names.

        Raises:
            UserError: it names none.
        """
        if params.repo_id is None:
            raise UserError(
                f"{section}.repo_id in params.yaml is null: expected the repository to push to (OWNER/NAME)"
            )
        return cls(section, params.repo_id, params.private, params.branch)

    def __str__(self) -> str:
        return self.repo_id if self.branch == constants.DEFAULT_REVISION else f"{self.repo_id} ({self.branch})"

    def check(self) -> None:
        """See by a few questions that a push would be let in. Nothing is changed on the Hub.

        Raises:
            UserError: nobody is logged in, the token is none, it may not write there or make the repository, the repository
                is public and should be private, or the Hub can't be reached.
        """
        if is_offline_mode():
            raise UserError(
                f"HF_HUB_OFFLINE is set, so nothing can be pushed to {self.repo_id}: unset it, or make "
                f"{self.section}.push in params.yaml false"
            )
        if get_token() is None:
            raise UserError(f"nobody is logged in who could push to {self.repo_id} ({self.section}): log in by {LOGIN}")
        api = HfApi()
        with self._hub_errors():
            try:
                # First, since it alone takes a limit for how long to wait.
                found = api.model_info(self.repo_id, timeout=constants.HF_HUB_ETAG_TIMEOUT)
            except RepositoryNotFoundError:
                self._check_right_to_create(api.whoami())
                return
            api.auth_check(self.repo_id, write=True)
        if self.private and not found.private:
            raise UserError(
                f"{self.repo_id} is public, while {self.section}.private in params.yaml is true: make it private at "
                f"{constants.ENDPOINT}/{self.repo_id}/settings, or make the key false"
            )

    def _check_right_to_create(self, user: dict[str, Any]) -> None:
        """Raise a `UserError` where the Hub is sure to refuse. Of a fine-grained token only the Hub knows."""
        if user.get("auth", {}).get("accessToken", {}).get("role") == "read":
            raise UserError(
                f"your token may read only, so it can't make {self.repo_id} ({self.section}.repo_id): take one with "
                f"the right to write, by {LOGIN}"
            )
        owners = [user["name"], *(org["name"] for org in user.get("orgs", []))]
        if self.repo_id.split("/")[0] not in owners:
            raise UserError(
                f"the Hub has no model {self.repo_id} ({self.section}.repo_id in params.yaml) that you may see, and "
                f"lets you make none there: expected one of {', '.join(f'{owner}/...' for owner in owners)}"
            )

    def create(self) -> None:
        """Make the repository and the branch where they are missing.

        Raises:
            UserError: the Hub refuses, or can't be reached.
        """
        api = HfApi()
        with self._hub_errors():
            api.create_repo(self.repo_id, private=self.private, exist_ok=True)
            if self.branch != constants.DEFAULT_REVISION:
                api.create_branch(self.repo_id, branch=self.branch, exist_ok=True)

    def push(self, folder: Path, message: str) -> str | None:
        """Make a folder's files the branch's, by one commit; `create` comes first.

        Not by `upload_folder`, which makes a further commit of whatever is left after five minutes.

        Args:
            folder: what is pushed, with all folders in it.
            message: the commit's.

        Returns:
            The commit, or None where all of it is there already.

        Raises:
            UserError: the Hub refuses, fails or can't be reached. The branch is as it was then.
        """
        files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        api = HfApi()
        with self._hub_errors():
            head = api.model_info(self.repo_id, revision=self.branch)
            there = {file.rfilename for file in head.siblings or ()}
            gone = sorted(name for name in there - set(files) if any(fnmatch(name, pattern) for pattern in STALE))
            commit = api.create_commit(
                self.repo_id,
                [
                    *(CommitOperationDelete(name) for name in gone),
                    *(CommitOperationAdd(name, path) for name, path in files.items()),
                ],
                commit_message=message,
                revision=self.branch,
                parent_commit=head.sha,
            )
        return None if commit.oid == head.sha else commit.oid

    @contextmanager
    def _hub_errors(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise UserError(self._explain(error)) from None

    def _explain(self, error: Exception) -> str:
        if isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
            error = error.__cause__  # "Error while uploading FILE"
        match error:
            case HFValidationError():
                return f"{self.repo_id!r} is no name of a repository ({self.section}.repo_id): expected OWNER/NAME"
            case RepositoryNotFoundError():
                return f"the Hub has no model {self.repo_id} that you may see ({self.section}.repo_id in params.yaml)"
            case RevisionNotFoundError():
                return f"{self.repo_id} has no branch {self.branch} ({self.section}.branch in params.yaml)"
            case HfHubHTTPError():
                return self._explain_status(error.response.status_code, error.server_message)
        if isinstance(error, NO_HUB):
            return no_hub()
        if isinstance(error, httpx2.HTTPError):
            return unreachable(error, self.repo_id)
        return f"{self.repo_id} could not be pushed to: {' '.join(str(error).split()) or type(error).__name__}"

    def _explain_status(self, status: int, said: str | None) -> str:
        answer = f"{status}: {' '.join(said.split())}" if said else str(status)
        match status:
            case 401:
                return f"the Hub refused your token for {self.repo_id} ({answer}): renew it by {LOGIN}"
            case 403:
                return (
                    f"your token may not write to {self.repo_id} ({answer}): give it that right, or log in by {LOGIN}"
                )
            case 412:
                return f"somebody else changed {self} during the push ({answer}): push again"
            case _ if status == 429 or status >= 500:
                return f"the Hub answered {answer} to a push to {self.repo_id}: try again later"
            case _:
                return f"the Hub refused the push to {self.repo_id} ({answer})"
