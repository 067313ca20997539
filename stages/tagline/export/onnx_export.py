"""ONNX: a fine-tuned model as a graph of standard operators, for any batch and any length of windows."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.export import Dim
from transformers import PreTrainedModel

from tagline.core.errors import UserError
from tagline.export.onnx_model import INPUTS, OUTPUT

# The first that has GELU as an operator of its own, which runtimes compute at once.
OPSET = 20
# A file of protocol buffers holds 2 GiB; more weights than this go into a file of their own beside it.
MOST_BYTES = 2_000_000_000


class _Logits(torch.nn.Module):
    """What the graph computes. Of token types and positions a model makes its own defaults, as in `TorchModel`."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(input_ids=ids, attention_mask=mask).logits
        return logits


def write(model: PreTrainedModel, path: Path) -> None:
    """Write a model as ONNX, the same bytes each time.

    Inputs: ``input_ids`` and ``attention_mask``, int64 (batch, length). Output: ``logits``, float32 (batch, length,
    labels).

    Args:
        model: on the CPU, in float32 and evaluation mode.
        path: the file; weights of more than `MOST_BYTES` come into a second one, ``NAME.data``.

    Raises:
        UserError: PyTorch can't make a graph of the model.
    """
    ids = torch.ones((2, 8), dtype=torch.int64)
    mask = torch.ones_like(ids)
    free = {0: Dim("batch"), 1: Dim("length")}
    try:
        # The plainest graph: what runs it fuses attention as it can.
        model.set_attn_implementation("eager")
        with _quiet():
            program = torch.onnx.export(
                _Logits(model),
                (ids, mask),
                dynamo=True,
                opset_version=OPSET,
                input_names=INPUTS,
                output_names=[OUTPUT],
                dynamic_shapes=(free, free),
                verbose=False,
            )
    except Exception as error:  # the exporter lets errors of any kind through
        reason = next(iter(str(error).strip().splitlines()), "") or repr(error)
        raise UserError(
            f"PyTorch can't write {type(model).__name__} as ONNX ({reason}): set export.onnx and export.int8 to false"
        ) from None
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    _strip(program.model)
    size = sum(weight.nbytes for weight in model.state_dict().values())
    program.save(path, external_data=size > MOST_BYTES)


def _strip(graph: Any) -> None:
    """Remove what the exporter notes of where each operator comes from: stack traces with paths of this host."""
    for node in graph.graph.all_nodes():
        for noted in (node, *node.outputs):
            noted.doc_string = None
            noted.metadata_props.clear()
    for noted in (graph, graph.graph, *graph.graph.inputs, *graph.graph.initializers.values()):
        noted.doc_string = None
        noted.metadata_props.clear()


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out the exporter's warnings, which are about its own code."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
