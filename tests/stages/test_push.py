"""Pushes of export.py and train.py by the real client to the server of hub_server.py.

Most tests run in this process, with large files by Git LFS. xet, whose library reads its settings once, and loading
from the Hub need a process of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.hub_repositories import Account, Repository
from helpers.hub_server import Hub, client_environment
from helpers.project import ROOT, error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, write_params
from huggingface_hub import ModelCard, constants
from transformers import pipeline

from tagline.hub.push import Target
from tagline.training.training import Training

TOKEN = "hf_secretsecretsecretsecret"
NAME = "ada/people"
NO_XET = {"HF_HUB_DISABLE_XET": "1"}
OUTS = ("data", "models", "metrics", "plots", "reports", ".work")


@pytest.fixture
def hub(online: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        online.setattr(constants, "ENDPOINT", server.url)
        online.setattr(constants, "HF_HUB_DISABLE_XET", True)
        online.setenv("HF_TOKEN", TOKEN)
        server.log_in(TOKEN, Account("ada"))
        yield server


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def configure(section: str, **values: Any) -> None:
    """Write params.yaml with a push, and with other values of the section's ``hub``.

    Without ONNX, whose conversion takes longer than all the rest and does not change how files are pushed.
    """
    hub = {"repo_id": NAME, "private": True, "branch": "main", "push": True, **values}
    params = {**TINY_PARAMS, "export": TINY_PARAMS["export"] | {"onnx": False, "int8": False}}
    write_params(Path(), {**params, section: params[section] | {"hub": hub}})


def repository(hub: Hub) -> Repository:
    return hub.repositories["models", NAME]


def files(folder: str) -> dict[str, bytes]:
    """The files of a folder, by their names in a repository."""
    return {path.relative_to(folder).as_posix(): content for path, content in snapshot(Path(folder)).items()}


def failure(*command: str) -> str:
    """Run a stage that must fail, and return its message."""
    with pytest.raises(SystemExit) as raised:
        run_stage(*command)
    assert isinstance(raised.value.code, str)
    assert "\n" not in raised.value.code
    return raised.value.code


# How a push can break off after it has begun, and what the message says of it.
FAULTS = {
    "500": "the Hub answered 500; try again later",
    "401": "the Hub rejected your token for ada/people (401",
    "unheard": "the Hub is unreachable for ada/people (RemoteProtocolError)",
    "unanswered": "the Hub is unreachable for ada/people (RemoteProtocolError)",
}


def break_off(hub: Hub, route: str, fault: str) -> None:
    if fault.isdecimal():
        hub.failing[route] = int(fault)
    else:
        getattr(hub, fault).add(route)


def mend(hub: Hub) -> None:
    for faults in (hub.failing, hub.unheard, hub.unanswered):
        faults.clear()


def kill_at_commit(hub: Hub, home: Path, stage: str, *arguments: str) -> None:
    """Run a stage in a process that is killed while the Hub makes the first commit."""
    hub.gate = threading.Event()
    command = [sys.executable, str(ROOT / f"stages/{stage}.py"), *arguments]
    environment = client_environment(hub.url, home, HF_TOKEN=TOKEN, **NO_XET)
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while not any("/commit/" in request for request in hub.requests):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    hub.gate.set()
    while len(repository(hub).messages) == 1:
        time.sleep(0.01)


class TestExport:
    def test_one_commit_and_none_if_nothing_changed(self, finished: Path, hub: Hub, capsys) -> None:
        configure("export")
        run_stage("export")
        f1 = json.loads(Path("reports/evaluate.json").read_text())["test"]["overall"]["f1"]
        assert repository(hub).private
        assert repository(hub).messages == ["initial commit", f"Test F1 {f1:.3f}"]
        assert {**repository(hub).files(), ".gitattributes": b""} == {**files("models/export"), ".gitattributes": b""}
        commit = repository(hub).refs["main"]
        assert capsys.readouterr().out.endswith(f"ada/people: commit {commit}\n")
        run_stage("export")
        assert capsys.readouterr().out.endswith("ada/people: already up to date\n")
        assert repository(hub).refs["main"] == commit

    def test_push_by_hand_computes_nothing(self, finished: Path, hub: Hub, capsys) -> None:
        configure("export", push=False, branch="tries")
        Path("models/export/.env").write_text("SECRET=1")
        Path("models/export/predictions.jsonl").touch()
        before = snapshot(*map(Path, OUTS))
        run_stage("export", "--push")
        assert snapshot(*map(Path, OUTS)) == before
        expected = files("models/export").keys() - {".env", "predictions.jsonl"}
        assert repository(hub).files("tries").keys() - {".gitattributes"} == expected
        assert capsys.readouterr().out == f"ada/people (tries): commit {repository(hub).refs['tries']}\n"
        run_stage("export")
        assert hub.requests[-1].startswith("POST"), "push is false, so the Hub was not asked"
        assert len(repository(hub).messages) == 2

    def test_push_by_hand_without_a_name_or_a_folder(self, finished: Path, hub: Hub) -> None:
        assert failure("export", "--push") == (
            "export: export.hub.repo_id in params.yaml is null; expected the repository to push to (OWNER/NAME)"
        )
        configure("export")
        Path("models/export").rename("elsewhere")
        assert "models/export is missing: the stage export writes it" in failure("export", "--push")

    def test_an_invalid_token_is_reported_before_any_work(self, finished: Path, hub: Hub) -> None:
        configure("export")
        hub.tokens.clear()
        Path("data/tokenized").rename("elsewhere")  # the stage would report it
        assert failure("export").startswith("export: the Hub rejected your token for ada/people (401")

    def test_an_export_that_fails_is_not_pushed(self, finished: Path, hub: Hub) -> None:
        configure("export")
        Path("models/finetuned").rename("elsewhere")
        assert "models/finetuned is missing" in error_of("export")
        assert hub.repositories == {}

    @pytest.mark.parametrize("route", ["create", "store", "commit"])
    def test_a_failed_push_loses_nothing_and_is_repeated_by_hand(self, finished: Path, hub: Hub, route: str) -> None:
        configure("export")
        for path in ("models/export/README.md", "reports/export.json"):
            Path(path).write_text("of an earlier export")
        hub.failing[route] = 507
        assert failure("export") == (
            "export: models/export is complete, but was not pushed: the push to ada/people failed: the Hub answered "
            "507; try again later; `python stages/export.py --push` tries again"
        )
        assert Path("models/export/README.md").read_text() != "of an earlier export"
        assert "test" in json.loads(Path("reports/export.json").read_text())
        hub.failing.clear()
        run_stage("export", "--push")
        assert len(repository(hub).messages) == 2
        assert repository(hub).files()["model.safetensors"] == Path("models/export/model.safetensors").read_bytes()

    def test_the_card_names_the_repository_and_has_the_scores(self, finished: Path, hub: Hub) -> None:
        configure("export")
        run_stage("export")
        card = ModelCard(repository(hub).files()["README.md"].decode())
        scores = json.loads(Path("reports/evaluate.json").read_text())["test"]
        assert card.data.model_name == "people"
        assert card.data.language == "en"
        metrics = {result.metric_name: result.metric_value for result in card.data.eval_results or []}
        assert metrics["F1"] == scores["overall"]["f1"]
        assert metrics["F1 of LOC"] == scores["per_type"]["LOC"]["f1"]
        assert 'model="ada/people"' in card.text
        for origin in ("data/raw", "models/pretrained"):
            provenance = json.loads(Path(origin, "provenance.json").read_text())
            hashes = [file["sha256"] for of_split in provenance.get("files", {}).values() for file in of_split]
            weights = [provenance["sha256"]["encoder/model.safetensors"]] if "sha256" in provenance else []
            assert hashes or weights
            assert all(value in card.text for value in [*hashes, *weights])

    @pytest.mark.parametrize("route", ["create", "info", "preupload", "batch", "store", "verify", "commit"])
    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_push_that_breaks_off_is_completed_by_hand(
        self, finished: Path, hub: Hub, online: pytest.MonkeyPatch, route: str, fault: str
    ) -> None:
        configure("export", push=False)
        before = snapshot(*map(Path, OUTS))
        online.setattr(Target, "check", lambda _: None)  # it has passed: the fault begins later
        break_off(hub, route, fault)
        message = failure("export", "--push")
        assert message.startswith("export: models/export is complete, but was not pushed: ")
        assert FAULTS[fault] in message
        assert message.endswith("; `python stages/export.py --push` tries again")
        assert TOKEN not in message
        mend(hub)
        run_stage("export", "--push")
        assert len(repository(hub).messages) == 2
        assert {**repository(hub).files(), ".gitattributes": b""} == {**files("models/export"), ".gitattributes": b""}
        assert snapshot(*map(Path, OUTS)) == before

    def test_a_killed_push_is_completed_by_hand(self, finished: Path, hub: Hub, home: Path) -> None:
        configure("export", push=False)
        before = snapshot(*map(Path, OUTS))
        kill_at_commit(hub, home, "export", "--push")
        run_stage("export", "--push")
        assert len(repository(hub).messages) == 2
        assert {**repository(hub).files(), ".gitattributes": b""} == {**files("models/export"), ".gitattributes": b""}
        assert snapshot(*map(Path, OUTS)) == before


class TestTrain:
    def test_a_commit_per_epoch_and_the_same_result(self, finished: Path, hub: Hub, capsys) -> None:
        before = snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots"))
        configure("train")
        run_stage("train")
        assert snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots")) == before
        assert not Path(".work").exists()
        rows = [line.split(",") for line in Path("plots/validation.csv").read_text().split("\n")[1:-1]]
        expected = [f"epoch {row[0]}: validation F1 {float(row[3]):.3f}" for row in rows]
        assert len(expected) == 6
        assert repository(hub).messages == ["initial commit", *expected]
        assert capsys.readouterr().out.endswith("ada/people: all epochs are pushed\n")
        best = json.loads(Path("reports/train.json").read_text())["best_epoch"]
        commits = list(repository(hub).commits.values())
        own = ("provenance.json", "hashes.json")
        finetuned = {name: content for name, content in files("models/finetuned").items() if name not in own}
        assert {name: commits[best][name] for name in finetuned} == finetuned
        assert len({commit["model.safetensors"] for commit in commits[1:]}) == 6

    def test_training_does_not_wait_for_pushes(self, finished: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
        configure("train")
        hub.gate, ended = threading.Event(), []
        end = Training.end

        def open_the_gate(training: Training) -> None:
            end(training)
            ended.append(len(repository(hub).messages))
            hub.gate.set()

        monkeypatch.setattr(Training, "end", open_the_gate)
        run_stage("train")
        assert ended == [1], "the Hub had taken no epoch when the last was trained"
        assert len(repository(hub).messages) == 7

    def test_an_invalid_token_is_reported_before_any_work(self, finished: Path, hub: Hub) -> None:
        configure("train")
        hub.tokens.clear()
        Path("data/tokenized").rename("elsewhere")
        assert failure("train").startswith("train: the Hub rejected your token for ada/people (401")

    def test_what_is_missing_is_pushed_by_the_next_run_without_training(self, finished: Path, hub: Hub, capsys) -> None:
        configure("train")
        for path in ("reports/train.json", "models/finetuned/config.json"):
            Path(path).write_text("of an earlier run")
        hub.failing["commit"] = 507
        assert failure("train") == (
            "train: models/finetuned is complete, but epochs 1, 2, 3, 4, 5, 6 are not on the Hub: the push to "
            "ada/people "
            "failed: the Hub answered 507; try again later; `dvc repro` pushes what is missing without training again"
        )
        assert (
            "epoch 1 is not on the Hub yet: the push to ada/people failed: the Hub answered 507"
            in capsys.readouterr().out
        )
        assert json.loads(Path("reports/train.json").read_text())["best_epoch"]
        result = snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots"))
        hub.failing.clear()
        run_stage("train")
        assert [message.split(":")[0] for message in repository(hub).messages[1:]] == [
            f"epoch {n}" for n in range(1, 7)
        ]
        assert "F1" not in capsys.readouterr().out, "no epoch was trained"
        assert snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots")) == result
        assert not Path(".work").exists()

    @pytest.mark.parametrize("fault", FAULTS)
    def test_pushes_that_break_off_are_repeated_after_the_next_epoch(
        self, finished: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys, fault: str
    ) -> None:
        before = snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots"))
        configure("train")
        push, pushed = Target.push, []

        def push_with_faults(target: Target, folder: Path, message: str) -> str | None:
            pushed.append(message)
            mend(hub)
            if len(pushed) in (2, 4):
                break_off(hub, "commit", fault)
            return push(target, folder, message)

        monkeypatch.setattr(Target, "push", push_with_faults)
        run_stage("train")
        output = capsys.readouterr().out
        assert output.count(" is not on the Hub yet: ") == output.count(FAULTS[fault]) == 2
        assert [message.split(":")[0] for message in repository(hub).messages[1:]] == [
            f"epoch {n}" for n in range(1, 7)
        ]
        assert snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots")) == before
        assert not Path(".work").exists()

    def test_a_run_killed_in_a_push_is_completed_by_the_next(self, finished: Path, hub: Hub, home: Path) -> None:
        before = snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots"))
        configure("train")
        kill_at_commit(hub, home, "train")
        left = snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots"))
        assert {path: left[path] for path in before} == before
        # In a process of its own too: the modules that are loaded are part of a run's fingerprint.
        in_own_process(hub, home, str(ROOT / "stages/train.py"), **NO_XET)
        assert [message.split(":")[0] for message in repository(hub).messages[1:]] == [
            f"epoch {n}" for n in range(1, 7)
        ]
        assert snapshot(Path("models"), Path("metrics"), Path("reports"), Path("plots")) == before
        assert not Path(".work").exists()


def test_check_asks_the_hub(workspace: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for section in ("train", "export"):
        configure(section)
        run_stage("check")
        assert hub.repositories == {}, "a check creates no repository"
        hub.tokens.clear()
        assert failure("check").startswith("check: the Hub rejected your token for ada/people (401")
        for stage in ("download", "pipelines/a/dvc.yaml:evaluate"):
            monkeypatch.setenv("DVC_STAGE", stage)
            run_stage("check")
        monkeypatch.setenv("DVC_STAGE", "pipelines/a/dvc.yaml:export")
        assert failure("check").startswith("check: the Hub rejected your token for ada/people (401")
        monkeypatch.delenv("DVC_STAGE")
        hub.tokens.add(TOKEN)
    requests = len(hub.requests)
    configure("train", push=False)
    run_stage("check")
    assert len(hub.requests) == requests


def test_a_push_needs_a_name(workspace: Path) -> None:
    configure("export", repo_id=None)
    assert "export.hub: push is true, so repo_id must name a repository (OWNER/NAME)" in error_of("check")
    configure("train", repo_id="people")
    assert "train.hub.repo_id: " in error_of("check")


def in_own_process(hub: Hub, home: Path, *command: str, **environment: str) -> str:
    """The output of a command with its own home folder and this Hub."""
    clean = client_environment(hub.url, home, HF_TOKEN=TOKEN, **environment)
    done = subprocess.run([sys.executable, *command], env=clean, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert TOKEN not in done.stdout
    return done.stdout


def assert_without_token(*folders: Path) -> None:
    for path, content in snapshot(*folders).items():
        assert TOKEN.encode() not in content, f"{path} holds the token"


TAG = """
import json, sys
from transformers import logging, pipeline
logging.disable_progress_bar()
tagger = pipeline("token-classification", model=sys.argv[1], aggregation_strategy="first")
print(json.dumps([{**entity, "score": float(entity["score"])} for entity in tagger(sys.argv[2])]))
"""


def test_what_was_pushed_is_loaded_by_name(finished: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> None:
    configure("export")
    run_stage("export")
    home, text = tmp_path_factory.mktemp("home"), "Ada Lind lives in Oslo ."
    found = json.loads(in_own_process(hub, home, "-c", TAG, NAME, text))
    assert f"GET /{NAME}/resolve/main/model.safetensors" in {
        request.replace(repository(hub).refs["main"], "main") for request in hub.requests
    }
    expected = pipeline("token-classification", model="models/export", aggregation_strategy="first")(text)
    assert [entity["entity_group"] for entity in found] == ["PER", "LOC"]
    for got, wanted in zip(found, expected, strict=True):
        assert got == {**wanted, "score": float(wanted["score"])}
    assert_without_token(finished, home)


FETCH = """
import os, sys, hf_xet
(known,) = hf_xet.hash_files([sys.argv[1]])
headers = {"authorization": "Bearer " + os.environ["HF_TOKEN"]}
with hf_xet.XetSession().new_file_download_group(token_refresh_url=sys.argv[2], token_refresh_headers=headers) as group:
    group.start_download_file(hf_xet.XetFileInfo(known.hash, known.file_size), sys.argv[3])
"""


def test_by_xet(finished: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory, capsys) -> None:
    """As the real Hub stores large files: in a separate store, here a folder of the xet library."""
    configure("export", push=False)
    home, hub.xet = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("store")
    assert "ada/people: commit " in in_own_process(hub, home, str(ROOT / "stages/export.py"), "--push")
    assert not [request for request in hub.requests if "lfs" in request or request.startswith("PUT")]
    weights, admission = "models/export/model.safetensors", f"{hub.url}/api/models/{NAME}/xet-read-token/main"
    in_own_process(hub, home, "-c", FETCH, weights, admission, str(home / "fetched"))
    assert (home / "fetched").read_bytes() == Path(weights).read_bytes()
    run_stage("export", "--push")
    assert capsys.readouterr().out == "ada/people: already up to date\n"
    assert_without_token(finished, home, hub.xet)
