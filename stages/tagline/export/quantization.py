"""Quantisation of an ONNX graph: matrix products with weights are computed in 8-bit integers.

Weights have one scale per column, activations one per sub-word, its largest absolute value, which does not depend on
the others in its batch, as with onnxruntime's ``quantize_dynamic``. Embeddings are looked up, not multiplied; they are
stored in half precision. All operators are standard ones.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, TensorProto, numpy_helper
from onnx.helper import make_node

from tagline.artifacts.exported import DATA
from tagline.export.onnx_export import MAX_BYTES

# Weights are quantised to -WEIGHT_STEPS ... WEIGHT_STEPS, which are 7 bits. x86 processors without VNNI add products in
# pairs in 16 bits, where more than 32,767 saturates; 2 * 255 * 63 = 32,130 does not, so that all processors compute the
# same integers. With 8 bits, 0.3 % of the sample's words got another label there.
WEIGHT_STEPS = 63
# onnxruntime multiplies uint8 by int8 fastest, so activations are quantised to uint8, as -STEPS ... STEPS plus
# ZERO_POINT.
STEPS = 127
ZERO_POINT = 128
# Minimum scale of a sub-word, to avoid division by 0.
MIN_SCALE = 1e-12
# GELU and its tanh approximation are above -GELU_OFFSET everywhere. Plus this offset they are positive and can use all
# 256 values of uint8.
GELU_OFFSET = 0.1701


def write(model: onnx.ModelProto, target: Path) -> None:
    """Quantise a graph of `tagline.export.onnx_export` in place and write it.

    More than `MAX_BYTES` go to a second file, ``NAME_data``.
    """
    _Quantizer(model.graph).rewrite()
    external = model.ByteSize() > MAX_BYTES
    onnx.save(model, target, save_as_external_data=external, location=target.name + DATA if external else None)


def _takes_rows(gather: NodeProto) -> bool:
    return all(attribute.i == 0 for attribute in gather.attribute if attribute.name == "axis")


class _Quantizer:
    """Rewrites a graph in place. New values are named after their source, with a suffix."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        matrices = [entry for entry in graph.initializer if len(entry.dims) == 2]
        self.weights = {entry.name: entry for entry in matrices if entry.data_type == TensorProto.FLOAT}
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self.quantized: set[str] = set()
        self.gelu_outputs = {node.output[0] for node in graph.node if node.op_type == "Gelu"}

    def rewrite(self) -> None:
        """Replace products and embeddings, and remove unused constants."""
        for node in self.graph.node:
            if node.op_type == "MatMul" and node.input[1] in self.weights:
                self._product(*node.input, *node.output)
            elif node.op_type == "Gather" and node.input[0] in self.weights and _takes_rows(node):
                self._embedding(*node.input, *node.output)
            else:
                self.nodes.append(node)
        used = {name for node in self.nodes for name in node.input}
        constants = [entry for entry in self.graph.initializer if entry.name in used]
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        del self.graph.initializer[:]
        self.graph.initializer.extend([*constants, *self.constants.values()])
        del self.graph.value_info[:]

    def _product(self, left: str, weight: str, product: str) -> None:
        if left not in self.quantized:
            self.quantized.add(left)
            if left in self.gelu_outputs:
                self._quantize_gelu(left)
            else:
                self._quantize(left)
        steps, scales = self._quantize_columns(weight)
        zeros = self._constant(f"{weight}.zeros", np.zeros(steps.shape[1], np.int8))
        grid = [self._constant(f"{weight}.steps", steps), self._constant(f"{weight}.scales", scales), zeros]
        if weight not in self.quantized:  # several products may share it, as in ALBERT
            self.quantized.add(weight)
            self._add("DequantizeLinear", grid, f"{weight}.rounded", axis=1)
        self._add("MatMul", [f"{left}.rounded", f"{weight}.rounded"], f"{product}.unscaled")
        if left not in self.gelu_outputs:
            self._add("Mul", [f"{product}.unscaled", f"{left}.scale"], product)
            return
        # (x + offset) W = x W + offset * (column sums of W), which are subtracted again.
        self._add("Mul", [f"{product}.unscaled", f"{left}.scale"], f"{product}.raised")
        raised_by = self._constant(f"{weight}.raised_by", np.float32(GELU_OFFSET) * (steps * scales).sum(0))
        self._add("Sub", [f"{product}.raised", raised_by], product)

    def _quantize(self, name: str) -> None:
        """Scale each sub-word to -1 ... 1, and quantise."""
        smallest = self._constant("quantization.smallest", np.array(MIN_SCALE, np.float32))
        self._add("Abs", [name], f"{name}.absolute")
        self._add("ReduceMax", [f"{name}.absolute", self._last_axis()], f"{name}.largest", keepdims=1)
        self._add("Max", [f"{name}.largest", smallest], f"{name}.scale")
        self._add("Div", [name, f"{name}.scale"], f"{name}.scaled")
        self._to_uint8(name, STEPS, ZERO_POINT)

    def _quantize_gelu(self, name: str) -> None:
        """Add the offset, scale each sub-word to 0 ... 1, and quantise."""
        lowest = self._constant("quantization.lowest", np.array(GELU_OFFSET, np.float32))
        self._add("Add", [name, lowest], f"{name}.raised")
        self._add("ReduceMax", [f"{name}.raised", self._last_axis()], f"{name}.scale", keepdims=1)
        self._add("Div", [f"{name}.raised", f"{name}.scale"], f"{name}.scaled")
        self._to_uint8(name, 2 * ZERO_POINT - 1, 0)

    def _to_uint8(self, name: str, steps: int, zero: int) -> None:
        """Quantise scaled values with a step of 1 / steps, and dequantise them again, which the runtime fuses."""
        grid = [
            self._constant(f"quantization.step_{steps}", np.array(1 / steps, np.float32)),
            self._constant(f"quantization.zero_{zero}", np.array(zero, np.uint8)),
        ]
        self._add("QuantizeLinear", [f"{name}.scaled", *grid], f"{name}.steps")
        self._add("DequantizeLinear", [f"{name}.steps", *grid], f"{name}.rounded")

    def _last_axis(self) -> str:
        return self._constant("quantization.last_axis", np.array([-1], np.int64))

    def _embedding(self, weight: str, ids: str, rows: str) -> None:
        half = self._constant(f"{weight}.half", numpy_helper.to_array(self.weights[weight]).astype(np.float16))
        self._add("Gather", [half, ids], f"{rows}.half")
        self._add("Cast", [f"{rows}.half"], rows, to=TensorProto.FLOAT)

    def _quantize_columns(self, name: str) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
        """Quantise weights: int8 (rows, columns), and each column's scale, float32 (columns,)."""
        weights = numpy_helper.to_array(self.weights[name])
        scales = np.abs(weights).max(0) / np.float32(WEIGHT_STEPS)
        scales[scales == 0] = 1
        return np.rint(weights / scales).astype(np.int8), scales

    def _constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def _add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(make_node(operator, inputs, [output], name=f"{output}.node", **attributes))
