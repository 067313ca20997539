"""Conversion of a fine-tuned model to ONNX, for any batch size and window length."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from onnxscript import ir
from torch.export import Dim
from transformers import PreTrainedModel

from tagline.core.errors import UserError
from tagline.export.shared_weights import share_weights
from tagline.model.backends.onnx_model import INPUTS, OUTPUT

# The first opset with a GELU operator, which runtimes compute in one step.
OPSET = 20
# A protobuf file is limited to 2 GiB; larger weights are stored in another file.
MAX_BYTES = 2_000_000_000


class _Logits(torch.nn.Module):
    """The exported computation. The model uses its defaults for token types and positions, as in `TorchModel`."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=ids, attention_mask=mask).logits
        return logits


def convert(model: PreTrainedModel) -> ir.Model:
    """Convert a model to an ONNX graph.

    Inputs: ``input_ids`` and ``attention_mask``, int64 (batch, length). Output: ``logits``, float32 (batch, length,
    labels).

    Args:
        model: on the CPU, in float32 and evaluation mode.

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
            program = torch.onnx.export(
                _Logits(model),
                (ids, mask),
                dynamo=True,
                opset_version=OPSET,
                input_names=INPUTS,
                output_names=[OUTPUT],
                dynamic_shapes=(dynamic, dynamic),
                verbose=False,
            )
    except Exception as error:  # the exporter raises many kinds of exceptions
        reason = next(iter(str(error).strip().splitlines()), "") or repr(error)
        raise UserError(
            f"{type(model).__name__}: PyTorch can't convert it to ONNX ({reason}); set export.onnx and "
            "export.int8 to false"
        ) from None
    if program is None:
        raise RuntimeError("torch.onnx.export returned no program")
    _strip(program.model)
    return program.model


def write(model: ir.Model, path: Path, weights: Collection[Path] = ()) -> None:
    """Write a graph. The same graph gives the same bytes.

    Args:
        model: a graph of `convert`; its weights are replaced by references to ``weights``.
        path: the file.
        weights: safetensors files in the same folder that have the weights. Without any, or if they lack more than
            `MAX_BYTES`, all weights are written to another file, ``NAME.data``.
    """
    share_weights(model.graph, weights)
    tensors = [weight.const_value for weight in model.graph.initializers.values()]
    inside = sum(
        tensor.nbytes for tensor in tensors if tensor is not None and not isinstance(tensor, ir.ExternalTensor)
    )
    ir.save(model, path, external_data=f"{path.name}.data" if not weights or inside > MAX_BYTES else None)


def _strip(graph: Any) -> None:
    """Remove the origin of each operator, which the exporter records as stack traces with paths of this host."""
    for node in graph.graph.all_nodes():
        for entry in (node, *node.outputs):
            entry.doc_string = None
            entry.metadata_props.clear()
    for entry in (graph, graph.graph, *graph.graph.inputs, *graph.graph.initializers.values()):
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
