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
from helpers.architectures import LAYERS, SIZES, Architecture, bert, distilbert, new_model, roberta
from helpers.project import ROOT
from safetensors.torch import save_file
from transformers import BertConfig, BertForTokenClassification, PreTrainedModel

from tagline.core.errors import UserError
from tagline.export import onnx_export
from tagline.model.backends.onnx_model import OnnxModel
from tagline.model.backends.torch_model import TorchModel


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
        onnx_export.write(onnx_export.convert(model), path)
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
    assert len(content) < 100_000, "the weights are in another file"
    for text in (str(ROOT), str(Path(torch.__file__).parents[1]), str(Path.home()) + "/", "stack_trace", "line 1"):
        assert text.encode() not in content
    graph = onnx.load(pair[1])
    for entry in (graph, graph.graph, *graph.graph.node, *graph.graph.value_info, *graph.graph.initializer):
        assert not entry.metadata_props
        assert not entry.doc_string


def test_same_bytes_in_another_process(tmp_path: Path, graphs: Graphs) -> None:
    program = (
        "import sys, pathlib\n"
        "sys.path[:0] = ['stages', 'tests']\n"
        "from helpers.architectures import new_model, roberta\n"
        "from tagline.export import onnx_export\n"
        "onnx_export.write(onnx_export.convert(new_model(roberta)), pathlib.Path(sys.argv[1]))\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "PYTHONPATH": ""}
    subprocess.run([sys.executable, "-c", program, tmp_path / "model.onnx"], cwd=ROOT, check=True, env=environment)
    for name in ("model.onnx", "model.onnx.data"):
        assert (tmp_path / name).read_bytes() == graphs(roberta)[1].with_name(name).read_bytes()


def test_large_weights_that_the_safetensors_files_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "MAX_BYTES", 1000)
    model = new_model(bert)
    save_file({"classifier.weight": torch.zeros(3, 16)}, tmp_path / "model.safetensors")
    onnx_export.write(onnx_export.convert(model), tmp_path / "model.onnx", [tmp_path / "model.safetensors"])
    (tmp_path / "model.safetensors").unlink()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.onnx", "model.onnx.data"]
    batch, positions = rows(4, 9), [np.arange(4), np.arange(9)]
    found = OnnxModel(tmp_path / "model.onnx").logits(batch, positions)
    np.testing.assert_allclose(found, TorchModel(model).logits(batch, positions), atol=1e-5)


def test_a_model_that_can_not_be_converted() -> None:
    class Wild(BertForTokenClassification):
        def forward(self, input_ids, attention_mask):
            if input_ids.sum() > 100:
                input_ids = input_ids + 1
            return super().forward(input_ids, attention_mask)

    model = Wild(BertConfig(**SIZES, **LAYERS)).eval()
    with pytest.raises(
        UserError, match=r"Wild: PyTorch can't convert it to ONNX \(.+\); set export.onnx and export.int8 to false"
    ):
        onnx_export.convert(model)
