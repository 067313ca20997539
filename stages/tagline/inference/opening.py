"""Opening an exported model with the backend that is asked for, or the fastest."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tagline.artifacts import exported
from tagline.artifacts.exported import GRAPHS, TAGGER, BackendName, Exported
from tagline.core.errors import UserError
from tagline.model.backends import Backend

# Sub-words per forward pass, padding included: few fit into a core's cache, many keep a GPU busy.
CPU_SUBWORDS = 256
GPU_SUBWORDS = 16_384


class Opened(NamedTuple):
    """A model that is ready to predict.

    Attributes:
        name: of the backend.
        backend: computes the logits.
        workers: threads that may run several batches at once; None: one batch after the other.
        subwords_per_batch: a good batch size for it.
    """

    name: BackendName
    backend: Backend
    workers: Executor | None
    subwords_per_batch: int


@contextmanager
def opened(folder: Path, about: Exported, name: BackendName | None) -> Iterator[Opened]:
    """Load a model.

    Args:
        folder: models/export.
        about: the content of its tagger.json.
        name: of the backend; None: the fastest that the folder has files for.

    Raises:
        UserError: the folder has no files for it, or they are damaged.
    """
    available = exported.backends(folder)
    if name is not None and name not in available:
        raise UserError(
            f"{folder}: no files for the backend {name}; available: {', '.join(available)}; export.onnx and "
            "export.int8 in params.yaml choose what `dvc repro export` writes"
        )
    name = name or available[0]
    # Each imports its own library only: PyTorch takes longer to import than onnxruntime takes to answer.
    with _torch(folder, about) if name == "torch" else _onnx(folder, about, name) as model:
        yield model


@contextmanager
def _torch(folder: Path, about: Exported) -> Iterator[Opened]:
    from accelerate import PartialState
    from transformers.utils import logging

    from tagline.model import classifier
    from tagline.model.backends.torch_model import TorchModel, workers
    from tagline.model.precision import cast_linear_layers, resolve

    device = PartialState().device
    precision = resolve("auto", device, "--backend torch")
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = classifier.load(folder, about.labels)
    finally:
        if bars:
            logging.enable_progress_bar()
    cast_linear_layers(model, precision)
    with workers(device) as threads:
        yield Opened(
            "torch", TorchModel(model, precision), threads, CPU_SUBWORDS if device.type == "cpu" else GPU_SUBWORDS
        )


@contextmanager
def _onnx(folder: Path, about: Exported, name: BackendName) -> Iterator[Opened]:
    from tagline.export.onnx_model import OnnxModel, workers

    path = folder / GRAPHS[name]
    model = OnnxModel(path, about.padding)
    if model.scores != len(about.labels.names):
        raise UserError(
            f"{path} scores {model.scores} labels, {folder / TAGGER} names {len(about.labels.names)}: "
            "they are of different exports, run `dvc repro export` again"
        )
    with workers() as threads:
        yield Opened(name, model, threads, CPU_SUBWORDS)
