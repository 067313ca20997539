"""The onnxruntime backend: logits, errors, and what its import does not load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from helpers.project import ROOT
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from tagline.core.errors import UserError
from tagline.model.backends.onnx_model import OnnxModel

SHAPE = ["batch", "length"]


def save(path: Path, inputs: tuple[str, ...] = ("input_ids", "attention_mask")) -> Path:
    """Save a graph with two logits per sub-word: its id, and its attention mask."""
    nodes = [
        make_node("Cast", [inputs[0]], ["ids"], to=TensorProto.FLOAT),
        make_node("Cast", [inputs[1]], ["mask"], to=TensorProto.FLOAT),
        make_node("Constant", [], ["last"], value_ints=[-1]),
        make_node("Unsqueeze", ["ids", "last"], ["first"]),
        make_node("Unsqueeze", ["mask", "last"], ["second"]),
        make_node("Concat", ["first", "second"], ["logits"], axis=-1),
    ]
    given = [make_tensor_value_info(name, TensorProto.INT64, SHAPE) for name in inputs]
    wanted = [make_tensor_value_info("logits", TensorProto.FLOAT, [*SHAPE, 2])]
    graph = make_graph(nodes, "graph", given, wanted)
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 20)], ir_version=10), path)
    return path


def test_logits_are_those_of_the_given_positions_with_masked_padding(tmp_path: Path) -> None:
    model = OnnxModel(save(tmp_path / "model.onnx"), padding=3)
    rows = [np.array([7, 8, 9], dtype=np.int32), np.array([5], dtype=np.int32)]
    found = model.logits(rows, [np.array([2, 0]), np.array([0, 1])])
    assert found.dtype == np.float32
    assert found.tolist() == [[9, 1], [7, 1], [5, 1], [3, 0]]


def test_a_missing_damaged_or_other_graph_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with pytest.raises(
        UserError, match=r"model\.onnx is missing; set export.onnx or export.int8 in params.yaml and run"
    ):
        OnnxModel(path)
    path.write_bytes(save(tmp_path / "whole.onnx").read_bytes()[:-9])
    with pytest.raises(UserError, match=r"model\.onnx: damaged \(.*\); run `dvc repro export` again"):
        OnnxModel(path)
    with pytest.raises(UserError, match="not a token classifier of this project; expected the inputs input_ids, atten"):
        OnnxModel(save(path, ("x", "y")))


def test_no_telemetry(tmp_path: Path) -> None:
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
