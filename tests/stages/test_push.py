"""Pushes of export.py and train.py by the real client to the server of hub_server.py.

What a push sends and reports, tests/unit/hub/test_push.py shows.
"""

import threading
from pathlib import Path

import pytest
from helpers.hub_server import TOKEN
from helpers.project import error_of, exit_of, files_of, json_of, run_stage, run_verb, snapshot
from helpers.tiny import set_params

from tagline.training.training import Training

pytestmark = pytest.mark.usefixtures("logged_in")
NAME = "ada/people"
OUTS = tuple(map(Path, ("data", "models", "metrics", "plots", "reports", ".work")))


def configure(section, **values):
    """Write params.yaml with a push, and with other values of the section's ``hub``.

    Without ONNX, whose conversion takes longer than all the rest and does not change how files are pushed.
    """
    hub = {"repo_id": NAME, "private": True, "branch": "main", "push": True, **values}
    sections = {"export": {"onnx": False, "int8": False}, "train": {}}
    set_params(**sections | {section: sections[section] | {"hub": hub}})


def repository(hub):
    return hub.repositories["models", NAME]


def test_export_pushes_one_commit_and_none_if_nothing_changed(finished, hub, capsys):
    configure("export")
    run_stage("export")
    f1 = json_of("reports/evaluate.json")["test"]["overall"]["f1"]
    assert repository(hub).private
    assert repository(hub).messages == ["initial commit", f"Test F1 {f1:.3f}"]
    assert {**repository(hub).files(), ".gitattributes": b""} == {**files_of("models/export"), ".gitattributes": b""}
    commit = repository(hub).refs["main"]
    assert capsys.readouterr().out.endswith(f"ada/people: commit {commit}\n")
    run_verb("push")
    said = capsys.readouterr().out
    assert said.startswith("params.yaml: export.card.license is empty, so that nobody knows what they may do with the")
    assert said.endswith("ada/people: already up to date\n")
    assert repository(hub).refs["main"] == commit


def test_failed_push_of_an_export_is_repeated_by_hand_without_computing(finished, hub, capsys):
    configure("export", push=False, branch="tries")
    Path("models/export/.env").write_text("SECRET=1")
    before = snapshot(*OUTS)
    hub.failing["commit"] = 507
    assert exit_of("push") == (
        "push: models/export is complete, but was not pushed: ada/people: the Hub answered "
        "507; try again later; `tagline push` tries again"
    )
    hub.failing.clear()
    run_verb("push")
    assert snapshot(*OUTS) == before
    assert repository(hub).files("tries").keys() - {".gitattributes"} == files_of("models/export").keys() - {".env"}
    assert capsys.readouterr().out.endswith(f"\nada/people (tries): commit {repository(hub).refs['tries']}\n")
    Path("models/export").rename("elsewhere")
    assert "models/export is missing; expected what the stage export writes; run" in exit_of("push")


def test_invalid_token_is_reported_before_any_work(workspace, hub):
    for stage in ("train", "export"):
        configure(stage)
        run_stage("check")
        assert hub.repositories == {}, "a check creates no repository"
        hub.tokens.clear()
        for name in (stage, "check"):
            assert error_of(name).startswith(f"{name}: ada/people: the Hub rejected your token (401")
        hub.tokens.add(TOKEN)
    requests = len(hub.requests)
    configure("train", push=False)
    run_stage("check")
    assert len(hub.requests) == requests


def test_train_pushes_a_commit_per_epoch_without_waiting(finished, hub, monkeypatch, capsys):
    before = snapshot(*OUTS)
    configure("train")
    hub.gate, ended = threading.Event(), []
    end = Training.end

    def open_the_gate(training):
        end(training)
        ended.append(len(repository(hub).messages))
        hub.gate.set()

    monkeypatch.setattr(Training, "end", open_the_gate)
    run_stage("train")
    assert ended == [1], "the Hub had taken no epoch when the last was trained"
    assert snapshot(*OUTS) == before
    rows = [line.split(",") for line in Path("plots/validation.csv").read_text().split("\n")[1:-1]]
    assert repository(hub).messages[1:] == [f"epoch {row[0]}: validation F1 {float(row[3]):.3f}" for row in rows]
    assert capsys.readouterr().out.endswith("ada/people: all epochs are pushed\n")
    best = json_of("reports/train.json")["best_epoch"]
    commits = list(repository(hub).commits.values())
    weights = Path("models/finetuned/model.safetensors").read_bytes()
    assert commits[best]["model.safetensors"] == weights
    assert len({commit["model.safetensors"] for commit in commits[1:]}) == 6


def test_missing_epochs_are_pushed_by_the_next_run_without_training(finished, hub, capsys):
    before = snapshot(*OUTS)
    configure("train")
    hub.failing["commit"] = 507
    answer = "ada/people: the Hub answered 507"
    assert error_of("train") == (
        f"train: models/finetuned is complete, but these epochs are not on the Hub: 1, 2, 3, 4, 5, 6 ({answer}; try "
        "again later); `dvc repro` pushes what is missing without training again"
    )
    assert f"epoch 1 is not on the Hub yet: {answer}" in capsys.readouterr().out
    hub.failing.clear()
    run_stage("train")
    assert "epoch 1/" not in capsys.readouterr().out, "no epoch was trained"
    assert [message.split(":")[0] for message in repository(hub).messages[1:]] == [f"epoch {n}" for n in range(1, 7)]
    assert snapshot(*OUTS) == before
