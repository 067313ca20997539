"""train.py with an earlier model: to continue from, or as a smaller one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.project import STAGES, error_of, run_stage
from helpers.tiny import save_encoder, set_train_params
from safetensors.numpy import load_file
from transformers import AutoTokenizer

from tagline.inference import Tagger

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


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (None, "", "data/kept/old: no such folder; expected a trained model; see train.folder in params.yaml"),
        ("config.json", None, "data/kept/old: damaged (No such file or directory); expected config.json, "),
        ("tokenizer.json", "{}", "data/kept/old/tokenizer.json differs from that of models/pretrained/tokenizer; "),
    ],
)
def test_folder_that_is_no_model_for_these_subwords_is_refused(
    finished: Path, file: str | None, text: str | None, message: str
) -> None:
    kept, model = keep(), Path("data/kept/old")
    if file is None:
        shutil.rmtree(model)
    elif text is None:
        (model / file).unlink()
    else:
        (model / file).write_text(text)
    set_train_params(**kept, start_from="old")
    (model / "hashes.json").unlink(missing_ok=True)
    assert error_of("train").startswith(f"train: {message}")
