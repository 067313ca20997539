"""The Hub's failures, each as one message, by the real client against the server of hub_server.py."""

from hashlib import sha256

import datasets.config
import pytest
from helpers.hub_server import Hub
from helpers.messages import message_of
from huggingface_hub import HfApi, ModelInfo, constants

from tagline.sources import hub, hub_dataset
from tagline.sources.download_params import HubDataset

NAME, GATED = "ada/people", "ada/gated"
GOOD, STRANGER = "hf_good", "hf_stranger"
LOGIN = "`hf auth login` (or HF_TOKEN)"


@pytest.fixture
def server(hub):
    hub.tokens |= {GOOD, STRANGER}
    for kind in ("dataset", "model"):
        hub.add(kind, NAME).commit({"config.json": b"{}", "model.safetensors": b"weights"})
        hub.add(kind, GATED, readers={GOOD}).commit({"a": b""})
    return hub


def fault(kind: str = "dataset", name: str = NAME, revision: str = "main"):
    message = message_of(hub.find, kind, name, revision)
    assert "\n" not in message
    return message


def questions(server: Hub):
    """The requests without one that huggingface_hub sends once a process, whatever is asked."""
    return [request for request in server.requests if "agent-harnesses" not in request]


ABSENT = "download.{}.name in params.yaml: a/b does not exist on the Hub, or is private; correct the name, or log in "


UNREADABLE = [
    ("dataset", "a/b", "main", "", f"{ABSENT}by {LOGIN}".format("dataset")),
    ("model", "a/b", "main", GOOD, f"{ABSENT}by {LOGIN}".format("encoder")),
    ("model", NAME, "v9", "", f"{NAME}: no revision v9; expected a branch, a tag or a full commit"),
    ("dataset", GATED, "main", "", f"{GATED}: gated; accept its conditions at {{url}}/datasets/{GATED}, then"),
    ("dataset", "a..b", "main", "", "download.dataset.name in params.yaml: 'a..b' is not the name of a repository"),
]


@pytest.mark.parametrize(("kind", "name", "revision", "token", "message"), UNREADABLE)
def test_repository_that_cannot_be_read_is_explained(server, monkeypatch, kind, name, revision, token, message):
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert fault(kind, name, revision).startswith(message.replace("{url}", server.url))


FAILURES = [
    (403, f"{NAME}: your token has no right to read (403); grant it, or log in again by {LOGIN}"),
    (500, f"{NAME}: the Hub answered 500; try again later"),
    (200, "{url} does not look like a Hugging Face Hub; check HF_ENDPOINT and the proxy"),
    (None, "{url}: the Hub is unreachable for ada/people (RemoteProtocolError); check the connection, the proxy"),
]


@pytest.mark.parametrize(("status", "message"), FAILURES)
def test_hub_that_fails_is_asked_once(server, status, message):
    """However patient the clients' downloads are; an unreachable Hub is a matter of seconds."""
    server.broken = status
    server.unheard.add("info")
    assert fault().startswith(message.replace("{url}", server.url))
    assert questions(server) == [f"GET /api/datasets/{NAME}/revision/main"]


def test_offline_only_a_commit_will_do(online):
    online.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fault("model") == (
        "ada/people: revision main cannot be resolved to a commit while HF_HUB_OFFLINE is set; unset it, or set "
        "download.encoder.revision in params.yaml to a commit that is in the cache"
    )


def test_pickled_encoder_is_refused_before_anything_is_fetched(server):
    commit = server.add("model", NAME).commit({"model.safetensors": None, "pytorch_model.bin": b""})
    message = f"ada/people at {commit}: no model.safetensors; pytorch_model.bin is a pickle and is never read"
    assert message_of(hub.fetch_encoder, hub.find("model", NAME, "main")).startswith(message)
    assert questions(server) == [f"GET /api/models/{NAME}/revision/main"]


def test_readme_that_names_files_of_this_machine_is_refused(server, online, tmp_path):
    online.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    online.setattr(datasets.config, "HF_ENDPOINT", server.url)
    online.setattr(hub_dataset, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "a.jsonl").write_text('{"tokens": ["Ada"]}')
    readme = f"---\nconfigs: [{{config_name: default, data_files: {tmp_path}/a.jsonl}}]\n---\n"
    commit = server.add("dataset", NAME).commit({"README.md": readme.encode()})
    params = HubDataset.model_construct(name=NAME, config=None)
    refused = f"{NAME} at {commit}: datasets can't load it (Data files don't belong to {NAME}"
    assert message_of(hub_dataset.load, hub.find("dataset", NAME, "main"), params).startswith(refused)


@pytest.mark.parametrize("offline", [False, True])
def test_weights_that_differ_from_the_listing_are_refused(server, monkeypatch, offline):
    found = hub.find("model", NAME, "main")
    snapshot = hub.fetch_encoder(found)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    found = hub.find("model", NAME, found.commit)
    blob = (snapshot / "model.safetensors").resolve()
    blob.write_bytes(b"weight?")
    assert message_of(hub.fetch_encoder, found) == (
        f"{found}: SHA-256 of model.safetensors is {sha256(b'weight?').hexdigest()}; expected "
        f"{sha256(b'weights').hexdigest()}, as the Hub lists it; remove {blob} and run `dvc repro download` again"
    )
    blob.write_bytes(b"weights")
    assert hub.fetch_encoder(found) == snapshot


NO_HUB = "{url}: does not look like a Hugging Face Hub ("
PATH = f"{NAME}: the Hub lists the file {{name!r}}; expected paths inside the repository; check"
OUTSIDE = ("../token", "a\x1b[31m", "a\\..\\b")
COMMIT = {"id": NAME, "sha": "0" * 40}


ANSWERS = [
    *[({**COMMIT, "siblings": [{"rfilename": name}]}, PATH.format(name=name)) for name in OUTSIDE],
    ({"id": NAME, "sha": "../x"}, NO_HUB),
    ({**COMMIT, "siblings": [1]}, NO_HUB),
    ({**COMMIT, "siblings": [{"rfilename": "a", "lfs": dict.fromkeys(("size", "sha256", "pointerSize"))}]}, NO_HUB),
]


@pytest.mark.parametrize(("content", "message"), ANSWERS)
def test_malformed_or_hostile_answer_is_refused(server, content, message, monkeypatch):
    monkeypatch.setattr(HfApi, "model_info", lambda *_, **__: ModelInfo(**content))
    assert fault("model").startswith(message.replace("{url}", server.url))
