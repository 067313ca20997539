"""The choice of a head: of a model without a file of it, and damaged files."""

import numpy as np
import pytest
from helpers.windows import LABELS
from safetensors.numpy import save_file

from tagline.model.heads import load_head
from tagline.model.heads.linear import LinearHead
from tagline.terminal.errors import UserError


def test_model_without_head_file_has_a_linear_head(tmp_path):
    assert load_head(tmp_path, LABELS, "train") == LinearHead(LABELS)


DAMAGED = [
    ({"transitions": np.full((3, 3), np.nan, np.float32)}, "crf", "transitions are not 3 x 3 numbers from -300 to"),
    ({"other": np.zeros(1, np.float32)}, "crf", "KeyError: 'transitions'.*run `dvc repro train` again"),
    ({"other": np.zeros(1, np.float32)}, "linear", "a linear head with the weights other"),
    ({"other": np.zeros(1, np.float32)}, "tree", "unknown classifier head tree; expected linear, crf"),
]


@pytest.mark.parametrize(("tensors", "head", "message"), DAMAGED)
def test_damaged_file_is_an_error(tmp_path, tensors, head, message):
    save_file(tensors, tmp_path / "head.safetensors", {"head": head})
    with pytest.raises(UserError, match=message):
        load_head(tmp_path, LABELS, "train")
    (tmp_path / "head.safetensors").write_bytes((tmp_path / "head.safetensors").read_bytes()[:-1])
    with pytest.raises(UserError, match=r"head.safetensors: damaged .*; run `dvc repro train` again"):
        load_head(tmp_path, LABELS, "train")
