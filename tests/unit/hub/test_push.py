"""Pushes by the real client to the server of hub_server.py: commits, permissions, and one message per failure.

Large files go by Git LFS here; tests/stages/test_push.py sends them by xet too.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.hub_repositories import Account
from helpers.hub_server import Hub
from huggingface_hub import HfApi, constants

from tagline.core.errors import UserError
from tagline.hub.hub_params import Push
from tagline.hub.push import Target

TOKEN = "hf_ada"
NAME = "ada/people"
WEIGHTS = b"\x00weights" * 100


@pytest.fixture
def server(online: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        online.setattr(constants, "ENDPOINT", server.url)
        online.setattr(constants, "HF_HUB_DISABLE_XET", True)
        online.setenv("HF_TOKEN", TOKEN)
        server.log_in(TOKEN, Account("ada", organisations=("analysts",)))
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "parts").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "parts/notes.txt").write_text("deeper")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# A card\n")
    return folder


def target(name: str = NAME, private: bool = True, branch: str = "main") -> Target:
    return Target("export.hub", name, private, branch)


def checked_and_pushed(to: Target, folder: Path, message: str = "a push") -> str | None:
    to.check()
    to.create()
    return to.push(folder, message)


def error_of(to: Target, folder: Path | None = None) -> str:
    with pytest.raises(UserError) as raised:
        to.check() if folder is None else to.push(folder, "a push")
    assert "\n" not in str(raised.value)
    assert TOKEN not in str(raised.value)
    return str(raised.value)


def writes(hub: Hub) -> list[str]:
    """The requests that change something."""
    return [request for request in hub.requests if request.startswith(("PUT", "POST")) and "validate" not in request]


def test_new_repository_gets_one_commit(server: Hub, folder: Path) -> None:
    target().check()
    assert writes(server) == [], "a check changes nothing"
    commit = checked_and_pushed(target(), folder, "Test F1 0.7")
    repository = server.repositories["models", NAME]
    assert repository.private
    assert repository.refs == {"main": commit}
    assert repository.messages == ["initial commit", "Test F1 0.7"]
    assert repository.files() == {
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "README.md": b"---\nlicense: mit\n---\n# A card\n",
        "config.json": b"{}",
        "model.safetensors": WEIGHTS,
        "parts/notes.txt": b"deeper",
    }


def test_unchanged_folder_makes_no_commit(server: Hub, folder: Path) -> None:
    assert checked_and_pushed(target(), folder)
    server.requests.clear()
    assert checked_and_pushed(target(), folder) is None
    assert server.repositories["models", NAME].messages == ["initial commit", "a push"]
    assert not [request for request in server.requests if request.startswith("PUT") or "/commit/" in request]
    (folder / "config.json").write_text('{"a": 1}')
    assert checked_and_pushed(target(), folder) == server.repositories["models", NAME].refs["main"]


def test_weights_of_an_earlier_push_go_and_other_files_stay(server: Hub, folder: Path) -> None:
    kept = dict.fromkeys(("notes.md", "onnx/model.onnx", "adapters/model.safetensors", "lora.safetensors"), b"mine")
    gone = {"model-00001-of-00002.safetensors": b"", "model.safetensors.index.json": b"", "model.int8.onnx": b""}
    server.add("model", NAME, private=True).commit({**kept, **gone})
    assert checked_and_pushed(target(), folder)
    assert set(server.repositories["models", NAME].files()) == {
        *("README.md", "config.json", "model.safetensors", "parts/notes.txt", *kept),
    }


def test_only_the_named_files_are_pushed(server: Hub, folder: Path) -> None:
    (folder / ".env").write_text("SECRET=1")
    target().create()
    assert target().push(folder, "a push", {"config.json", "parts/notes.txt"})
    assert set(server.repositories["models", NAME].files()) == {".gitattributes", "config.json", "parts/notes.txt"}


def test_branch_is_created_and_extended(server: Hub, folder: Path) -> None:
    for message in ("first", "second"):
        (folder / "config.json").write_text(message)
        checked_and_pushed(target(branch="tries/1"), folder, message)
    repository = server.repositories["models", NAME]
    assert repository.messages == ["initial commit", "first", "second"]
    assert list(repository.files()) == [".gitattributes"]
    assert repository.files("tries/1")["config.json"] == b"second"
    assert str(target(branch="tries/1")) == "ada/people (tries/1)"


def test_organisation_gets_a_public_repository(server: Hub, folder: Path) -> None:
    checked_and_pushed(target("analysts/people", private=False), folder)
    assert not server.repositories["models", "analysts/people"].private


def test_token_of_the_login_file_is_used(server: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    Path(constants.HF_TOKEN_PATH).write_text(TOKEN)
    assert checked_and_pushed(target(), folder)


class TestCheck:
    """What is reported before any work."""

    def test_not_logged_in(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HF_TOKEN")
        assert error_of(target()) == (
            "not logged in, so ada/people can't be pushed to (export.hub); log in with `hf auth login` (or HF_TOKEN)"
        )
        assert server.requests == []

    @pytest.mark.parametrize("exists", [False, True])
    def test_invalid_token_is_rejected(self, server: Hub, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
        if exists:
            server.add("model", NAME).commit({})
        monkeypatch.setenv("HF_TOKEN", "hf_expired")
        assert error_of(target()) == (
            "the Hub rejected your token for ada/people (401: Invalid credentials in Authorization header); "
            "renew it with `hf auth login` (or HF_TOKEN)"
        )

    def test_missing_write_permission_is_reported(self, server: Hub) -> None:
        server.log_in(TOKEN, Account("ada", role="read"))
        server.add("model", NAME).commit({})
        assert error_of(target()) == (
            "your token has no write permission for ada/people (403: You don't have the right to write here); "
            "grant it, "
            "or log in with another token: `hf auth login` (or HF_TOKEN)"
        )

    def test_read_only_token_creates_nothing(self, server: Hub) -> None:
        server.log_in(TOKEN, Account("ada", role="read"))
        assert error_of(target()) == (
            "your token is read-only, so it can't create ada/people (export.hub.repo_id); log in with a token "
            "with write "
            "permission: `hf auth login` (or HF_TOKEN)"
        )

    @pytest.mark.parametrize("private", [False, True])
    def test_repository_of_someone_else_is_refused(self, server: Hub, private: bool) -> None:
        server.add("model", "bo/people", private=private).commit({})
        expected = (
            "bo/people (export.hub.repo_id in params.yaml) does not exist or is not visible to you, and you can't "
            "create it; expected one of ada/..., analysts/..."
            if private
            else "your token has no write permission for bo/people (403: You don't have the right to write here); "
            "grant it, or log in with another token: `hf auth login` (or HF_TOKEN)"
        )
        assert error_of(target("bo/people")) == expected

    def test_public_repository_that_should_be_private_is_refused(self, server: Hub) -> None:
        server.add("model", NAME).commit({})
        assert error_of(target()) == (
            "ada/people is public, but export.hub.private in params.yaml is true; make it private at "
            f"{server.url}/ada/people/settings, or set the key to false"
        )
        target(private=False).check()

    def test_invalid_name_of_a_repository_is_refused(self, server: Hub) -> None:
        assert error_of(target("ada/a..b")) == (
            "export.hub.repo_id: 'ada/a..b' is not the name of a repository; expected OWNER/NAME"
        )

    def test_offline_mode_is_reported(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert error_of(target()) == (
            "HF_HUB_OFFLINE is set, so ada/people can't be pushed to; unset it, or set export.hub.push in params.yaml "
            "to false"
        )

    def test_unreachable_hub_is_named_without_its_password(self, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", endpoint.replace("//", "//ada:secret@"))
        assert error_of(target()) == (
            f"{endpoint.replace('//', '//***@')}: the Hub is unreachable for ada/people (ConnectError); check the "
            "connection, the proxy and HF_ENDPOINT"
        )

    def test_page_that_is_not_a_hub_is_reported(self, server: Hub) -> None:
        server.broken = 200
        assert (
            error_of(target()) == f"{server.url} does not look like a Hugging Face Hub; check HF_ENDPOINT and the proxy"
        )

    def test_params_without_a_repository_are_refused(self) -> None:
        with pytest.raises(UserError, match=r"^train\.hub\.repo_id in params\.yaml is null; expected the repository"):
            Target.of("train.hub", Push(repo_id=None, private=True, branch="main", push=False))


class TestHalfWay:
    """The Hub fails during a push: the branch is unchanged, and the next push succeeds."""

    @pytest.fixture
    def to(self, server: Hub, folder: Path) -> Target:
        to = target()
        to.create()
        return to

    def again(self, server: Hub, to: Target, folder: Path) -> None:
        repository = server.repositories["models", NAME]
        assert repository.messages == ["initial commit"]
        assert list(repository.files()) == [".gitattributes"]
        server.failing.clear()
        assert to.push(folder, "again")
        assert repository.messages == ["initial commit", "again"]
        assert repository.files()["model.safetensors"] == WEIGHTS

    @pytest.mark.parametrize("route", ["info", "preupload", "batch", "store", "verify", "commit"])
    @pytest.mark.parametrize("fault", ["507", "401", "unheard", "unanswered"])
    def test_fault_of_any_request_leaves_the_branch_for_the_next_push(
        self, server: Hub, to: Target, folder: Path, route: str, fault: str
    ) -> None:
        if fault.isdecimal():
            server.failing[route] = int(fault)  # none of those that the client tries again for half a minute
        else:
            getattr(server, fault).add(route)
        assert error_of(to, folder).startswith(
            {
                "507": "the push to ada/people failed: the Hub answered 507; try again later",
                "401": "the Hub rejected your token for ada/people (401",
            }.get(fault, f"{server.url}: the Hub is unreachable for ada/people (RemoteProtocolError)")
        )
        server.unheard.clear()
        server.unanswered.clear()
        if (route, fault) == ("commit", "unanswered"):  # the Hub has it: the push is complete
            assert to.push(folder, "again") is None
        else:
            self.again(server, to, folder)

    @pytest.mark.parametrize(("route", "tries"), [("store", 6), ("commit", 1)])
    def test_large_files_are_tried_again_by_the_client_and_a_commit_is_not(
        self, server: Hub, to: Target, folder: Path, route: str, tries: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time, "sleep", lambda _seconds: None)
        server.failing[route] = 503
        assert error_of(to, folder) == "the push to ada/people failed: the Hub answered 503; try again later"
        request_of = {"store": "PUT /objects/", "commit": "POST /api/models/ada/people/commit/"}[route]
        assert len([request for request in server.requests if request.startswith(request_of)]) == tries
        self.again(server, to, folder)

    def test_revoked_permission_is_reported(self, server: Hub, to: Target, folder: Path) -> None:
        server.log_in(TOKEN, Account("ada", role="read"))
        assert error_of(to, folder).startswith("your token has no write permission for ada/people (403: You")
        server.log_in(TOKEN, Account("ada"))
        self.again(server, to, folder)

    def test_deleted_branch_or_repository_is_reported(self, server: Hub, to: Target, folder: Path) -> None:
        assert error_of(target(branch="old"), folder) == ("export.hub.branch: ada/people does not have a branch old")
        server.repositories.clear()
        assert error_of(to, folder) == ("export.hub.repo_id: ada/people does not exist or is not visible to you")

    def test_refused_card_is_reported(self, server: Hub, to: Target, folder: Path) -> None:
        card = (folder / "README.md").read_bytes()
        (folder / "README.md").write_text("---\nlicense: [mit]\n---\n")
        assert error_of(to, folder) == (
            'the push to ada/people failed: Invalid metadata in README.md. - "license" must be a string'
        )
        (folder / "README.md").write_bytes(card)
        self.again(server, to, folder)

    @pytest.mark.parametrize("error", [ConnectionError, RuntimeError, PermissionError])
    def test_errors_of_the_xet_library_are_reported(
        self, server: Hub, to: Target, folder: Path, error: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = "Network error: HTTP status client error\n(403 Forbidden)"
        with monkeypatch.context() as patch:
            patch.setattr(HfApi, "preupload_lfs_files", lambda *_, **__: (_ for _ in ()).throw(error(said)))
            assert error_of(to, folder) == (
                "the push to ada/people failed: Network error: HTTP status client error (403 Forbidden)"
            )
        self.again(server, to, folder)

    def test_push_of_someone_else_meanwhile_is_reported(self, server: Hub, to: Target, folder: Path) -> None:
        server.failing["commit"] = 412
        assert error_of(to, folder) == "ada/people was changed by someone else during the push (412); push again"
        self.again(server, to, folder)
