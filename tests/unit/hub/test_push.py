"""Pushes by the real client to the server of hub_server.py: commits, permissions, and one message per failure."""

from pathlib import Path
from unittest.mock import Mock

import pytest
from helpers.hub_server import TOKEN, Account
from helpers.messages import message_of
from huggingface_hub import HfApi, constants

from tagline.hub.hub_params import Push
from tagline.hub.push import Target

pytestmark = pytest.mark.usefixtures("logged_in")
NAME = "ada/people"
WEIGHTS = b"\x00weights" * 100


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "parts").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "parts/notes.txt").write_text("deeper")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A card\n")
    return folder


def target(name=NAME, private=True, branch="main"):
    return Target("export.hub", name, private, branch)


def assert_refused(expected, call, *arguments):
    message = message_of(call, *arguments)
    assert message.startswith(expected)
    assert "\n" not in message and TOKEN not in message


def test_weights_of_an_earlier_push_go_and_other_files_stay(hub, folder):
    kept = dict.fromkeys(("notes.md", "onnx/notes.md", "adapters/model.safetensors", "lora.safetensors"), b"mine")
    gone = "model-00001-of-00002.safetensors model.safetensors.index.json onnx/model.onnx onnx/model.onnx_data".split()
    hub.add("model", NAME, private=True).commit({**kept, **dict.fromkeys([*gone, "onnx/model_quantized.onnx"], b"")})
    assert target().push(folder, "a push", {"config.json", "README.md"}, {"README.md": b"# Given\n"})
    pushed = {"config.json": b"{}", "README.md": b"# Given\n"}
    assert hub.repositories["models", NAME].files() == {**kept, **pushed}


def test_branch_is_created_with_the_token_of_the_login_file(hub, folder, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    Path(constants.HF_TOKEN_PATH).write_text(TOKEN)
    to = target("analysts/people", private=False, branch="tries/1")
    for message in ("first", "second"):
        (folder / "config.json").write_text(message)
        to.check()
        to.create()
        assert to.push(folder, message)
    repository = hub.repositories["models", "analysts/people"]
    assert not repository.private
    assert repository.messages == ["initial commit", "first", "second"]
    assert list(repository.files()) == [".gitattributes"]
    assert repository.files("tries/1")["config.json"] == b"second"
    assert str(to) == "analysts/people (tries/1)"


FORBIDDEN = [
    (NAME, "", "", "write", "not logged in, so ada/people can't be pushed to (export.hub); log in with `hf"),
    (NAME, TOKEN, NAME, "read", "ada/people: your token has no right to write (403: You don't have the"),
    (NAME, TOKEN, "", "read", "your token is read-only, so it can't create ada/people (export.hub.repo_id);"),
    ("bo/x", TOKEN, "", "write", "bo/x (export.hub.repo_id in params.yaml) does not exist or is not visible"),
    (NAME, TOKEN, NAME, "write", "ada/people is public, but export.hub.private in params.yaml is true; make"),
    ("a/b..c", TOKEN, "", "write", "export.hub.repo_id: 'a/b..c' is not the name of a repository; expected"),
]


@pytest.mark.parametrize(("name", "token", "existing", "role", "message"), FORBIDDEN)
def test_missing_permission_is_reported_before_any_work(hub, monkeypatch, name, token, existing, role, message):
    hub.log_in(TOKEN, Account(("ada", "analysts"), role))
    monkeypatch.setenv("HF_TOKEN", token)
    if existing:
        hub.add("model", existing).commit({})
    assert_refused(message, target(name).check)


def test_target_that_can_not_be_asked_is_named_without_a_password(hub, monkeypatch):
    params = Push(repo_id=None, private=True, branch="main", push=False)
    assert_refused("train.hub.repo_id in params.yaml is null; expected the repository", Target.of, "train.hub", params)
    hub.broken = 200
    assert_refused(f"{hub.url} does not look like a Hugging Face Hub; check HF_ENDPOINT", target().check)
    monkeypatch.setattr(constants, "ENDPOINT", "http://ada:secret@127.0.0.1:1")
    assert_refused("http://***@127.0.0.1:1: the Hub is unreachable for ada/people (ConnectError)", target().check)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert_refused("HF_HUB_OFFLINE is set, so ada/people can't be pushed to; unset it, or set", target().check)


@pytest.fixture
def to(hub):
    to = target()
    to.create()
    return to


def push_again(hub, to, folder):
    """Check that a failed push left the branch as it was, and that the next one succeeds."""
    repository = hub.repositories["models", NAME]
    assert repository.messages == ["initial commit"]
    assert list(repository.files()) == [".gitattributes"]
    hub.failing.clear()
    assert to.push(folder, "again")
    assert repository.messages == ["initial commit", "again"]
    assert repository.files()["model.safetensors"] == WEIGHTS


UNAVAILABLE = "ada/people: the Hub answered 507; try again later"
REFUSALS = [  # no status that the client tries again for half a minute
    *((route, 507, UNAVAILABLE) for route in ("info", "preupload", "batch", "store", "commit")),
    ("commit", 401, "ada/people: the Hub rejected your token (401"),
    ("commit", 404, "ada/people: the Hub refused (404)"),
    ("commit", 412, "ada/people: changed by someone else during the push (412); push again"),
]


@pytest.mark.parametrize(("route", "status", "message"), REFUSALS)
def test_refused_push_changes_nothing(hub, to, folder, route, status, message):
    hub.failing[route] = status
    assert_refused(message, to.push, folder, "a push")
    push_again(hub, to, folder)


def test_connection_that_ends_is_reported_and_the_next_push_completes(hub, to, folder):
    lost = f"{hub.url}: the Hub is unreachable for ada/people (RemoteProtocolError)"
    hub.unheard.add("commit")
    assert_refused(lost, to.push, folder, "a push")
    hub.unheard.clear()
    hub.unanswered.add("commit")
    assert_refused(lost, to.push, folder, "a push")
    hub.unanswered.clear()
    assert hub.repositories["models", NAME].messages == ["initial commit", "a push"]
    assert to.push(folder, "again") is None, "the Hub has it"


def test_refused_card_and_failed_upload_are_one_line(hub, to, folder, monkeypatch):
    card = (folder / "README.md").read_bytes()
    (folder / "README.md").write_text("---\nlicense: [mit]\n---\n")
    refused = 'the push to ada/people failed: Invalid metadata in README.md. - "license" must be a string'
    assert_refused(refused, to.push, folder, "a push")
    (folder / "README.md").write_bytes(card)
    of_xet = RuntimeError("Network error: HTTP status client error\n(403 Forbidden)")
    with monkeypatch.context() as patch:
        patch.setattr(HfApi, "preupload_lfs_files", Mock(side_effect=of_xet))
        failed = "the push to ada/people failed: Network error: HTTP status client error (403 Forbidden)"
        assert_refused(failed, to.push, folder, "a push")
    push_again(hub, to, folder)


def test_content_that_is_given_replaces_that_of_the_file(hub, folder):
    hub.add("model", NAME, private=True).commit({"notes.md": b"mine"})
    assert target().push(folder, "a push", {"config.json", "README.md"}, {"README.md": b"# More\n"})
    files = hub.repositories["models", NAME].files()
    assert (files["README.md"], files["config.json"]) == (b"# More\n", b"{}")
