"""Failures of the Hugging Face Hub's clients, in the words that reading and pushing share."""

from __future__ import annotations

from json import JSONDecodeError
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import FileMetadataError

from tagline.core.errors import invalid_url
from tagline.core.terminal import safe_message

LOGIN = "`hf auth login` (or HF_TOKEN)"

# Raised if there is no connection; HfHubHTTPError, an error that the Hub reports, is one of them.
NO_CONNECTION = (httpx2.HTTPError, ConnectionError)
# Raised for answers that a Hub does not give.
NO_HUB = (JSONDecodeError, FileMetadataError)


def endpoint() -> str:
    """The URL of the Hub, without the credentials that it may contain."""
    return safe_message(constants.ENDPOINT)


def check_endpoint() -> None:
    """Check that HF_ENDPOINT and the URLs of proxies are valid, which the clients take for granted.

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


def no_hub() -> str:
    return f"{endpoint()} does not look like a Hugging Face Hub; check HF_ENDPOINT and the proxy"


def unreachable(error: Exception, name: str) -> str:
    """The message for a Hub that can't be reached.

    Args:
        error: what the client raised.
        name: the requested repository.
    """
    return (
        f"{endpoint()}: the Hub is unreachable for {name} ({type(error).__name__}); check the connection, the proxy "
        "and HF_ENDPOINT"
    )
