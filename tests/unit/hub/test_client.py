"""The settings of the Hub's client, secrets in them, and names in answers that would become paths."""

import httpx2
import pytest
from helpers.messages import message_of
from huggingface_hub import close_session, constants

from tagline.hub.client import Client, prepare
from tagline.sources.hub import fetch_encoder, find
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import safe_message
from tagline.terminal.progress import quiet

INVALID = [
    *("http://[::1", "https://", "huggingface.co", "ftp://a", "http://a:99999", "", "http://\x1b[31m"),
    *("https://ada:secret@host:port", "http:/ada:secret@host", "ada:secret@host"),
]


@pytest.mark.parametrize("url", INVALID)
def test_invalid_endpoint_is_reported_without_its_password(url, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", url)
    with pytest.raises(UserError, match=r"^environment variable HF_ENDPOINT is .*; expected a URL such as") as raised:
        prepare()
    assert "secret" not in str(raised.value)
    monkeypatch.setattr(constants, "ENDPOINT", "http://ada:secret@127.0.0.1:8080/hub")
    prepare()


@pytest.fixture
def hub(hub):
    hub.add("model", "ada/encoder").commit({"config.json": b"{}", "model.safetensors": b""})
    close_session()  # the client reads the proxies when it is created
    yield hub
    close_session()


PROXIES = [
    ("http://ada:secret@127.0.0.1:1", "is unreachable for ada/encoder (ConnectError)"),
    ("foo://ada:secret@host", "Unknown scheme for proxy URL"),
    ("ada:secret@host:port", "HTTP_PROXY is ***@host:port (Invalid port: 'port'); expected a URL such"),
]


@pytest.mark.parametrize(("proxy", "message"), PROXIES)
def test_password_of_a_proxy_is_not_printed(hub, online, proxy, message):
    online.setattr(constants, "ENDPOINT", "http://hub.invalid")
    online.setenv("HTTP_PROXY", proxy)
    found = safe_message(message_of(find, "model", "ada/encoder", "main"))
    assert message in found and "secret" not in found


def test_secrets_of_a_redirect_are_not_printed(hub, capfd):
    hub.storage = "http://ada:secret@127.0.0.1:1/file?X-Amz-Signature=secret"
    quiet()
    with pytest.raises(UserError, match="the Hub is unreachable for ada/encoder") as raised:
        fetch_encoder(find("model", "ada/encoder", "main"))
    assert any("/resolve/" in request for request in hub.requests), "the redirect was answered"
    assert "secret" not in safe_message(str(raised.value)) + "".join(capfd.readouterr())


def answer(method, headers, content=None):
    response = httpx2.Response(200, headers=headers, json=content)
    return Client(transport=httpx2.MockTransport(lambda _: response)).request(method, "http://hub/api/models/a/b")


@pytest.mark.parametrize("name", ["/clone/yaml.py", '"/clone/yaml.py"', "../a", '"..', "W..", ".", "a\\b"])
def test_headers_and_listings_with_paths_are_refused(name):
    for header in ("ETag", "X-Linked-ETag", "X-Repo-Commit"):
        with pytest.raises(UserError, match=r"an answer has the .*; expected a hash; check HF_ENDPOINT and the proxy"):
            answer("HEAD", {header: name})
    for content in ({"sha": name}, [{"path": "a"}, {"path": "b", "lfs": {"oid": name}}], {"sha": 5}):
        with pytest.raises(UserError, match=r"an answer has the (sha|oid) .*; expected a hash"):
            answer("GET", {}, content)
