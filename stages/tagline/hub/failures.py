"""Failures of the Hugging Face Hub's clients: what reading and pushing have to tell in the same words."""

from __future__ import annotations

from json import JSONDecodeError

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import FileMetadataError

LOGIN = "`hf auth login` (or HF_TOKEN)"

# What the clients raise where nobody answers, an error of the Hub's included (HfHubHTTPError).
NO_CONNECTION = (httpx2.HTTPError, ConnectionError)
# What they raise of an answer that no Hub gives.
NO_HUB = (JSONDecodeError, FileMetadataError)


def no_hub() -> str:
    return f"what answers at {constants.ENDPOINT} is no Hub: check HF_ENDPOINT and the proxy"


def unreachable(error: Exception, name: str) -> str:
    return (
        f"the Hub at {constants.ENDPOINT} can't be reached for {name} ({type(error).__name__}): check the connection, "
        "the proxy and HF_ENDPOINT"
    )
