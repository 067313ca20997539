"""Quantisation: logits close to those of the original graph, independent sub-words, and a smaller file."""

import numpy as np
import onnx
import pytest
from helpers.onnx_graphs import SUBWORDS, graph_of
from onnx import TensorProto, numpy_helper
from onnx.helper import make_node
from onnxruntime import InferenceSession

from tagline.export import quantization
from tagline.model.backends.onnx_model import OnnxModel

WORDS, WIDTH, LABELS = 500, 64, 5


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    """An embedding, a product with GELU, and a classifier; one sub-word has a hundred times larger values."""
    generator = np.random.default_rng(1)
    weights = {
        "embedding": generator.normal(size=(WORDS, WIDTH)),
        "wide": generator.normal(size=(WIDTH, 4 * WIDTH)) / 8,
        "narrow": generator.normal(size=(4 * WIDTH, LABELS)) / 8,
        "unused": np.zeros((9, 9)),
    }
    weights["embedding"][7] *= 100
    nodes = [
        make_node("Gather", ["embedding", "input_ids"], ["embedded"]),
        make_node("MatMul", ["embedded", "wide"], ["hidden"]),
        make_node("Gelu", ["hidden"], ["active"]),
        make_node("MatMul", ["active", "narrow"], ["logits"]),
    ]
    constants = {name: value.astype(np.float32) for name, value in weights.items()}
    inputs = dict.fromkeys(("input_ids", "attention_mask"), SUBWORDS)
    model = graph_of(nodes, inputs, {"logits": [*SUBWORDS, LABELS]}, constants)
    folder = tmp_path_factory.mktemp("graphs")
    paths = folder / "model.onnx", folder / "model_quantized.onnx"
    onnx.save(model, paths[0])
    quantization.write(model, paths[1])
    return paths


def logits(path, ids):
    return OnnxModel(path).logits([np.array(ids)], [np.arange(len(ids))])


def error(found, exact):
    return np.sqrt(((found - exact) ** 2).mean()) / exact.std()


def test_error_is_small_beside_a_subword_with_large_values(graphs):
    """The batch contains the sub-word with large values; the error is that of other sub-words."""
    exact, found = (logits(path, range(WORDS))[8:] for path in graphs)
    assert 0 < error(found, exact) < 0.025


def test_sub_word_does_not_depend_on_its_batch(graphs):
    alone = np.concatenate([logits(graphs[1], [number]) for number in range(50)])
    np.testing.assert_allclose(logits(graphs[1], range(50)), alone, rtol=1e-5)


def test_products_are_of_integers_in_standard_operators(graphs):
    model = onnx.load(graphs[1])
    onnx.checker.check_model(model, full_check=True)
    assert [entry.domain for entry in model.opset_import] == [""]
    large = [entry for entry in model.graph.initializer if np.prod(entry.dims) > 1000]
    assert [entry.data_type for entry in large] == [TensorProto.FLOAT16, TensorProto.INT8, TensorProto.INT8]
    assert "unused" not in {entry.name for entry in model.graph.initializer}
    lookups, products = WORDS * WIDTH, WIDTH * 4 * WIDTH + 4 * WIDTH * LABELS
    assert graphs[1].stat().st_size < 2 * lookups + products + 10_000


def test_large_weights_are_in_a_second_file(tmp_path, graphs, monkeypatch):
    monkeypatch.setattr(quantization, "MAX_BYTES", 1000)
    path = tmp_path / "model.onnx"
    quantization.write(onnx.load(graphs[0]), path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.onnx", "model.onnx_data"]
    np.testing.assert_array_equal(logits(path, [3, 4]), logits(graphs[1], [3, 4]))


def test_rows_and_columns_of_zeros_stay_zero(tmp_path, graphs):
    model = onnx.load(graphs[0])
    for entry in model.graph.initializer:
        value = np.array(numpy_helper.to_array(entry))
        value[3] = value[:, 2] = 0
        entry.CopyFrom(numpy_helper.from_array(value, entry.name))
    quantization.write(model, tmp_path / "model.onnx")
    found = logits(tmp_path / "model.onnx", [3, 4])
    assert np.isfinite(found).all()
    assert np.abs(found[0]).max() < 1e-6
    assert (found[:, 2] == 0).all()
    assert (found[1, [0, 1, 3, 4]] != 0).all()


def test_lookups_of_columns_are_kept_and_products_may_share_weights(tmp_path):
    """As in ALBERT, whose layers have the same weights."""
    columns, square = np.random.default_rng(1).normal(size=(2, WIDTH, WIDTH)).astype(np.float32) / 8
    nodes = [
        make_node("Gather", ["columns", "chosen"], ["values"], axis=1),
        make_node("MatMul", ["values", "square"], ["once"]),
        make_node("MatMul", ["once", "square"], ["twice"]),
    ]
    model = graph_of(nodes, {"chosen": ["n"]}, {"twice": [WIDTH, "n"]}, {"columns": columns, "square": square})
    quantization.write(model, tmp_path / "model.onnx")
    (found,) = InferenceSession(tmp_path / "model.onnx").run(None, {"chosen": np.arange(WIDTH)})
    assert 0 < error(found, columns @ square @ square) < 0.025
