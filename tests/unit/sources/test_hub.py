"""The Hub's failures, each as one message, by the real client against the server of hub_server.py."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from helpers.hub_server import Hub
from huggingface_hub import HfApi, ModelInfo, constants

from tagline.core.errors import UserError
from tagline.sources import hub

NAME = "ada/people"
LFS = ("size", "sha256", "pointerSize")
GOOD, STRANGER = "hf_good", "hf_stranger"


@pytest.fixture
def server(online: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        online.setattr(constants, "ENDPOINT", server.url)
        server.tokens |= {GOOD, STRANGER}
        yield server


def fault(kind: str = "dataset", name: str = NAME, revision: str = "main") -> str:
    with pytest.raises(UserError) as raised:
        hub.find(kind, name, revision)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("kind", ["dataset", "model"])
def test_branches_tags_and_commits_become_a_commit(server: Hub, kind: str) -> None:
    repository = server.add(kind, NAME)
    first = repository.commit({"a": b"1"})
    repository.refs["v1"] = first
    second = repository.commit({"b": b"2"})
    converted = repository.commit({"c": b"3"}, ref="refs/convert/parquet")
    found = {revision: hub.find(kind, NAME, revision) for revision in ("main", "v1", first, "refs/convert/parquet")}
    assert {revision: at.commit for revision, at in found.items()} == {
        "main": second,
        "v1": first,
        first: first,
        "refs/convert/parquet": converted,
    }
    assert found["main"].files == {"a", "b"}
    assert str(found["v1"]) == f"{NAME} at {first}"


def test_unknown_repository_says_how_to_log_in(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (
        "ada/people: the Hub has no such {}, or it is private; check download.{}.name in params.yaml; if it is private, "
        "log in by `hf auth login` (or HF_TOKEN)"
    )
    assert fault("dataset") == expected.format("data set", "dataset")
    assert fault("model") == expected.format("model", "encoder")
    monkeypatch.setenv("HF_TOKEN", GOOD)
    assert fault("dataset") == expected.format("data set", "dataset")


def test_missing_revision_is_named(server: Hub) -> None:
    server.add("model", NAME).commit({"a": b""})
    assert fault("model", revision="v9") == (
        "ada/people: no revision v9 (download.encoder.revision); expected a branch, a tag or a full commit"
    )


def test_gated_repository_needs_a_token(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("dataset", NAME, readers={GOOD}).commit({"a": b""})
    expected = (
        f"ada/people: gated; accept its conditions at {server.url}/datasets/ada/people, "
        "then log in by `hf auth login` (or HF_TOKEN)"
    )
    assert fault() == expected
    monkeypatch.setenv("HF_TOKEN", STRANGER)
    assert fault() == expected
    monkeypatch.setenv("HF_TOKEN", GOOD)
    assert hub.find("dataset", NAME, "main").files == {"a"}


def test_a_token_of_the_login_file(server: Hub) -> None:
    server.add("model", NAME, readers={GOOD}).commit({"a": b""})
    Path(constants.HF_TOKEN_PATH).write_text(GOOD)
    assert hub.find("model", NAME, "main").files == {"a"}


def test_expired_token_is_an_error(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("dataset", NAME).commit({"a": b""})
    monkeypatch.setenv("HF_TOKEN", "hf_expired")
    assert fault() == (
        "ada/people: the Hub rejected your token (401); renew it by `hf auth login` (or HF_TOKEN), or unset it"
    )


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (
            403,
            "ada/people: your token has no access (403); give it the right to read, or log in again by `hf auth login`",
        ),
        (429, "ada/people: the Hub answered 429; try again later"),
        (500, "ada/people: the Hub answered 500; try again later"),
    ],
)
def test_a_hub_that_answers_with_an_error_is_asked_once(server: Hub, status: int, message: str) -> None:
    server.broken = status
    assert fault().startswith(message)
    assert questions(server.requests) == ["GET /api/datasets/ada/people/revision/main"]


def test_page_that_is_no_hub_is_recognised(server: Hub) -> None:
    server.broken = 200
    assert fault() == f"{server.url} does not look like a Hugging Face Hub; check HF_ENDPOINT and the proxy"


def test_impossible_name_of_a_repository_is_refused(server: Hub) -> None:
    assert fault(name="ada..people") == (
        "'ada..people' is not a repository name (download.dataset.name in params.yaml); expected OWNER/NAME"
    )


def test_a_host_that_hangs_up_is_called_once(online: pytest.MonkeyPatch) -> None:
    """What makes an unreachable Hub a matter of seconds: no retries, however patient the clients' downloads are."""
    calls: list[str] = []

    def hang_up(listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            calls.append(connection.recv(4096).decode().split(" HTTP")[0])
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        online.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert "the Hub is unreachable for ada/people (RemoteProtocolError)" in fault()
        assert questions(calls) == ["GET /api/datasets/ada/people/revision/main"]


def test_unreachable_host_says_what_to_check(online: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    online.setattr(constants, "ENDPOINT", endpoint)
    assert fault() == (
        f"{endpoint}: the Hub is unreachable for ada/people (ConnectError); check the connection, the proxy and "
        "HF_ENDPOINT; with HF_HUB_OFFLINE=1 a commit that is in the cache is used"
    )


def test_the_patience_with_a_silent_host_is_the_clients_setting(online: pytest.MonkeyPatch) -> None:
    asked: list[dict] = []
    answer = ModelInfo(id=NAME, sha="c" * 40, gated=False)
    online.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 3)
    online.setattr(HfApi, "model_info", lambda _api, _name, **options: asked.append(options) or answer)
    assert hub.find("model", NAME, "main").commit == "c" * 40
    assert asked == [{"files_metadata": True, "revision": "main", "timeout": 3}]


def test_offline_only_a_commit_will_do(online: pytest.MonkeyPatch) -> None:
    online.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fault("model") == (
        "ada/people: revision main cannot be resolved to a commit while HF_HUB_OFFLINE is set; unset it, or set "
        "download.encoder.revision in params.yaml to a commit that is in the cache"
    )
    absent = hub.find("model", NAME, "c" * 40)
    with pytest.raises(
        UserError, match=f"ada/people: {'c' * 40} is not, or not completely, in the cache, and HF_HUB_OFFLINE"
    ):
        hub.fetch_encoder(absent)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config.json", "pytorch_model.bin"}, "no model.safetensors; pytorch_model.bin is a pickle and is never"),
        ({"config.json", "onnx/model.onnx"}, "no model.safetensors"),
        ({"model.safetensors"}, "no config.json; expected an encoder as transformers saves it"),
    ],
)
def test_an_encoder_that_is_none_is_refused_before_anything_is_fetched(
    server: Hub, files: set[str], message: str
) -> None:
    commit = server.add("model", NAME).commit(dict.fromkeys(files, b""))
    with pytest.raises(UserError, match=f"^ada/people at {commit}: {message}"):
        hub.fetch_encoder(hub.find("model", NAME, "main"))
    assert questions(server.requests) == ["GET /api/models/ada/people/revision/main"]


