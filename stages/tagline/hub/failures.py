"""Failures of the Hugging Face Hub's clients, in the words that reading and pushing share."""

from __future__ import annotations

from json import JSONDecodeError

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import FileMetadataError

from tagline.core.terminal import safe_message

LOGIN = "`hf auth login` (or HF_TOKEN)"

# Raised if there is no connection; HfHubHTTPError, an error that the Hub reports, is one of them.
NO_CONNECTION = (httpx2.HTTPError, ConnectionError)
# Raised for answers that a Hub does not give.
NO_HUB = (JSONDecodeError, FileMetadataError)


def endpoint() -> str:
    """The URL of the Hub, without the credentials that it may contain."""
    return safe_message(constants.ENDPOINT)


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
