"""Opening an exported model: its forms, and the backend of the one that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tagging.backends import Backend
from tagging.exported import FORMS, Exported
from tagging.faults import Fault

TORCH, WEIGHTS = "torch", "model.safetensors"
BACKENDS = (*FORMS, TORCH)
"""The fastest first."""

# Sub-words a forward pass, padding included: few stay in a core's cache, many keep a GPU busy.
CPU_TOKENS = 256
GPU_TOKENS = 16_384


class Opened(NamedTuple):
    """A model that is ready to be asked.

    Attributes:
        name: which of `BACKENDS` it is.
        backend: what gives the logits.
        workers: threads in which it may be asked for several batches at once; None: for one after the other.
        tokens_per_batch: a good size of batches for it.
    """

    name: str
    backend: Backend
    workers: Executor | None
    tokens_per_batch: int


def exported_forms(folder: Path) -> list[str]:
    """The backends that the folder has a form for, the fastest first."""
    there = [name for name, file in FORMS.items() if (folder / file).is_file()]
    return there + [TORCH] * (folder / WEIGHTS).is_file()


@contextmanager
def opened(folder: Path, exported: Exported, name: str | None) -> Iterator[Opened]:
    """Load the form for a backend.

    Args:
        folder: models/export.
        exported: what its tagger.json says.
        name: one of `BACKENDS`; None: the fastest that the folder has a form for.

    Raises:
        Fault: there is none, or it is damaged.
    """
    there = exported_forms(folder)
    if not there:
        raise Fault(f"{folder} holds no form of a model: expected {', '.join(FORMS.values())} or {WEIGHTS}")
    if name is not None and name not in there:
        raise Fault(
            f"{folder} has no form for {name}: it has {', '.join(there)}; "
            "export.onnx and export.int8 in params.yaml say what `dvc repro export` writes"
        )
    name = name or there[0]
    # Each of them imports its own library only: that of PyTorch takes longer than the other one needs to answer.
    with _torch(folder, exported) if name == TORCH else _onnx(folder, exported, name) as found:
        yield found


@contextmanager
def _torch(folder: Path, exported: Exported) -> Iterator[Opened]:
    from accelerate import PartialState
    from transformers.utils import logging

    from tagging import models
    from tagging.backends.torch_model import TorchModel, workers
    from tagging.precision import keep_weights, resolve

    device = PartialState().device
    precision = resolve("auto", device, "--backend torch")
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = models.load(folder, exported.labels)
    finally:
        if bars:
            logging.enable_progress_bar()
    keep_weights(model, precision)
    with workers(device) as threads:
        yield Opened(TORCH, TorchModel(model, precision), threads, CPU_TOKENS if device.type == "cpu" else GPU_TOKENS)


@contextmanager
def _onnx(folder: Path, exported: Exported, name: str) -> Iterator[Opened]:
    from tagging.backends.onnx_model import OnnxModel, workers

    model = OnnxModel(folder / FORMS[name], exported.padding)
    with workers() as threads:
        yield Opened(name, model, threads, CPU_TOKENS)
