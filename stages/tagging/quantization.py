"""Quantisation: a graph whose products with weights are computed in integers of 8 bits.

Weights are rounded once: those of a product with a scale a column, those of an embedding with a scale a row. What
weights are multiplied by is rounded as it comes, by a scale a sub-word (its largest number). So a sub-word is rounded
the same whatever else is in its batch, and one with large numbers makes no other one coarser; onnxruntime's
``quantize_dynamic``, with one scale for a whole batch, does both. Every operator is a standard one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, numpy_helper
from onnx.helper import make_node

# Numbers lie between -STEPS and STEPS. onnxruntime multiplies unsigned by signed ones fastest, so those that are
# rounded as they come are shifted by MIDDLE.
STEPS = 127
MIDDLE = 128
# No sub-word's scale is smaller, so that nothing is divided by 0.
SMALLEST = 1e-12


def write(source: Path, target: Path) -> None:
    """Write a quantised graph.

    Args:
        source: a graph of `tagging.onnx_export`.
        target: the file to write.
    """
    model = onnx.load(source)
    _Quantizer(model.graph).rewrite()
    onnx.save(model, target)


class _Quantizer:
    """Rewrites a graph in place. What it adds is called by what it stands for, with an ending."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.weights = {entry.name: entry for entry in graph.initializer if len(entry.dims) == 2}
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.scaled: set[str] = set()

    def rewrite(self) -> None:
        for node in self.graph.node:
            if node.op_type == "MatMul" and node.input[1] in self.weights:
                self._product(*node.input, *node.output)
            elif node.op_type == "Gather" and node.input[0] in self.weights:
                self._embedding(*node.input, *node.output)
            else:
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        constants = [entry for entry in self.graph.initializer if entry.name in used]
        for field, values in (
            (self.graph.node, self.nodes),
            (self.graph.initializer, [*constants, *self.constants.values()]),
            (self.graph.value_info, []),
        ):
            del field[:]
            field.extend(values)

    def _product(self, left: str, weight: str, product: str) -> None:
        """Rounded left sides times rounded weights, times the scale of each sub-word; columns' scales are theirs."""
        if left not in self.scaled:
            self.scaled.add(left)
            self._round_each(left)
        steps, scales = self._weights(weight, axis=0)
        zeros = self._constant(f"{weight}.zeros", np.zeros(self.weights[weight].dims[1], np.int8))
        self._add("DequantizeLinear", [steps, scales, zeros], f"{weight}.rounded", axis=1)
        self._add("MatMul", [f"{left}.rounded", f"{weight}.rounded"], f"{product}.unscaled")
        self._add("Mul", [f"{product}.unscaled", f"{left}.scale"], product)

    def _round_each(self, name: str) -> None:
        """Scale each sub-word to numbers between -1 and 1, and round these."""
        last = self._constant("quantization.last_axis", np.array([-1], np.int64))
        smallest = self._constant("quantization.smallest", np.array(SMALLEST, np.float32))
        grid = [
            self._constant("quantization.step", np.array(1 / STEPS, np.float32)),
            self._constant("quantization.middle", np.array(MIDDLE, np.uint8)),
        ]
        self._add("Abs", [name], f"{name}.absolute")
        self._add("ReduceMax", [f"{name}.absolute", last], f"{name}.largest", keepdims=1)
        self._add("Max", [f"{name}.largest", smallest], f"{name}.scale")
        self._add("Div", [name, f"{name}.scale"], f"{name}.scaled")
        self._add("QuantizeLinear", [f"{name}.scaled", *grid], f"{name}.steps")
        self._add("DequantizeLinear", [f"{name}.steps", *grid], f"{name}.rounded")

    def _embedding(self, weight: str, ids: str, rows: str) -> None:
        """The rounded rows of an embedding, each times its scale."""
        steps, scales = self._weights(weight, axis=1)
        self._add("Gather", [steps, ids], f"{rows}.steps")
        self._add("Cast", [f"{rows}.steps"], f"{rows}.unscaled", to=TensorProto.FLOAT)
        self._add("Gather", [scales, ids], f"{rows}.scale")
        self._add("Mul", [f"{rows}.unscaled", f"{rows}.scale"], rows)

    def _weights(self, name: str, axis: int) -> tuple[str, str]:
        """Round weights, with a scale for what lies along an axis: a column (0, a vector) or a row (1, a column)."""
        weights = numpy_helper.to_array(self.weights[name])
        scales = np.abs(weights).max(axis, keepdims=True) / np.float32(STEPS)
        scales[scales == 0] = 1
        steps = np.rint(weights / scales).astype(np.int8)
        return (
            self._constant(f"{name}.steps", steps),
            self._constant(f"{name}.scales", scales[0] if axis == 0 else scales),
        )

    def _constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def _add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(make_node(operator, inputs, [output], name=f"{output}.node", **attributes))
