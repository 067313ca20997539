"""Names in the Hub's answers that its clients would use as paths."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tagline.core.errors import UserError
from tagline.hub.client import Client


def answer(method: str, headers: dict[str, str], content: Any = None) -> httpx2.Response:
    response = httpx2.Response(200, headers=headers, json=content)
    return Client(transport=httpx2.MockTransport(lambda _: response)).request(method, "http://hub/api/models/a/b")


@pytest.mark.parametrize(
    "name", ["/clone/stages/yaml.py", '"/clone/stages/yaml.py"', "../a", '"..', "W..", "/a", ".", "a\\b"]
)
def test_headers_and_listings_with_paths_are_refused(name: str) -> None:
    for header in ("ETag", "X-Linked-ETag", "X-Repo-Commit"):
        with pytest.raises(UserError, match=r"an answer has the .*; expected a hash; check HF_ENDPOINT and the proxy"):
            answer("HEAD", {header: name})
    for content in ({"sha": name}, [{"path": "a"}, {"path": "b", "lfs": {"oid": name}}], {"sha": 5}):
        with pytest.raises(UserError, match=r"an answer has the (sha|oid) .*; expected a hash"):
            answer("GET", {}, content)


@pytest.mark.parametrize("name", ["a" * 40, f'"{"0" * 64}"', 'W/"5f3a-5e"'])
def test_hashes_are_accepted(name: str) -> None:
    assert answer("HEAD", {"ETag": name, "X-Repo-Commit": "a" * 40}).headers["ETag"] == name
    assert answer("GET", {"ETag": '"a/b="'}, [{"path": "a", "lfs": {"oid": "0" * 64}}, {"path": "b", "lfs": None}])
    assert answer("GET", {}, {"sha": None, "id": "a/b"})
