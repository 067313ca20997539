"""A model with a CRF head through all stages: both engines, interruptions, processes, every backend."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.launching import finish, start
from helpers.project import ROOT, STAGES, error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, write_params
from safetensors.numpy import load_file
from transformers import pipeline
from transformers.utils import logging

from tagline.artifacts import head_file
from tagline.core.errors import UserError
from tagline.core.provenance import write_hashes
from tagline.inference.tagger import Tagger
from tagline.training.training import Training

ENGINES = ("accelerate", "trainer")
TEXT = "Ada Lind lives in Oslo ."


def set_params(**changed: Any) -> None:
    params = deepcopy(TINY_PARAMS)
    params["tokenize_align"] |= {"label_all_tokens": False}
    params["train"] |= {"head": "crf", "learning_rate": 0.01} | changed
    write_params(Path(), params)


@pytest.fixture
def tokenized(workspace: Path) -> Path:
    set_params()
    run_stage("download")
    run_stage("tokenize_align")
    return workspace


@pytest.fixture(scope="module")
def exported_once(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crf")
    shutil.copytree(tiny_folder, folder / "data/tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        set_params()
        for stage in STAGES:
            run_stage(stage)
    return folder


@pytest.fixture
def export(exported_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """models/export of a workspace, the current folder, in which all stages have run with a CRF."""
    shutil.copytree(exported_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("models/export")


def trained() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """All weights of models/finetuned, and the report of the training."""
    weights = load_file("models/finetuned/model.safetensors") | load_file("models/finetuned/head.safetensors")
    return weights, json.loads(Path("reports/train.json").read_text())


def test_both_engines_and_two_processes_learn_alike(tokenized: Path) -> None:
    config = Path("models/pretrained/encoder/config.json")
    content = json.loads(config.read_text())
    config.write_text(json.dumps(content | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}))
    write_hashes(config.parent)
    found = []
    for engine in ENGINES:
        set_params(engine=engine, subwords_per_device=30)
        run_stage("train")
        found.append(trained())
        shutil.rmtree("models/finetuned")
    status, _, err = finish(start(ROOT / "stages/train.py"))
    assert status == 0, err
    found.append(trained())
    assert np.abs(found[0][0]["transitions"]).max() > 0.05, "transitions are learnt"
    assert "tagger_head.transitions" not in found[0][0]
    for weights, report in found[1:]:
        assert report["validation"] == pytest.approx(found[0][1]["validation"], abs=1e-4)
        for name, tensor in found[0][0].items():
            np.testing.assert_allclose(weights[name], tensor, rtol=0, atol=2e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupted_run_ends_with_the_same_bytes(
    tokenized: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_params(engine=engine, checkpoint_every=3)
    run_stage("train")
    expected = snapshot(Path("models/finetuned"))
    after_step = Training.after_step

    def interrupted(self: Training, step: Any, loss: Any) -> None:
        after_step(self, step, loss)
        if step.number == 14:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises((KeyboardInterrupt, SystemExit)):
        patch.setattr(Training, "after_step", interrupted)
        run_stage("train")
    run_stage("train")
    assert snapshot(Path("models/finetuned")) == expected


def test_every_backend_uses_the_transitions(export: Path) -> None:
    finetuned = Path("models/finetuned")
    assert (export / "head.safetensors").read_bytes() == (finetuned / "head.safetensors").read_bytes()
    assert json.loads((export / "tagger.json").read_text())["head"] == "crf"
    entities = []
    for backend in ("torch", "onnx", "onnx-int8"):
        with Tagger(export, backend=backend) as tagger:
            entities.append([(mention.type, mention.text) for mention in tagger(TEXT)])
    assert entities[0] == [("PER", "Ada Lind"), ("LOC", "Oslo")]
    assert entities[1] == entities[2] == entities[0]
    # Transitions that forbid B-PER after the start leave no person.
    name, weights = head_file.read(export, "export")
    labels = list(tagger.labels.names)
    transitions = weights["transitions"].copy()
    transitions[labels.index("B-PER")] = -200
    head_file.write(export, name, {"transitions": transitions})
    for backend in ("torch", "onnx", "onnx-int8"):
        with Tagger(export, backend=backend, verify=False) as tagger:
            assert ("PER", "Ada Lind") not in [(mention.type, mention.text) for mention in tagger(TEXT)]


def test_transformers_loads_the_export_without_a_warning(export: Path, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    logging.set_verbosity_warning()
    tagger = pipeline("token-classification", model="models/export", aggregation_strategy="first")
    assert tagger(TEXT)
    assert "tagger_head" not in "".join(capfd.readouterr())


def test_the_file_of_the_head_is_checked(export: Path) -> None:
    Path("models/export/head.safetensors").unlink()
    with pytest.raises(UserError, match=r"models/export/head.safetensors is missing"):
        Tagger("models/export", backend="onnx")
    with pytest.raises(
        Exception, match="tagger.json is of the head crf, the weights are of linear; run `dvc repro exp"
    ):
        Tagger("models/export", backend="onnx", verify=False)


def test_labels_of_all_subwords_are_refused(workspace: Path) -> None:
    params = deepcopy(TINY_PARAMS)
    params["train"] |= {"head": "crf"}
    write_params(workspace, params)
    assert error_of("check").endswith(
        ": train.head: crf needs one label per word; set tokenize_align.label_all_tokens to false"
    )
    run_stage("download")
    run_stage("tokenize_align")
    assert error_of("train").startswith(
        "train: data/tokenized: all sub-words are labelled; train.head: crf needs one label"
    )


def test_label_smoothing_is_refused(workspace: Path) -> None:
    set_params(label_smoothing=0.1)
    assert "train: label_smoothing is not possible with head crf; set it to 0.0" in error_of("check")
