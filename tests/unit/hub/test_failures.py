"""HF_ENDPOINT: checked before the clients use it, and never printed with a password."""

from __future__ import annotations

import pytest
from huggingface_hub import constants

from tagline.core.errors import UserError
from tagline.hub.failures import check_endpoint


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "https://", "huggingface.co", "ftp://a", "http://a:port", "http://a:99999", "", "http://\x1b[31m"],
)
def test_no_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", url)
    with pytest.raises(UserError, match=r"^environment variable HF_ENDPOINT is .*; expected a URL such as"):
        check_endpoint()


def test_a_password_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "https://ada:secret@host:port")
    with pytest.raises(UserError) as raised:
        check_endpoint()
    assert "secret" not in str(raised.value)


def test_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://ada:secret@127.0.0.1:8080/hub")
    check_endpoint()
