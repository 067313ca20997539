"""Exported graphs: the logits of PyTorch for several architectures, shapes, and weights that stay in safetensors files.

That the bytes are the same in each process, tests/pipeline shows.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import onnx
import pytest
import torch
from helpers.architectures import new_model
from helpers.messages import message_of
from helpers.project import ROOT
from onnx import TensorProto
from onnx.external_data_helper import ExternalDataInfo, uses_external_data
from onnxscript import ir
from safetensors.torch import save_file
from transformers import PreTrainedModel

from tagline.core import sha256
from tagline.export import onnx_export
from tagline.model.backends.onnx_model import OnnxModel
from tagline.model.backends.torch_model import TorchModel

Graphs = Callable[[str], tuple[PreTrainedModel, Path]]


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """Returns a model of an architecture and its graph, exported once beside the model's safetensors files."""

    @cache
    def graph(architecture):
        folder = tmp_path_factory.mktemp("graph")
        model = new_model(architecture)
        model.save_pretrained(folder, max_shard_size="5KB" if architecture == "roberta" else "1GB")
        onnx_export.write(onnx_export.convert(model), folder / "model.onnx", sorted(folder.glob("*.safetensors")))
        return model, folder / "model.onnx"

    return graph


def assert_same_logits(model, path, *lengths, weights=()):
    generator = np.random.default_rng(3)
    batch, positions = [generator.integers(2, 40, length) for length in lengths], list(map(np.arange, lengths))
    expected = TorchModel(model)
    found = OnnxModel(path, expected.padding, weights).logits(batch, positions)
    assert found.shape == (sum(lengths), 3)
    assert np.ptp(found) > 0.5, "nearly equal logits would prove nothing"
    np.testing.assert_allclose(found, expected.logits(batch, positions), atol=1e-5)


def outside(graph):
    """The files of the tensors that are not inside the graph."""
    tensors = onnx.load(graph, load_external_data=False).graph.initializer
    of_files = [ExternalDataInfo(tensor) for tensor in tensors if uses_external_data(tensor)]
    return {tensor.location for tensor in of_files}


OTHERS = [pytest.param(name, marks=pytest.mark.rare) for name in ("albert", "distilbert")]


@pytest.mark.parametrize("architecture", ["bert", "roberta", *OTHERS])
def test_logits_are_those_of_pytorch_for_any_batch_and_length(graphs, architecture):
    model, path = graphs(architecture)
    for lengths in ((1,), (1, 1, 1), (60, 2, 33, 5, 1), (8, 8)):
        assert_same_logits(model, path, *lengths)
    assert outside(path) == {file.name for file in path.parent.glob("*.safetensors")}
    inside = [tensor for tensor in onnx.load(path, load_external_data=False).graph.initializer if tensor.raw_data]
    assert all(len(tensor.raw_data) < 1024 or tensor.data_type != TensorProto.FLOAT for tensor in inside)


def test_graph_has_standard_operators_dynamic_shapes_and_no_paths(graphs):
    _, path = graphs("roberta")
    onnx.checker.check_model(path, full_check=True)
    graph = onnx.load(path)
    assert [entry.domain for entry in graph.opset_import] == [""]
    sides = (*graph.graph.input, *graph.graph.output)
    shapes = {side.name: [d.dim_param or d.dim_value for d in side.type.tensor_type.shape.dim] for side in sides}
    given = ["batch", "length"]
    assert shapes == {"input_ids": given, "attention_mask": given, "logits": [*given, 3]}
    for text in (str(ROOT), str(Path(torch.__file__).parents[1]), str(Path.home()) + "/", "stack_trace", "line 1"):
        assert text.encode() not in path.read_bytes()
    properties = {entry.key: entry.value for entry in graph.metadata_props}
    assert properties == {f"sha256:{file}": sha256(path.with_name(file)) for file in outside(path)}
    for entry in (graph.graph, *graph.graph.node, *graph.graph.value_info, *graph.graph.initializer):
        assert not entry.metadata_props and not entry.doc_string


def test_large_weights_of_a_graph_are_in_a_second_file(tmp_path, monkeypatch, graphs):
    monkeypatch.setattr(onnx_export, "MAX_BYTES", 1000)
    model, path = graphs("bert")
    weights = tmp_path / "model.safetensors"
    save_file({"classifier.weight": torch.zeros(3, 16)}, weights)
    onnx_export.write(ir.external_data.load_to_model(ir.load(path)), tmp_path / "model.onnx", [weights])
    weights.unlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.onnx", "model.onnx_data"]
    assert_same_logits(model, tmp_path / "model.onnx", 4, 9)


def test_model_that_pytorch_can_not_convert_is_reported(monkeypatch):
    monkeypatch.setattr("torch.onnx.export", Mock(side_effect=RuntimeError("no operator for this\nand more")))
    assert message_of(onnx_export.convert, new_model("bert")) == (
        "BertForTokenClassification: PyTorch can't convert it to ONNX (no operator for this); "
        "set export.onnx and export.int8 to false"
    )


def test_weights_behind_symbolic_links_are_read(tmp_path, graphs):
    """As in the Hub's cache, and in DVC's with `cache.type symlink`: the files have other names, in other folders."""
    model, path = graphs("bert")
    links = [tmp_path / name for name in ("model.onnx", "model.safetensors")]
    for link in links:
        hashed = tmp_path / f"of {link.name}/hash"
        hashed.parent.mkdir()
        hashed.write_bytes(path.with_name(link.name).read_bytes())
        link.symlink_to(hashed)
    assert_same_logits(model, links[0], 4, 9, weights=links[1:])
