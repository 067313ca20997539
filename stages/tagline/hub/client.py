"""The HTTP client of huggingface_hub and `datasets`: its settings, names in answers, and its failures in words.

Both libraries use as file names, unchecked: the headers ETag, X-Linked-ETag and X-Repo-Commit, the commit of a
repository, and the SHA-256 of a file in a listing.
"""

import re
from json import JSONDecodeError
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2
from huggingface_hub import constants, errors, set_client_factory
from huggingface_hub.utils._http import hf_request_event_hook, parse_ratelimit_headers

from tagline.terminal import UserError, safe_message, shortened, show
from tagline.terminal.errors import invalid_url

LOGIN = "`hf auth login` (or HF_TOKEN)"

# Raised if there is no connection; HfHubHTTPError, an error that the Hub reports, is one of them.
NO_CONNECTION = (httpx2.HTTPError, ConnectionError)
# Raised for answers that a Hub does not give.
NO_HUB = (JSONDecodeError, errors.FileMetadataError)

_HEADERS = ("ETag", constants.HUGGINGFACE_HEADER_X_LINKED_ETAG, constants.HUGGINGFACE_HEADER_X_REPO_COMMIT)
# Seconds that a client waits before it repeats a request, at most.
LONGEST_WAIT = 60
# A hash, as a header may have it (W/"abc"). No other W comes first: the library strips all of them.
_NAME = re.compile(r'(?:W/)?"?[0-9A-VX-Za-z][\w.-]*"?', re.ASCII)


class Client(httpx2.Client):
    """A client that refuses answers with names that are paths, and shortens the waits that answers ask for."""

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request.

        Raises:
            UserError: a name in the answer has other characters than letters, digits, ``_``, ``.`` and ``-``.
        """
        response = super().send(request, stream=stream, **options)
        _shorten_wait(response)
        if request.method == "HEAD":  # only of these are the headers used; a storage has other ETags
            for key in _HEADERS:
                _check(key, response.headers.get(key))
        elif not stream:  # a listing, or what the Hub says of a repository
            for key, name in _names(response):
                _check(key, name)
        return response


def _shorten_wait(response: httpx2.Response) -> None:
    """Print that a busy Hub asks to wait, and limit the wait, which the library follows silently."""
    headers = response.headers
    busy = response.status_code == 429
    limit = parse_ratelimit_headers(headers) if busy else None
    asked = headers.get("Retry-After", "").strip()
    if limit and not limit.remaining:
        asked = str(limit.reset_in_seconds)
    if not (busy or response.is_server_error) or not asked.isdigit():
        return
    seconds = int(asked)
    headers.pop("RateLimit", None)
    headers["Retry-After"] = str(min(seconds, LONGEST_WAIT - 1))  # the library adds a second
    show(
        f"{endpoint()} answered {response.status_code}, asking for {seconds:,} s; a retry waits {LONGEST_WAIT} s at "
        "most"
    )


def _names(response: httpx2.Response) -> list[tuple[str, Any]]:
    """The names in a JSON answer that become paths, each with its key."""
    try:
        answer = response.json()
    except ValueError:
        return []
    if isinstance(answer, dict):
        return [("sha", answer.get("sha"))]
    if not isinstance(answer, list):
        return []
    files = [entry.get("lfs") for entry in answer if isinstance(entry, dict)]
    return [("oid", file.get("oid")) for file in files if isinstance(file, dict)]


def _check(key: str, name: Any) -> None:
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise UserError(
            f"{endpoint()}: an answer has the {key} {shortened(repr(name))}; expected a hash; check HF_ENDPOINT and the"
            " proxy: what answers is damaged or malicious"
        )


def endpoint() -> str:
    """The URL of the Hub, without any credentials."""
    return safe_message(constants.ENDPOINT)


def prepare() -> None:
    """Have the libraries use `Client`, and check HF_ENDPOINT and the URLs of proxies.

    Raises:
        UserError: one can't be parsed, or HF_ENDPOINT does not have a host.
    """
    proxies = getproxies()
    for scheme in ("http", "https", "all"):
        proxy = proxies.get(scheme, "")
        try:
            httpx2.URL(proxy if "://" in proxy else f"http://{proxy}")
        except httpx2.InvalidURL as error:
            raise invalid_url(f"{scheme.upper()}_PROXY", proxy, "http://host:8080", error) from None
    try:
        url = urlsplit(constants.ENDPOINT)
        valid = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        httpx2.URL(constants.ENDPOINT)
    except (ValueError, httpx2.InvalidURL):  # brackets, a port that is not a number, control characters
        valid = False
    if not valid:
        raise invalid_url("HF_ENDPOINT", constants.ENDPOINT, "https://huggingface.co")
    hooks = {"request": [hf_request_event_hook]}
    set_client_factory(lambda: Client(event_hooks=hooks, follow_redirects=True, timeout=None))


def refusal(error: BaseException | None) -> errors.HfHubHTTPError | None:
    """The error status that made a client fail, even if it tried its cache then; not a missing file."""
    seen = []  # a cause that is raised again has what it caused as its context
    while error is not None and error not in seen:
        if isinstance(error, errors.HfHubHTTPError) and error.response.status_code != 404:
            return error
        seen.append(error)
        error = error.__cause__ or error.__context__
    return None


class Asked(NamedTuple):
    """What a client asks the Hub for, for messages.

    Attributes:
        name: the repository, ``owner/name``; ``key`` is its key in params.yaml.
        revision: branch, tag or commit.
        right: read or write.
    """

    name: str
    key: str
    revision: str
    right: str

    def explain(self, error: Exception) -> str:
        """What an exception of a client means, and what to do."""
        match error:
            case errors.HFValidationError():
                return f"{self.key}: {self.name!r} is not the name of a repository; expected OWNER/NAME"
            case errors.RepositoryNotFoundError():
                return (
                    f"{self.key}: {self.name} does not exist on the Hub, or is private; correct the name, or log in "
                    f"by {LOGIN}"
                )
            case errors.RevisionNotFoundError():
                return f"{self.name}: no revision {self.revision}; expected a branch, a tag or a full commit"
            case errors.HfHubHTTPError():
                return f"{self.name}: {self._explain_status(error.response.status_code, error.server_message)}"
        if isinstance(error, NO_HUB):
            return f"{endpoint()} does not look like a Hugging Face Hub; check HF_ENDPOINT and the proxy"
        return (
            f"{endpoint()}: the Hub is unreachable for {self.name} ({type(error).__name__}); check the connection, the "
            "proxy and HF_ENDPOINT"
        )

    def _explain_status(self, status: int, message: str | None) -> str:
        answer = str(status)
        if message:
            answer += f": {' '.join(message.split())}"
        match status:
            case 401:
                return f"the Hub rejected your token ({answer}); renew it by {LOGIN}, or unset it"
            case 403:
                return f"your token has no right to {self.right} ({answer}); grant it, or log in again by {LOGIN}"
            case 412:
                return f"changed by someone else during the push ({answer}); push again"
            case _ if status == 429 or status >= 500:
                return f"the Hub answered {answer}; try again later"
        return f"the Hub refused ({answer})"