def test_weights_that_differ_from_the_listing_are_refused(
    server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = b"weights"
    commit = server.add("model", NAME).commit({"config.json": b"{}", "model.safetensors": weights})
    found = hub.find("model", NAME, "main")
    assert found.sha256 == {"model.safetensors": sha256(weights).hexdigest()}
    snapshot = tmp_path / "cache/snapshots" / commit
    snapshot.mkdir(parents=True)
    monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: str(snapshot))
    (snapshot / "config.json").write_bytes(b"{}")
    (snapshot / "model.safetensors").write_bytes(b"weight?")
    with pytest.raises(UserError) as raised:
        hub.fetch_encoder(found)
    assert str(raised.value) == (
        f"ada/people at {commit}: SHA-256 of model.safetensors is {sha256(b'weight?').hexdigest()}; expected "
        f"{sha256(weights).hexdigest()}, as the Hub lists it; remove {snapshot}/model.safetensors and run `dvc repro "
        "download` again"
    )
    (snapshot / "model.safetensors").write_bytes(weights)
    assert hub.fetch_encoder(found) == snapshot


def test_an_etag_that_is_a_path_writes_no_file(server: Hub, tmp_path: Path, online: pytest.MonkeyPatch) -> None:
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE  # made of the first ENDPOINT
    online.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + template[template.index("/{") :])
    server.add("model", NAME).commit({"config.json": b"{}", "model.safetensors": b"weights"})
    server.headers["ETag"] = f'"{tmp_path}/yaml.py"'
    with pytest.raises(UserError, match="an answer has the ETag .*; expected a hash"):
        hub.fetch_encoder(hub.find("model", NAME, "main"))
    assert not list(tmp_path.glob("yaml*"))


def questions(requests: list[str]) -> list[str]:
    """The requests without one that huggingface_hub sends once a process, whatever is asked."""
    return [request for request in requests if "agent-harnesses" not in request]


@pytest.mark.parametrize("name", ["../token", "/etc/passwd", "model-/../../x.safetensors", "a\x1b[31m", "a\\..\\b"])
def test_hostile_file_name_is_refused(server: Hub, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    info = ModelInfo(id=NAME, sha="0" * 40, siblings=[{"rfilename": name}])
    monkeypatch.setattr(HfApi, "model_info", lambda *_, **__: info)
    expected = f"{NAME}: the Hub lists the file {name!r}; expected paths inside the repository; check"
    assert fault("model").startswith(expected)


@pytest.mark.parametrize(
    "content",
    [
        {"id": NAME},
        {"id": NAME, "sha": "../x"},
        {"id": NAME, "sha": "0" * 40, "siblings": [1]},
        {"id": NAME, "sha": "0" * 40, "siblings": [{"rfilename": "a", "lfs": dict.fromkeys(LFS)}]},
        {},
    ],
)
def test_answer_without_its_parts_is_refused(
    server: Hub, content: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HfApi, "model_info", lambda *_, **__: ModelInfo(**content))
    assert fault("model").startswith(f"{server.url}: does not look like a Hugging Face Hub (")
