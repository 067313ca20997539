"""Graphs whose weights are in safetensors files: the same logits to the bit, for shards and shared weights too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from helpers.architectures import Architecture, albert, bert, distilbert, new_model, roberta
from onnx import TensorProto, numpy_helper
from onnxruntime import InferenceSession
from onnxscript import ir
from safetensors.torch import save_file

from tagline.core.errors import UserError
from tagline.export import onnx_export
from tagline.export.shared_weights import share_weights
from tagline.model.backends.onnx_model import OnnxModel

BATCH = {
    "input_ids": np.random.default_rng(3).integers(2, 40, (3, 17)),
    "attention_mask": np.array([[1] * 17, [1] * 9 + [0] * 8, [1] + [0] * 16]),
}


def outside(graph: Path) -> dict[str, str]:
    """Return the file of each tensor that is not inside the graph."""
    tensors = onnx.load(graph, load_external_data=False).graph.initializer
    return {
        tensor.name: next(entry.value for entry in tensor.external_data if entry.key == "location")
        for tensor in tensors
        if tensor.data_location == TensorProto.EXTERNAL
    }


@pytest.mark.parametrize(
    ("architecture", "shards", "largest"),
    [(bert, 1, "1GB"), (roberta, 4, "5KB"), (distilbert, 1, "1GB"), (albert, 1, "1GB")],
)
def test_same_logits_as_with_weights_of_its_own(
    tmp_path: Path, architecture: Architecture, shards: int, largest: str
) -> None:
    model = new_model(architecture)
    graph = onnx_export.convert(model)
    own, shared = tmp_path / "own/model.onnx", tmp_path / "shared/model.onnx"
    own.parent.mkdir()
    ir.save(graph, own)
    model.save_pretrained(shared.parent, max_shard_size=largest)
    files = sorted(shared.parent.glob("*.safetensors"))
    assert len(files) >= shards
    onnx_export.write(graph, shared, files)
    onnx.checker.check_model(shared, full_check=True)
    assert set(outside(shared).values()) == {file.name for file in files}
    inside = [tensor for tensor in onnx.load(shared, load_external_data=False).graph.initializer if tensor.raw_data]
    assert all(len(tensor.raw_data) < 1024 or tensor.data_type != TensorProto.FLOAT for tensor in inside)
    expected, found = (InferenceSession(path).run(None, BATCH)[0] for path in (own, shared))
    assert np.ptp(expected) > 0.5, "nearly equal logits would prove nothing"
    np.testing.assert_array_equal(found, expected)


def test_only_float32_weights_of_the_same_shape_and_bytes(tmp_path: Path) -> None:
    weights = {
        "half": torch.ones(40, 20, dtype=torch.float16),
        "whole": torch.zeros(20, 20, dtype=torch.int32),
        "flat": torch.full((400,), 2.0),
        "wide": torch.arange(600.0).reshape(20, 30),
        "small": torch.ones(3),
    }
    save_file(weights, tmp_path / "model.safetensors")
    values = {
        "ones": np.ones((40, 20), np.float32),
        "zeros": np.zeros((20, 20), np.float32),
        "square": np.full((20, 20), 2, np.float32),
        "same": weights["wide"].numpy(),
        "narrow": weights["wide"].numpy().T,
        "few": np.ones(3, np.float32),
    }
    model = ir.from_proto(
        onnx.helper.make_model(
            onnx.helper.make_graph(
                [onnx.helper.make_node("Identity", [name], [f"{name}.copy"]) for name in values],
                "graph",
                [],
                [onnx.helper.make_tensor_value_info(f"{name}.copy", TensorProto.FLOAT, None) for name in values],
                [numpy_helper.from_array(value, name) for name, value in values.items()],
            ),
            opset_imports=[onnx.helper.make_opsetid("", 20)],
            ir_version=10,
        )
    )
    share_weights(model.graph, [tmp_path / "model.safetensors"])
    ir.save(model, tmp_path / "model.onnx")
    assert outside(tmp_path / "model.onnx").keys() == {"same", "narrow.transposed"}
    for value, found in zip(values.values(), InferenceSession(tmp_path / "model.onnx").run(None, {}), strict=True):
        np.testing.assert_array_equal(found, value)


def test_symbolic_links(tmp_path: Path) -> None:
    """The Hub's cache has the files of links in one folder, DVC's has them in many (`cache.type symlink`)."""
    model = new_model(bert)
    (tmp_path / "hub").mkdir()
    model.save_pretrained(tmp_path / "blobs")
    onnx_export.write(onnx_export.convert(model), tmp_path / "blobs/model.onnx", [tmp_path / "blobs/model.safetensors"])
    for name in ("model.onnx", "model.safetensors"):
        (tmp_path / "hub" / name).symlink_to(tmp_path / "blobs" / name)
    assert OnnxModel(tmp_path / "hub/model.onnx").labels == 3
    (tmp_path / "other").mkdir()
    (tmp_path / "blobs/model.safetensors").rename(tmp_path / "other/model.safetensors")
    (tmp_path / "hub/model.safetensors").unlink()
    (tmp_path / "hub/model.safetensors").symlink_to(tmp_path / "other/model.safetensors")
    with pytest.raises(UserError, match=r"model\.onnx: not loaded \(.*\); .* run `dvc config cache.type reflink,copy`"):
        OnnxModel(tmp_path / "hub/model.onnx")
