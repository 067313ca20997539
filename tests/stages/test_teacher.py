"""train.py with an earlier model: to continue from, as teacher, or as a smaller one."""

from __future__ import annotations

import json
import re
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.kill_points import killed
from helpers.launching import finish, start
from helpers.project import ROOT, STAGES, error_of, run_stage, snapshot
from helpers.tiny import remove_dropout, save_encoder, set_train_params
from safetensors.numpy import load_file
from transformers import AutoTokenizer

from tagline.core.provenance import sha256, write_hashes
from tagline.inference import Tagger

BY_LENGTH = {"order": "by_length", "subwords_per_batch": 40, "batch_size": 2}
LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def keep(folder: str = "old") -> dict[str, Any]:
    """Keep the trained model for a later training, and return the params that read it."""
    shutil.copytree("models/finetuned", f"data/kept/{folder}")
    return {"folder": "data/kept", "precision": "fp32"}


def train(**changed: Any) -> dict[str, np.ndarray]:
    """Run the stage with some values changed, and return the weights."""
    set_train_params(**changed)
    run_stage("train")
    return {
        name: tensor
        for path in sorted(Path("models/finetuned").glob("*.safetensors"))
        for name, tensor in load_file(path).items()
    }


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_training_continues_from_encoder_and_head_of_an_earlier_model(finished: Path, head: str) -> None:
    before = train(head=head, epochs=2)
    after = train(**keep(), start_from="old", head=head, learning_rate=1e-12, head_learning_rate=1e-12, max_steps=1)
    assert before.keys() == after.keys()
    assert ("transitions" in after) == (head == "crf")
    for name, tensor in before.items():
        np.testing.assert_allclose(after[name], tensor, rtol=0, atol=1e-10)


def test_new_type_is_learnt_by_an_earlier_model(finished: Path) -> None:
    kept = keep()
    for split in ("train", "validation", "test"):
        path = Path(f"data/tiny/{split}.conll")
        path.write_text(path.read_text().replace("lives VERB O", "lives VERB B-DO"), encoding="utf-8")
    for stage in ("download", "tokenize_align"):
        run_stage(stage)
    weights = train(**kept, start_from="old", learning_rate=1e-12, max_steps=1)
    names = json.loads(Path("models/finetuned/config.json").read_text())["id2label"].values()
    rows = [[*names].index(name) for name in LABELS]
    old = load_file("data/kept/old/model.safetensors")["classifier.weight"]
    np.testing.assert_allclose(weights["classifier.weight"][rows], old, rtol=0, atol=1e-10)


def test_model_of_some_layers_is_exported(finished: Path) -> None:
    save_encoder(Path("data/tiny/encoder"), AutoTokenizer.from_pretrained("data/tiny/encoder"), layers=3)
    set_train_params(layers=2)
    for stage in STAGES:
        run_stage(stage)
    assert json.loads(Path("models/export/config.json").read_text())["num_hidden_layers"] == 2
    for backend in ("onnx-int8", "onnx", "torch"):
        with Tagger("models/export", backend=backend) as tagger:
            assert tagger("Ada Lind lives in Oslo.")[0].type == "PER"


def teach(**changed: Any) -> dict[str, Any]:
    """The params of a student of the kept model, with some values changed."""
    return {"epochs": 2, "teacher": {"models": ["old"], "weight": 1.0, "temperature": 2.0}, **changed}


def test_both_engines_teach_the_same_student_and_its_loss_is_higher(finished: Path) -> None:
    kept, parts = keep(), {"subwords_per_device": 12, "batches": BY_LENGTH}
    alone = train(**kept, **teach(teacher={"models": [], "weight": 1.0, "temperature": 2.0}), **parts)
    ours, curve = train(**kept, **teach(), **parts), pd.read_csv("plots/train_loss.csv")
    theirs = train(**kept, **teach(engine="trainer"), **parts)
    pd.testing.assert_frame_equal(curve, pd.read_csv("plots/train_loss.csv"), rtol=0, atol=1e-5)
    for name, tensor in ours.items():
        np.testing.assert_allclose(theirs[name], tensor, rtol=0, atol=1e-5)
    assert np.abs(ours["classifier.weight"] - alone["classifier.weight"]).max() > 1e-3


def test_killed_student_continues_to_the_same_bytes(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_train_params(**keep(), **teach(checkpoint_every=2))
    outs = [Path(name) for name in ("models/finetuned", "reports", "plots")]
    run_stage("train")
    undisturbed = snapshot(*outs)
    shutil.rmtree("models/finetuned")
    for point in (".teacher.partial", ".step-000000008.partial"):
        assert killed(lambda: run_stage("train"), point, signal.SIGKILL) == -signal.SIGKILL
    (targets,) = Path(".work/train").glob("*/teacher/targets")
    written = targets.stat().st_mtime_ns
    assert killed(lambda: run_stage("train"), ".step-000000012.partial", signal.SIGKILL) == -signal.SIGKILL
    assert targets.stat().st_mtime_ns == written, "computed once"
    content = targets.read_bytes()
    targets.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    run_stage("train")
    assert "/teacher is damaged (targets changed since it was written); computing it again\n" in capsys.readouterr().out
    assert snapshot(*outs) == undisturbed


def test_full_disk_under_the_targets_is_one_message(finished: Path) -> None:
    set_train_params(**keep(), **teach())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        message = error_of("train")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    expected = r"^train: \.work/train/\w+/teacher/targets: File too large; expected more space; free some, then run the"
    assert re.match(expected, message)


def test_two_processes_teach_what_one_does(finished: Path) -> None:
    remove_dropout(Path("models/pretrained/encoder"))  # which differs between processes
    weights = train(**keep(), **teach(epochs=1))
    made_of = json.loads(Path("models/finetuned/provenance.json").read_text())
    files = ["config.json", "model.safetensors", "tokenizer.json"]
    assert made_of["models"] == {"data/kept/old": {name: sha256(Path("data/kept/old", name)) for name in files}}
    status, _, err = finish(start(ROOT / "stages/train.py", (sys.executable,), 2))
    assert status == 0, err
    found = load_file("models/finetuned/model.safetensors")
    for name, tensor in weights.items():
        np.testing.assert_allclose(found[name], tensor, rtol=0, atol=2e-3)


def lose_head(model: Path) -> None:
    (model / "head.safetensors").touch()
    write_hashes(model)
    (model / "head.safetensors").unlink()


def change_tokenizer(model: Path) -> None:
    (model / "tokenizer.json").write_text("{}")
    write_hashes(model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shutil.rmtree, ": no such folder; expected a trained model; see train.start_from and train.teac"),
        (lambda model: (model / "config.json").unlink(), "/config.json is missing; expected all files of a trained mo"),
        (lose_head, "/head.safetensors is missing; expected all files of a trained model; copy the folder again"),
        (lambda model: (model / "config.json").write_text("{}"), "/config.json: changed since it was written (data/k"),
        (change_tokenizer, "/tokenizer.json differs from that of models/pretrained/tokenizer; "),
    ],
)
def test_folder_that_is_no_model_for_these_subwords_is_refused(
    finished: Path, change: Callable[[Path], Any], message: str
) -> None:
    set_train_params(**keep(), start_from="old")
    change(Path("data/kept/old"))
    assert error_of("train").startswith(f"train: data/kept/old{message}")
