"""The choice of a head: by name, and from the files of a trained model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model.heads import head_file, load_head
from tagline.model.heads.linear import LinearHead

LABELS = Labels("ner", "spans", ("O", "B-X", "I-X"), "O")


def test_model_without_head_file_has_a_linear_head(tmp_path: Path) -> None:
    assert load_head(tmp_path, LABELS, "constrained", "train") == LinearHead(LABELS, "constrained")


def test_trained_weights_are_loaded(tmp_path: Path) -> None:
    transitions = np.array([[0, 0, 0], [0, 0, 9], [0, 0, 0]], np.float32)
    head_file.write(tmp_path, "crf", {"transitions": transitions})
    head = load_head(tmp_path, LABELS, "greedy", "train")
    assert head.name == "crf"
    assert head.decode(np.array([[0, 1, 0], [2, 0, 0]], np.float32), np.array([2])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("tensors", "head", "message"),
    [
        ({"transitions": np.full((3, 3), np.nan, np.float32)}, "crf", "transitions are not 3 x 3 numbers from -300 to"),
        ({"other": np.zeros(1, np.float32)}, "crf", "KeyError: 'transitions'.*run `dvc repro train` again"),
        ({"other": np.zeros(1, np.float32)}, "linear", "a linear head with the weights other"),
        ({"other": np.zeros(1, np.float32)}, "tree", "unknown classifier head tree; expected linear, crf"),
    ],
)
def test_damaged_file_is_an_error(tmp_path: Path, tensors: dict[str, np.ndarray], head: str, message: str) -> None:
    save_file(tensors, tmp_path / "head.safetensors", {"head": head})
    with pytest.raises(UserError, match=message):
        load_head(tmp_path, LABELS, "greedy", "train")
    (tmp_path / "head.safetensors").write_bytes((tmp_path / "head.safetensors").read_bytes()[:-1])
    with pytest.raises(UserError, match=r"head.safetensors: damaged .*; run `dvc repro train` again"):
        load_head(tmp_path, LABELS, "greedy", "train")
