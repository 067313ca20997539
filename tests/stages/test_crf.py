"""A model with a CRF head through all stages: both engines, a kill, two processes, every backend."""

from __future__ import annotations

import json
import shutil
import signal
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.kill_points import killed
from helpers.launching import finish, start
from helpers.project import ROOT, STAGES, error_of, run_stage, snapshot
from helpers.tiny import TINY_PARAMS, remove_dropout, write_params
from safetensors.numpy import load_file
from transformers import pipeline
from transformers.utils import logging

from tagline.core.errors import UserError
from tagline.inference.tagger import Tagger
from tagline.model.heads import head_file
from tagline.training.train_params import Train

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


def test_both_engines_learn_alike_in_one_process_and_in_two(tokenized: Path) -> None:
    remove_dropout(Path("models/pretrained/encoder"))
    set_params(subwords_per_device=30)
    run_stage("train")
    expected, expected_report = trained()
    shutil.rmtree("models/finetuned")
    set_params(subwords_per_device=30, engine="trainer")
    status, _, err = finish(start(ROOT / "stages/train.py"))
    assert status == 0, err
    weights, report = trained()
    assert np.abs(weights["transitions"]).max() > 0.05, "transitions are learnt"
    assert "tagger_head.transitions" not in weights
    assert report["validation"] == pytest.approx(expected_report["validation"], abs=1e-4)
    for name, tensor in expected.items():
        np.testing.assert_allclose(weights[name], tensor, rtol=0, atol=2e-3)


def test_kill_during_train_with_crf_resumes_to_same_bytes(tokenized: Path) -> None:
    set_params(checkpoint_every=3, epochs=2)
    assert killed(lambda: run_stage("train"), ".step-000000012.partial") == -signal.SIGKILL
    run_stage("train")
    resumed = snapshot(Path("models/finetuned"))
    run_stage("train")
    assert snapshot(Path("models/finetuned")) == resumed


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


def test_missing_file_of_the_head_is_reported(export: Path) -> None:
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


def test_label_smoothing_is_refused() -> None:
    with pytest.raises(ValueError, match="label_smoothing is not possible with head crf; set it to 0.0"):
        Train.model_validate(TINY_PARAMS["train"] | {"head": "crf", "label_smoothing": 0.1})
