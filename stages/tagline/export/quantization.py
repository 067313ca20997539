"""Quantisation: a graph whose products with weights are computed in integers of 8 bits.

Weights are rounded once, with a scale a column. What they are multiplied by is rounded as it comes, by a scale a
sub-word (its largest number). So a sub-word is rounded the same whatever else is in its batch, and one with large
numbers makes no other one coarser; onnxruntime's ``quantize_dynamic``, with one scale for a whole batch, does both. The
rows of an embedding are looked up, not multiplied: integers would save no time there, so they are kept in half
precision. Every operator is a standard one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, numpy_helper
from onnx.helper import make_node

from tagline.export.onnx_export import MOST_BYTES

# Numbers lie between -STEPS and STEPS. onnxruntime multiplies unsigned by signed ones fastest, so those that are
# rounded as they come are shifted by MIDDLE.
STEPS = 127
MIDDLE = 128
# No sub-word's scale is smaller, so that nothing is divided by 0.
SMALLEST = 1e-12
# GELU gives nothing below -LOWEST (its approximation by tanh neither). With so much added its numbers are positive, and
# have all 256 steps to themselves.
LOWEST = 0.1701


def write(source: Path, target: Path) -> None:
    """Write a quantised graph.

    Args:
        source: a graph of `tagline.export.onnx_export`.
        target: the file to write.
    """
    model = onnx.load(source)
    _Quantizer(model.graph).rewrite()
    # A file of protobuf's holds no more than 2 GiB.
    apart = model.ByteSize() > MOST_BYTES
    onnx.save(model, target, save_as_external_data=apart, location=f"{target.name}.data" if apart else None)


def _takes_rows(gather: NodeProto) -> bool:
    return all(attribute.i == 0 for attribute in gather.attribute if attribute.name == "axis")


class _Quantizer:
    """Rewrites a graph in place. What it adds is called by what it stands for, with an ending."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        matrices = [entry for entry in graph.initializer if len(entry.dims) == 2]
        self.weights = {entry.name: entry for entry in matrices if entry.data_type == TensorProto.FLOAT}
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.rounded: set[str] = set()
        self.by_gelu = {node.output[0] for node in graph.node if node.op_type == "Gelu"}

    def rewrite(self) -> None:
        for node in self.graph.node:
            if node.op_type == "MatMul" and node.input[1] in self.weights:
                self._product(*node.input, *node.output)
            elif node.op_type == "Gather" and node.input[0] in self.weights and _takes_rows(node):
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
        if left not in self.rounded:
            self.rounded.add(left)
            (self._round_positive if left in self.by_gelu else self._round)(left)
        steps, scales = self._round_columns(weight)
        zeros = self._constant(f"{weight}.zeros", np.zeros(steps.shape[1], np.int8))
        names = [self._constant(f"{weight}.steps", steps), self._constant(f"{weight}.scales", scales)]
        self._add("DequantizeLinear", [*names, zeros], f"{weight}.rounded", axis=1)
        self._add("MatMul", [f"{left}.rounded", f"{weight}.rounded"], f"{product}.unscaled")
        if left not in self.by_gelu:
            self._add("Mul", [f"{product}.unscaled", f"{left}.scale"], product)
            return
        self._add("Mul", [f"{product}.unscaled", f"{left}.scale"], f"{product}.raised")
        raised_by = self._constant(f"{weight}.raised_by", np.float32(LOWEST) * (steps * scales).sum(0))
        self._add("Sub", [f"{product}.raised", raised_by], product)

    def _round(self, name: str) -> None:
        """Scale each sub-word to numbers between -1 and 1, and round these."""
        smallest = self._constant("quantization.smallest", np.array(SMALLEST, np.float32))
        self._add("Abs", [name], f"{name}.absolute")
        self._add("ReduceMax", [f"{name}.absolute", self._last_axis()], f"{name}.largest", keepdims=1)
        self._add("Max", [f"{name}.largest", smallest], f"{name}.scale")
        self._add("Div", [name, f"{name}.scale"], f"{name}.scaled")
        self._to_grid(name, STEPS, MIDDLE)

    def _round_positive(self, name: str) -> None:
        """Raise each sub-word's numbers to positive ones, scale them to at most 1, and round these."""
        lowest = self._constant("quantization.lowest", np.array(LOWEST, np.float32))
        self._add("Add", [name, lowest], f"{name}.raised")
        self._add("ReduceMax", [f"{name}.raised", self._last_axis()], f"{name}.scale", keepdims=1)
        self._add("Div", [f"{name}.raised", f"{name}.scale"], f"{name}.scaled")
        self._to_grid(name, 2 * MIDDLE - 1, 0)

    def _to_grid(self, name: str, steps: int, zero: int) -> None:
        grid = [
            self._constant(f"quantization.step_{steps}", np.array(1 / steps, np.float32)),
            self._constant(f"quantization.zero_{zero}", np.array(zero, np.uint8)),
        ]
        self._add("QuantizeLinear", [f"{name}.scaled", *grid], f"{name}.steps")
        self._add("DequantizeLinear", [f"{name}.steps", *grid], f"{name}.rounded")

    def _last_axis(self) -> str:
        return self._constant("quantization.last_axis", np.array([-1], np.int64))

    def _embedding(self, weight: str, ids: str, rows: str) -> None:
        """The rows of an embedding, kept in half precision."""
        kept = self._constant(f"{weight}.half", numpy_helper.to_array(self.weights[weight]).astype(np.float16))
        self._add("Gather", [kept, ids], f"{rows}.half")
        self._add("Cast", [f"{rows}.half"], rows, to=TensorProto.FLOAT)

    def _round_columns(self, name: str) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
        """Weights in steps, int8 (rows, columns), and what a step of each column is, float32 (columns,)."""
        weights = numpy_helper.to_array(self.weights[name])
        scales = np.abs(weights).max(0) / np.float32(STEPS)
        scales[scales == 0] = 1
        return np.rint(weights / scales).astype(np.int8), scales

    def _constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def _add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(make_node(operator, inputs, [output], name=f"{output}.node", **attributes))
