"""The Hugging Face Hub: resolve a revision to its commit, fetch encoders, turn every failure into one message.

Only the Hub's own clients connect to it, and find a token themselves (HF_TOKEN, or that of `hf auth login`). Code in a
repository is never run, and pickles are not fetched.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from huggingface_hub import HfApi, constants, is_offline_mode, snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, LocalEntryNotFoundError, XetDownloadError

from tagline.core import WEIGHTS, WEIGHTS_INDEX, reading, sha256, weight_files
from tagline.hub.client import LOGIN, NO_CONNECTION, NO_HUB, Asked, endpoint, prepare, refusal
from tagline.sources import encoders
from tagline.terminal import UserError, shortened

RepoType = Literal["dataset", "model"]

_SECTIONS = {"dataset": "download.dataset", "model": "download.encoder"}
_COMMIT = re.compile("[0-9a-f]{40}")
_SHA256 = re.compile("[0-9a-f]{64}")
_FAILURES = (*NO_CONNECTION, *NO_HUB, LocalEntryNotFoundError, HFValidationError, XetDownloadError)

# The files of an encoder that are fetched: configuration, safetensors, and the files of a tokenizer.
ENCODER_FILES = [
    "config.json",
    WEIGHTS,
    WEIGHTS_INDEX,
    "model-*.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "*.model",
]


@dataclass(frozen=True)
class Repository:
    """A repository on the Hub at one commit.

    Attributes:
        name: ``owner/name``.
        commit: 40 hexadecimal digits; before it is known, a revision.
        files: the paths of its files; empty with HF_HUB_OFFLINE, since listing them needs the network.
        sha256: the hashes of an encoder's large files by path, as the Hub lists them.
    """

    kind: RepoType
    name: str
    commit: str
    files: frozenset[str] = frozenset()
    sha256: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} at {self.commit}"


def find(kind: RepoType, name: str, revision: str) -> Repository:
    """Resolve a revision to its commit and check that the repository can be read, by one or two quick requests.

    An unreachable Hub fails after one attempt; the clients' downloads would retry for a minute.

    Args:
        name: ``owner/name``.
        revision: a branch, a tag or a full commit.

    Raises:
        UserError: the Hub is unreachable, there is no such repository or revision, or the token does not give access.
    """
    asked = Repository(kind, name, revision)
    if is_offline_mode():
        if not _COMMIT.fullmatch(revision):
            raise UserError(
                f"{name}: revision {revision} cannot be resolved to a commit while HF_HUB_OFFLINE is set; unset it, or "
                f"set {_SECTIONS[kind]}.revision in params.yaml to a commit that is in the cache"
            )
        return asked
    prepare()
    api = HfApi()
    with _answers(), hub_errors(asked):
        ask = api.dataset_info if kind == "dataset" else partial(api.model_info, files_metadata=True)
        info = ask(name, revision=revision, timeout=constants.HF_HUB_ETAG_TIMEOUT)
        if info.gated:  # its metadata is public, its files are not
            api.auth_check(name, repo_type=kind)
        listed = info.siblings or ()
        files = frozenset(file.rfilename for file in listed)
        large = {file.rfilename: file.lfs.sha256 for file in listed if file.lfs is not None}
        if not _COMMIT.fullmatch(str(info.sha)):
            raise ValueError(f"the commit is {info.sha!r}")
        if not all(map(_SHA256.fullmatch, large.values())):  # a TypeError for null
            raise ValueError("it lists a SHA-256 that is not one")
        odd = sorted(file for file in files if not _is_inside(file))
        if odd:
            raise UserError(
                f"{name}: the Hub lists the file {shortened(repr(odd[0]))}; expected paths inside the repository; "
                f"check {_SECTIONS[kind]}.name in params.yaml and HF_ENDPOINT"
            )
        return replace(asked, commit=str(info.sha), files=files, sha256=large)


def _is_inside(name: str) -> bool:
    """Whether the name of a file is a relative path without control characters and ``..``."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and not {"", ".", ".."}.intersection(parts)


def _answers() -> AbstractContextManager[None]:
    """Turn errors about an answer of unexpected types into a `UserError`."""
    return reading(
        endpoint(), problem="does not look like a Hugging Face Hub", remedy="check HF_ENDPOINT and the proxy"
    )


def fetch_encoder(repository: Repository) -> Path:
    """Fetch the files of an encoder and its tokenizer into the Hub's cache.

    Returns:
        The folder of this commit in the cache.

    Raises:
        UserError: it has no weights in safetensors, refers to files outside the repository, or the Hub fails; or see
            `_check_hash`.
    """
    if repository.files:
        encoders.check_files(str(repository), repository.files)
    with _answers(), hub_errors(repository):
        # The files in REPOSITORY/snapshots/COMMIT are links to REPOSITORY/blobs.
        snapshot = Path(snapshot_download(repository.name, revision=repository.commit, allow_patterns=ENCODER_FILES))
        encoders.check_links(snapshot, snapshot, snapshot.parent.parent / "blobs")
        encoders.check_files(str(repository), {path.name for path in snapshot.iterdir()})
    for file in weight_files(snapshot):
        _check_hash(repository, file)
    return snapshot


def _check_hash(repository: Repository, file: Path) -> None:
    """Compare a file with the SHA-256 that the Hub lists, or that names its blob in the cache."""
    blob = file.resolve()
    expected = repository.sha256.get(file.name, blob.name)
    if not _SHA256.fullmatch(expected):
        return
    actual = sha256(blob)
    if actual != expected:
        raise UserError(
            f"{repository}: SHA-256 of {file.name} is {actual}; expected {expected}, as the Hub lists it; remove "
            f"{blob} and run `dvc repro download` again"
        )


@contextmanager
def hub_errors(repository: Repository) -> Iterator[None]:
    """Turn the exceptions of the Hub's clients into one message.

    Raises:
        UserError: the block raised one about the Hub's answer or the connection.
    """
    try:
        yield
    except Exception as error:
        refused = refusal(error)
        if refused is None and not isinstance(error, _FAILURES):
            raise
        raise UserError(_explain(refused or error, repository)) from None


def _explain(error: Exception, repository: Repository) -> str:
    name = repository.name
    revision = repository.commit
    section = _SECTIONS[repository.kind]
    if isinstance(error, GatedRepoError):
        page = f"{endpoint()}/{'datasets/' if repository.kind == 'dataset' else ''}{name}"
        return f"{name}: gated; accept its conditions at {page}, then log in by {LOGIN}"
    if is_offline_mode() and not isinstance(error, HFValidationError):
        return (
            f"{name}: {revision} is not, or not completely, in the cache, and HF_HUB_OFFLINE is set; unset it, or set "
            f"{section}.revision in params.yaml to a commit that is in the cache"
        )
    return Asked(name, f"{section}.name in params.yaml", revision, "read").explain(error)
