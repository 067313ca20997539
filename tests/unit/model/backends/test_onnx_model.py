"""The onnxruntime backend: logits, errors, and what its import does not load."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from helpers.messages import message_of
from helpers.onnx_graphs import lookup
from helpers.project import ROOT

from tagline.model.backends.onnx_model import OnnxModel
from tagline.terminal.errors import UserError


def save(path, *inputs):
    """Save a graph whose logits are twice the id of the sub-word, and 1 more."""
    onnx.save(lookup(np.arange(20, dtype=np.float32).reshape(10, 2), *inputs), path)
    return path


def test_logits_are_those_of_the_given_positions_with_padding(tmp_path):
    model = OnnxModel(save(tmp_path / "model.onnx"), padding=3)
    rows = [np.array([7, 8, 9], dtype=np.int32), np.array([5], dtype=np.int32)]
    found = model.logits(rows, [np.array([2, 0]), np.array([0, 1])])
    assert found.dtype == np.float32
    assert found.tolist() == [[18, 19], [14, 15], [10, 11], [6, 7]]


def test_missing_damaged_or_other_graph_is_an_error(tmp_path):
    path = tmp_path / "model.onnx"
    assert "model.onnx is missing; set export.onnx or export.int8 in params.yaml" in message_of(OnnxModel, path)
    path.write_bytes(save(tmp_path / "whole.onnx").read_bytes()[:-9])
    with pytest.raises(UserError, match=r"model\.onnx: damaged \(.*\); run `dvc repro export` again"):
        OnnxModel(path)
    message = "not a token classifier of this project; expected the inputs input_ids, attention_mask and the output"
    assert message in message_of(OnnxModel, save(path, "x", "y"))
    graph = onnx.load(save(path))
    del graph.graph.output[:]
    onnx.save(graph, path)
    assert f"{message} logits of three" in message_of(OnnxModel, path)


def test_onnxruntime_sends_no_telemetry(tmp_path):
    """Telemetry would be stored in the user's cache before it is sent."""
    path = save(tmp_path / "model.onnx")
    home = tmp_path / "home"
    home.mkdir()
    program = f"from tagline.model.backends.onnx_model import OnnxModel\nfrom pathlib import Path\nOnnxModel(Path({str(path)!r}))"
    # Each of these two variables would disable telemetry by itself.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": str(ROOT / "stages")}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert list(home.rglob("*")) == []
