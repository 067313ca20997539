"""Weights that an ONNX graph and safetensors files have in common: stored once, in the safetensors files.

ONNX calls this external data: a tensor is a file beside the graph, an offset and a length. Formats:
https://onnx.ai/onnx/repo-docs/ExternalData.html, https://huggingface.co/docs/safetensors/index#format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxscript import ir

# Smaller tensors stay in the graph, where onnxruntime expects those that it computes shapes from.
SMALLEST_BYTES = 1024

_Key = tuple[tuple[int, ...], bytes]
"""Shape and SHA-256 of a tensor."""


def share_weights(graph: ir.Graph, files: Iterable[Path]) -> None:
    """Replace float32 weights of a graph by references to the same bytes in safetensors files.

    Files have the weights of a linear layer as (outputs, inputs), products need (inputs, outputs), and PyTorch's
    exporter transposes them in advance. Here the graph transposes them, which onnxruntime does once, when it loads it.

    Args:
        graph: modified in place; weights that no file has stay as they are.
        files: safetensors files in the folder that the graph will be written to.
    """
    stored = dict(pair for file in files for pair in _tensors(file))
    for weight in list(graph.initializers.values()):
        value = weight.const_value
        if value is None or value.dtype != ir.DataType.FLOAT or value.nbytes < SMALLEST_BYTES:
            continue
        array = value.numpy()
        if (tensor := stored.get(_key(array))) is not None:
            weight.const_value = _renamed(tensor, str(weight.name))
        elif array.ndim == 2 and (tensor := stored.get(_key(array.T))) is not None:
            _transpose(graph, weight, _renamed(tensor, f"{weight.name}.transposed"))


def _tensors(file: Path) -> Iterator[tuple[_Key, ir.ExternalTensor]]:
    """The float32 tensors of a safetensors file: 8 bytes with the size of its JSON header, the header, the data."""
    with file.open("rb") as content:
        size = int.from_bytes(content.read(8), "little")
        for name, entry in json.loads(content.read(size)).items():
            if entry.get("dtype") != "F32":  # the entry __metadata__ has no dtype
                continue
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            content.seek(start)
            digest = hashlib.sha256(content.read(end - start)).digest()
            where = {"location": file.name, "offset": start, "length": end - start, "base_dir": file.parent}
            tensor = ir.ExternalTensor(**where, dtype=ir.DataType.FLOAT, shape=ir.Shape(entry["shape"]), name=name)
            yield (tuple(entry["shape"]), digest), tensor


def _key(array: npt.NDArray[Any]) -> _Key:
    return array.shape, hashlib.sha256(np.ascontiguousarray(array).data).digest()


def _renamed(tensor: ir.ExternalTensor, name: str) -> ir.ExternalTensor:
    """A copy, since several weights of a graph may have the same bytes."""
    renamed = copy(tensor)
    renamed.name = name
    return renamed


def _transpose(graph: ir.Graph, weight: ir.Value, tensor: ir.ExternalTensor) -> None:
    """Make a weight the transpose of a new one."""
    source = ir.Value(name=tensor.name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor)
    graph.register_initializer(source)
    del graph.initializers[str(weight.name)]
    weight.const_value = None
    node = ir.node("Transpose", [source], {"perm": [1, 0]}, outputs=[weight], name=f"{weight.name}.node")
    graph.insert_before(graph[0], node)
