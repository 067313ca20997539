"""Push a folder to the Hugging Face Hub as one commit on a branch; each failure is one message.

`Target.check` asks the Hub for permission before any work is done. The Hub's client finds the token (HF_TOKEN, or from
`hf auth login`); this module never reads it, so it can't be written anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token, is_offline_mode
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

from tagline.hub.client import LOGIN, NO_HUB, Asked, endpoint, prepare
from tagline.hub.hub_params import Push
from tagline.terminal import UserError, safe_message

# Deleted from the branch if they are not pushed again: weights of an earlier push belong to another model.
STALE = (
    "head.safetensors",
    "model*.safetensors",
    "model.safetensors.index.json",
    "onnx/model*.onnx",
    "onnx/model*_data",
)


# httpx2.HTTPError: requests; OSError: files and the xet library; RuntimeError: uploads (its cause says more);
# ValueError: names, metadata and answers that the client does not understand.
_FAILURES = (httpx2.HTTPError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Target:
    """A branch of a model repository, ``owner/name``.

    Attributes:
        section: of params.yaml, for messages.
        private: whether a new repository is private.
        branch: created if it is missing.
    """

    section: str
    repo_id: str
    private: bool
    branch: str

    @classmethod
    def of(cls, section: str, params: Push) -> Target:
        """Make the target of a section of params.yaml, whose ``repo_id`` must not be null."""
        if params.repo_id is None:
            raise UserError(
                f"{section}.repo_id in params.yaml is null; expected the repository to push to (OWNER/NAME)"
            )
        return cls(section, params.repo_id, params.private, params.branch)

    def __str__(self) -> str:
        if self.branch == constants.DEFAULT_REVISION:
            return self.repo_id
        return f"{self.repo_id} ({self.branch})"

    def check(self) -> None:
        """Ask the Hub whether a push is permitted; nothing is changed there.

        Raises:
            UserError: there is no token, or it is invalid or lacks the permission; the repository is public and should
                be private; or the Hub is unreachable.
        """
        if is_offline_mode():
            raise UserError(
                f"HF_HUB_OFFLINE is set, so {self.repo_id} can't be pushed to; unset it, or set "
                f"{self.section}.push in params.yaml to false"
            )
        prepare()
        if get_token() is None:
            raise UserError(
                f"not logged in, so {self.repo_id} can't be pushed to ({self.section}); log in with {LOGIN}"
            )
        api = HfApi()
        with self._hub_errors():
            try:
                # First, since only this request has a timeout.
                existing = api.model_info(self.repo_id, timeout=constants.HF_HUB_ETAG_TIMEOUT)
            except RepositoryNotFoundError:
                self._check_right_to_create(api.whoami())
                return
            api.auth_check(self.repo_id, write=True)
        if self.private and not existing.private:
            raise UserError(
                f"{self.repo_id} is public, but {self.section}.private in params.yaml is true; make it private at "
                f"{endpoint()}/{self.repo_id}/settings, or set the key to false"
            )

    def _check_right_to_create(self, user: dict[str, Any]) -> None:
        """Raise a `UserError` if the Hub is sure to refuse; it does not tell a fine-grained token's permissions."""
        if user.get("auth", {}).get("accessToken", {}).get("role") == "read":
            raise UserError(
                f"your token is read-only, so it can't create {self.repo_id} ({self.section}.repo_id); log in with a "
                f"token with write permission: {LOGIN}"
            )
        owners = [user["name"]] + [organisation["name"] for organisation in user.get("orgs", [])]
        if self.repo_id.split("/")[0] not in owners:
            names = ", ".join(f"{owner}/..." for owner in owners)
            raise UserError(
                f"{self.repo_id} ({self.section}.repo_id in params.yaml) does not exist or is not visible to you, and "
                f"you can't create it; expected one of {names}"
            )

    def create(self) -> None:
        """Create the repository and the branch if they are missing.

        Raises:
            UserError: the Hub refuses or is unreachable.
        """
        api = HfApi()
        with self._hub_errors():
            api.create_repo(self.repo_id, private=self.private, exist_ok=True)
            if self.branch != constants.DEFAULT_REVISION:
                api.create_branch(self.repo_id, branch=self.branch, exist_ok=True)

    def push(
        self,
        folder: Path,
        message: str,
        names: Collection[str] | None = None,
        contents: Mapping[str, bytes] | None = None,
    ) -> str | None:
        """Push a folder to the branch in one commit; call `create` before.

        `upload_folder` would make several commits of an upload of more than five minutes.

        Args:
            names: push these files only.
            contents: of files whose content differs from the folder's.

        Returns:
            The hash of the commit, or None if the branch has all of it already.

        Raises:
            UserError: the Hub refuses, fails or is unreachable; the branch is unchanged then.
        """
        files = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and (names is None or name in names):
                files[name] = path
        api = HfApi()
        with self._hub_errors():
            head = api.model_info(self.repo_id, revision=self.branch)
            remote = {file.rfilename for file in head.siblings or ()}
            deleted = [CommitOperationDelete(name) for name in sorted(remote - set(files)) if _is_stale(name)]
            added = [CommitOperationAdd(name, (contents or {}).get(name, path)) for name, path in files.items()]
            commit = api.create_commit(
                self.repo_id,
                [*deleted, *added],
                commit_message=message,
                revision=self.branch,
                parent_commit=head.sha,
            )
        if commit.oid == head.sha:
            return None
        return commit.oid

    @contextmanager
    def _hub_errors(self) -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            raise UserError(safe_message(self._explain(error))) from None

    def _explain(self, error: Exception) -> str:
        if isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception):
            error = error.__cause__  # "Error while uploading FILE"
        if isinstance(error, (httpx2.HTTPError, HFValidationError, *NO_HUB)):
            return Asked(self.repo_id, f"{self.section}.repo_id", self.branch, "write").explain(error)
        reason = " ".join(str(error).split()) or type(error).__name__
        return f"the push to {self.repo_id} failed: {reason}"


def _is_stale(name: str) -> bool:
    """Whether a path fits a pattern of `STALE`, whose ``*`` stays inside a folder."""
    return any(name.count("/") == pattern.count("/") and fnmatch(name, pattern) for pattern in STALE)


def reach_target(section: str, params: Push) -> Target | None:
    """Check that a stage can push, and make the branch, before any work; None if the stage is not to push."""
    if not params.push:
        return None
    target = Target.of(section, params)
    target.check()
    target.create()
    return target
