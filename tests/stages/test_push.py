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


def is_pushed(hub: Hub) -> bool:
    """Whether one commit has all of models/export."""
    pushed = {**repository(hub).files(), ".gitattributes": b""}
    return len(repository(hub).messages) == 2 and pushed == {**files("models/export"), ".gitattributes": b""}


def test_export_pushes_one_commit_and_none_if_nothing_changed(finished: Path, hub: Hub, capsys) -> None:
    configure("export")
    run_stage("export")
    scores = json.loads(Path("reports/evaluate.json").read_text())["test"]
    assert repository(hub).private
    assert repository(hub).messages == ["initial commit", f"Test F1 {scores['overall']['f1']:.3f}"]
    assert is_pushed(hub)
    commit = repository(hub).refs["main"]
    assert capsys.readouterr().out.endswith(f"ada/people: commit {commit}\n")
    card = ModelCard(repository(hub).files()["README.md"].decode())
    assert (card.data.model_name, card.data.language) == ("people", "en")
    metrics = {result.metric_name: result.metric_value for result in card.data.eval_results or []}
    assert metrics["F1"] == scores["overall"]["f1"]
    assert 'model="ada/people"' in card.text
    run_stage("export", "--push")
    assert capsys.readouterr().out.endswith("ada/people: already up to date\n")
    assert repository(hub).refs["main"] == commit


def test_push_by_hand_computes_nothing(finished: Path, hub: Hub, capsys) -> None:
    configure("export", push=False, branch="tries")
    Path("models/export/.env").write_text("SECRET=1")
    Path("models/export/predictions.jsonl").touch()
    before = snapshot(*map(Path, OUTS))
    run_stage("export", "--push")
    assert snapshot(*map(Path, OUTS)) == before
    expected = files("models/export").keys() - {".env", "predictions.jsonl"}
    assert repository(hub).files("tries").keys() - {".gitattributes"} == expected
    assert capsys.readouterr().out == f"ada/people (tries): commit {repository(hub).refs['tries']}\n"


def test_push_by_hand_without_a_name_or_a_folder_is_an_error(finished: Path, hub: Hub) -> None:
    assert failure("export", "--push") == (
        "export: export.hub.repo_id in params.yaml is null; expected the repository to push to (OWNER/NAME)"
    )
    configure("export")
    Path("models/export").rename("elsewhere")
    assert "models/export is missing: the stage export writes it" in failure("export", "--push")


@pytest.mark.parametrize("stage", ["train", "export"])
def test_invalid_token_is_reported_before_any_work(finished: Path, hub: Hub, stage: str) -> None:
    configure(stage)
    hub.tokens.clear()
    Path("data/tokenized").rename("elsewhere")  # the stage would report it
    assert failure(stage).startswith(f"{stage}: the Hub rejected your token for ada/people (401")


def test_failed_push_of_an_export_is_repeated_by_hand(finished: Path, hub: Hub) -> None:
    configure("export", push=False)
    before = snapshot(*map(Path, OUTS))
    hub.failing["commit"] = 507
    assert failure("export", "--push") == (
        "export: models/export is complete, but was not pushed: the push to ada/people failed: the Hub answered "
        "507; try again later; `python stages/export.py --push` tries again"
    )
    hub.failing.clear()
    run_stage("export", "--push")
    assert is_pushed(hub)
    assert snapshot(*map(Path, OUTS)) == before


@pytest.mark.rare
def test_killed_push_of_an_export_is_completed_by_hand(finished: Path, hub: Hub, home: Path) -> None:
    configure("export", push=False)
    before = snapshot(*map(Path, OUTS))
    kill_at_commit(hub, home, "export", "--push")
    run_stage("export", "--push")
    assert is_pushed(hub)
    assert snapshot(*map(Path, OUTS)) == before


RESULTS = tuple(map(Path, ("models", "metrics", "reports", "plots")))
EPOCHS = [f"epoch {number}" for number in range(1, 7)]


def pushed_epochs(hub: Hub) -> list[str]:
    return [message.split(":")[0] for message in repository(hub).messages[1:]]


def test_train_pushes_a_commit_per_epoch_without_waiting(
    finished: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    before = snapshot(*RESULTS)
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
    assert snapshot(*RESULTS) == before
    assert not Path(".work").exists()
    rows = [line.split(",") for line in Path("plots/validation.csv").read_text().split("\n")[1:-1]]
    assert repository(hub).messages[1:] == [f"epoch {row[0]}: validation F1 {float(row[3]):.3f}" for row in rows]
    assert capsys.readouterr().out.endswith("ada/people: all epochs are pushed\n")
    best = json.loads(Path("reports/train.json").read_text())["best_epoch"]
    commits = list(repository(hub).commits.values())
    own = ("provenance.json", "hashes.json")
    finetuned = {name: content for name, content in files("models/finetuned").items() if name not in own}
    assert {name: commits[best][name] for name in finetuned} == finetuned
    assert len({commit["model.safetensors"] for commit in commits[1:]}) == 6


def test_missing_epochs_are_pushed_by_the_next_run_without_training(finished: Path, hub: Hub, capsys) -> None:
    configure("train")
    hub.failing["commit"] = 507
    answer = "the push to ada/people failed: the Hub answered 507"
    assert failure("train") == (
        f"train: models/finetuned is complete, but epochs 1, 2, 3, 4, 5, 6 are not on the Hub: {answer}; try again "
        "later; `dvc repro` pushes what is missing without training again"
    )
    assert f"epoch 1 is not on the Hub yet: {answer}" in capsys.readouterr().out
    result = snapshot(*RESULTS)
    hub.failing.clear()
    run_stage("train")
    assert pushed_epochs(hub) == EPOCHS
    assert "F1" not in capsys.readouterr().out, "no epoch was trained"
    assert snapshot(*RESULTS) == result
    assert not Path(".work").exists()


@pytest.mark.rare
def test_train_killed_in_a_push_is_completed_by_the_next_run(finished: Path, hub: Hub, home: Path) -> None:
    before = snapshot(*RESULTS)
    configure("train")
    kill_at_commit(hub, home, "train")
    left = snapshot(*RESULTS)
    assert {path: left[path] for path in before} == before
    # In a process of its own too: the modules that are loaded are part of a run's fingerprint.
    in_own_process(hub, home, str(ROOT / "stages/train.py"), **NO_XET)
    assert pushed_epochs(hub) == EPOCHS
    assert snapshot(*RESULTS) == before
    assert not Path(".work").exists()


def test_check_asks_the_hub_for_permission(workspace: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_push_needs_a_name(workspace: Path) -> None:
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


@pytest.mark.rare
def test_pushed_model_is_loaded_by_name(finished: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> None:
    configure("export")
    run_stage("export", "--push")
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


@pytest.mark.rare
def test_push_by_xet_stores_the_same_bytes(
    finished: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory, capsys
) -> None:
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
