"""Small ONNX graphs."""

from onnx import TensorProto, numpy_helper
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

SUBWORDS = ["batch", "length"]


def graph_of(nodes, inputs, outputs, constants):
    """A graph of integers to floats."""
    given = [make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in inputs.items()]
    wanted = [make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    values = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = make_graph(nodes, "graph", given, wanted, values)
    return make_model(graph, opset_imports=[make_opsetid("", 20)], ir_version=10)


def lookup(table, ids="input_ids", mask="attention_mask"):
    """A token classifier whose logits are the row of the sub-word in a table, float32 (vocabulary, labels)."""
    node = make_node("Gather", ["table", ids], ["logits"])
    return graph_of([node], {ids: SUBWORDS, mask: SUBWORDS}, {"logits": [*SUBWORDS, table.shape[1]]}, {"table": table})
