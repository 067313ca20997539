"""Conversion of a fine-tuned model to ONNX, for any batch size and window length.

Weights that the safetensors files beside the graph have are stored once, in these, as external data:
https://onnx.ai/onnx/repo-docs/ExternalData.html, https://huggingface.co/docs/safetensors/index#format.
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from onnxscript import ir
from torch.export import Dim
from transformers import PreTrainedModel

from tagline.artifacts.exported import DATA
from tagline.core import sha256
from tagline.model.backends.onnx_model import HASHED, INPUTS, OUTPUT
from tagline.terminal import UserError

# The first opset with a GELU operator, which runtimes compute in one step.
OPSET = 20
# A protobuf file is limited to 2 GiB; larger weights are stored in another file.
MAX_BYTES = 2_000_000_000
# Smaller tensors stay in the graph, where onnxruntime expects those that it computes shapes from.
SMALLEST_BYTES = 1024


_Key = tuple[tuple[int, ...], bytes]
"""Shape and SHA-256 of a tensor."""


class _Logits(torch.nn.Module):
    """The exported computation, with the model's defaults for token types and positions, as in `TorchModel`."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=ids, attention_mask=mask).logits


def convert(model: PreTrainedModel) -> ir.Model:
    """Convert a model, on the CPU, in float32 and evaluation mode, to an ONNX graph.

    Inputs: ``input_ids`` and ``attention_mask``, int64 (batch, length). Output: ``logits``, float32 (batch, length,
    labels).

    Raises:
        UserError: PyTorch can't convert the model.
    """
    ids = torch.ones((2, 8), dtype=torch.int64)
    mask = torch.ones_like(ids)
    dynamic = {0: Dim("batch"), 1: Dim("length")}
    try:
        # Eager attention gives the simplest graph, in which the runtime fuses attention itself.
        model.set_attn_implementation("eager")
        with _quiet():
            graph: ir.Model = torch.onnx.export(  # type: ignore[union-attr]  # with dynamo, never None
                _Logits(model),
                (ids, mask),
                dynamo=True,
                opset_version=OPSET,
                input_names=INPUTS,
                output_names=[OUTPUT],
                dynamic_shapes=(dynamic, dynamic),
                verbose=False,
            ).model
    except Exception as error:  # the exporter raises many kinds of exceptions
        reason = next(iter(str(error).strip().splitlines()), "") or repr(error)
        raise UserError(
            f"{type(model).__name__}: PyTorch can't convert it to ONNX ({reason}); set export.onnx and "
            "export.int8 to false"
        ) from None
    _strip(graph)
    return graph


def write(model: ir.Model, path: Path, weights: Collection[Path] = ()) -> None:
    """Write a graph of `convert`. The same graph gives the same bytes.

    Args:
        weights: safetensors files that the graph refers to for its weights. Without any, or if they lack more than
            `MAX_BYTES`, all weights are written to another file, ``NAME_data``.
    """
    share_weights(model.graph, weights)
    inside = 0
    used = set()
    for weight in model.graph.initializers.values():
        tensor = weight.const_value
        if isinstance(tensor, ir.ExternalTensor):
            used.add(str(tensor.location))
        elif tensor is not None:
            inside += tensor.nbytes
    if weights and inside <= MAX_BYTES:
        model.metadata_props.update({HASHED + file.name: sha256(file) for file in weights if file.name in used})
        ir.save(model, path)
    else:
        ir.save(model, path, external_data=path.name + DATA)


def _strip(graph: Any) -> None:
    """Remove the origins of operators: stack traces with paths of this host."""
    entries = [graph, graph.graph, *graph.graph.inputs, *graph.graph.initializers.values()]
    for node in graph.graph.all_nodes():
        entries += [node, *node.outputs]
    for entry in entries:
        entry.doc_string = None
        entry.metadata_props.clear()


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's warnings, which are about its own code."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def share_weights(graph: ir.Graph, files: Iterable[Path]) -> None:
    """Replace float32 weights of a graph, in place, by references to the same bytes in safetensors files.

    Files have the weights of a linear layer as (outputs, inputs), so the graph transposes them when it is loaded.
    """
    stored: dict[_Key, ir.ExternalTensor] = {}
    for file in files:
        stored |= _tensors(file)
    for weight in list(graph.initializers.values()):
        value = weight.const_value
        if value is None or value.dtype != ir.DataType.FLOAT or value.nbytes < SMALLEST_BYTES:
            continue
        array = value.numpy()
        key = _key(array)
        if key in stored:
            weight.const_value = _renamed(stored[key], str(weight.name))
        elif array.ndim == 2:
            tensor = stored.get(_key(array.T))
            if tensor is not None:
                _transpose(graph, weight, _renamed(tensor, f"{weight.name}.transposed"))


def _tensors(file: Path) -> Iterator[tuple[_Key, ir.ExternalTensor]]:
    """The float32 tensors of a safetensors file: 8 bytes with the size of its JSON header, the header, the data."""
    with file.open("rb") as content:
        size = int.from_bytes(content.read(8), "little")
        for name, entry in json.loads(content.read(size)).items():
            if entry.get("dtype") != "F32":  # the entry __metadata__ has no dtype
                continue
            first, last = entry["data_offsets"]
            start = 8 + size + first
            length = last - first
            content.seek(start)
            digest = hashlib.sha256(content.read(length)).digest()
            tensor = ir.ExternalTensor(
                location=file.name,
                offset=start,
                length=length,
                dtype=ir.DataType.FLOAT,
                shape=ir.Shape(entry["shape"]),
                name=name,
                base_dir=file.parent,
            )
            yield (tuple(entry["shape"]), digest), tensor


def _key(array: npt.NDArray[Any]) -> _Key:
    return array.shape, hashlib.sha256(np.ascontiguousarray(array).data).digest()


def _renamed(tensor: ir.ExternalTensor, name: str) -> ir.ExternalTensor:
    """A copy, since several weights may have the same bytes."""
    renamed = copy(tensor)
    renamed.name = name
    return renamed


def _transpose(graph: ir.Graph, weight: ir.Value, tensor: ir.ExternalTensor) -> None:
    source = ir.Value(name=tensor.name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor)
    graph.register_initializer(source)
    del graph.initializers[str(weight.name)]
    weight.const_value = None
    node = ir.node("Transpose", [source], {"perm": [1, 0]}, outputs=[weight], name=f"{weight.name}.node")
    graph.insert_before(graph[0], node)
