"""Exported graphs: logits for several architectures, batch sizes and lengths; and the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from helpers.project import ROOT
from transformers import (
    BertConfig,
    BertForTokenClassification,
    DistilBertConfig,
    DistilBertForTokenClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForTokenClassification,
)

from tagline.core.errors import UserError
from tagline.export import onnx_export, quantization
from tagline.export.onnx_model import OnnxModel
from tagline.model.backends.torch_model import TorchModel

Architecture = Callable[[], PreTrainedModel]

SIZES = {"vocab_size": 40, "num_labels": 3}
LAYERS = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def bert() -> PreTrainedModel:
    return BertForTokenClassification(BertConfig(**SIZES, **LAYERS, max_position_embeddings=64))


def roberta() -> PreTrainedModel:
    """RoBERTa computes positions from the ids, starting after the padding index."""
    return RobertaForTokenClassification(
        RobertaConfig(**SIZES, **LAYERS, max_position_embeddings=66, type_vocab_size=1, pad_token_id=1)
    )


def distilbert() -> PreTrainedModel:
    return DistilBertForTokenClassification(
        DistilBertConfig(**SIZES, dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=64)
    )


def new_model(architecture: Architecture) -> PreTrainedModel:
    torch.manual_seed(0)
    model = architecture().eval()
    # With the small random weights of a new model, all logits are nearly equal.
    for weight in model.parameters():
        weight.data += 0.3 * torch.randn_like(weight)
    return model


def rows(*lengths: int) -> list[np.ndarray]:
    generator = np.random.default_rng(3)
    return [generator.integers(2, 40, length) for length in lengths]


Graphs = Callable[[Architecture], tuple[PreTrainedModel, Path]]


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> Graphs:
    """Return a model of an architecture and its graph, exported once."""

    @cache
    def graph(architecture: Architecture) -> tuple[PreTrainedModel, Path]:
        path = tmp_path_factory.mktemp("graph") / "model.onnx"
        model = new_model(architecture)
        onnx_export.write(model, path)
        return model, path

    return graph


@pytest.fixture(params=[bert, roberta, distilbert])
def pair(request: pytest.FixtureRequest, graphs: Graphs) -> tuple[PreTrainedModel, Path]:
    return graphs(request.param)


@pytest.mark.parametrize("lengths", [(1,), (1, 1, 1), (3, 7), (60, 2, 33, 5, 1), (8, 8)])
def test_any_batch_and_length(pair: tuple[PreTrainedModel, Path], lengths: tuple[int, ...]) -> None:
    model, path = pair
    batch, positions = rows(*lengths), [np.arange(length) for length in lengths]
    expected = TorchModel(model)
    found = OnnxModel(path, expected.padding).logits(batch, positions)
    assert found.shape == (sum(lengths), 3)
    assert np.ptp(found) > 0.5, "nearly equal logits would prove nothing"
    np.testing.assert_allclose(found, expected.logits(batch, positions), atol=1e-5)


def test_standard_operators_and_dynamic_shapes(pair: tuple[PreTrainedModel, Path]) -> None:
    graph = onnx.load(pair[1])
    onnx.checker.check_model(graph, full_check=True)
    assert [entry.domain for entry in graph.opset_import] == [""]
    shapes = {
        entry.name: [d.dim_param or d.dim_value for d in entry.type.tensor_type.shape.dim]
        for entry in (*graph.graph.input, *graph.graph.output)
    }
    assert shapes == {
        "input_ids": ["batch", "length"],
        "attention_mask": ["batch", "length"],
        "logits": ["batch", "length", 3],
    }


def test_no_paths_of_this_host(pair: tuple[PreTrainedModel, Path]) -> None:
    content = pair[1].read_bytes()
    for text in (str(ROOT), str(Path(torch.__file__).parents[1]), str(Path.home()) + "/", "stack_trace", "line 1"):
        assert text.encode() not in content
    graph = onnx.load(pair[1])
    for entry in (graph, graph.graph, *graph.graph.node, *graph.graph.value_info, *graph.graph.initializer):
        assert not entry.metadata_props
        assert not entry.doc_string


def test_same_bytes_in_another_process(tmp_path: Path, graphs: Graphs) -> None:
    program = (
        "import sys, pathlib\n"
        "sys.path[:0] = ['stages', 'tests', 'tests/unit/export']\n"
        "from test_onnx_export import new_model, onnx_export, roberta\n"
        "onnx_export.write(new_model(roberta), pathlib.Path(sys.argv[1]))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": ""}
    subprocess.run([sys.executable, "-c", program, tmp_path / "model.onnx"], cwd=ROOT, check=True, env=environment)
    assert (tmp_path / "model.onnx").read_bytes() == graphs(roberta)[1].read_bytes()


def test_large_weights_in_a_second_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "MAX_BYTES", 1000)
    model = new_model(bert)
    onnx_export.write(model, tmp_path / "model.onnx")
    quantization.write(tmp_path / "model.onnx", tmp_path / "model.int8.onnx")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.int8.onnx", "model.onnx", "model.onnx.data"]
    batch, positions = rows(4, 9), [np.arange(4), np.arange(9)]
    found = OnnxModel(tmp_path / "model.onnx").logits(batch, positions)
    np.testing.assert_allclose(found, TorchModel(model).logits(batch, positions), atol=1e-5)
    (tmp_path / "model.onnx.data").unlink()
    assert OnnxModel(tmp_path / "model.int8.onnx").logits(batch, positions).shape == (13, 3)


def test_a_model_that_can_not_be_converted(tmp_path: Path) -> None:
    class Wild(BertForTokenClassification):
        def forward(self, input_ids, attention_mask):
            if input_ids.sum() > 100:
                input_ids = input_ids + 1
            return super().forward(input_ids, attention_mask)

    model = Wild(BertConfig(**SIZES, **LAYERS)).eval()
    with pytest.raises(
        UserError, match=r"Wild: PyTorch can't convert it to ONNX \(.+\); set export.onnx and export.int8 to false"
    ):
        onnx_export.write(model, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
