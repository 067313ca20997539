"""The HTTP client of huggingface_hub and `datasets`, with names in its answers that stay inside their caches.

Both libraries use these names of an answer as file names, unchecked: the headers ETag, X-Linked-ETag and X-Repo-Commit,
the commit of a repository, and the SHA-256 of a file in a listing.
"""

from __future__ import annotations

import re
from typing import Any

import httpx2
from huggingface_hub import constants, set_client_factory
from huggingface_hub.utils._http import hf_request_event_hook

from tagline.core.errors import UserError
from tagline.core.terminal import shortened
from tagline.hub.failures import check_endpoint, endpoint

_HEADERS = ("ETag", constants.HUGGINGFACE_HEADER_X_LINKED_ETAG, constants.HUGGINGFACE_HEADER_X_REPO_COMMIT)
# A hash, as a header may have it (W/"abc"). No other W comes first: the library strips all of them.
_NAME = re.compile(r'(?:W/)?"?[0-9A-VX-Za-z][\w.-]*"?', re.ASCII)


class Client(httpx2.Client):
    """A client that refuses answers with names that are paths."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request, as the base class does.

        Raises:
            UserError: a name in the answer has other characters than letters, digits, ``_``, ``.`` and ``-``.
        """
        response = super().send(request, stream=stream, **options)
        if request.method == "HEAD":  # only of these are the headers used; a storage has other ETags
            for key in _HEADERS:
                _check(key, response.headers.get(key))
        elif not stream:  # a listing, or what the Hub says of a repository
            for key, name in _names(response):
                _check(key, name)
        return response


def _names(response: httpx2.Response) -> list[tuple[str, Any]]:
    """The names in a JSON answer that become paths, each with its key."""
    try:
        answer = response.json()
    except ValueError:
        return []
    if isinstance(answer, dict):
        return [("sha", answer.get("sha"))]
    files = [entry.get("lfs") for entry in answer if isinstance(entry, dict)] if isinstance(answer, list) else []
    return [("oid", file.get("oid")) for file in files if isinstance(file, dict)]


def _check(key: str, name: Any) -> None:
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise UserError(
            f"{endpoint()}: an answer has the {key} {shortened(repr(name))}; expected a hash; check HF_ENDPOINT and the"
            " proxy: what answers is damaged or malicious"
        )


def prepare() -> None:
    """Check the settings of the Hub's clients, and have them use `Client` from now on.

    Raises:
        UserError: see `check_endpoint`.
    """
    check_endpoint()
    set_client_factory(
        lambda: Client(event_hooks={"request": [hf_request_event_hook]}, follow_redirects=True, timeout=None)
    )
