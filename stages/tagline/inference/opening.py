"""Opening an exported model: the backend of the form that is asked for, or of the fastest."""

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

# Sub-words a forward pass, padding included: few stay in a core's cache, many keep a GPU busy.
CPU_SUBWORDS = 256
GPU_SUBWORDS = 16_384


class Opened(NamedTuple):
    """A model that is ready to be asked.

    Attributes:
        form: which of the model's forms it is.
        backend: what gives the logits.
        workers: threads in which it may be asked for several batches at once; None: for one after the other.
        subwords_per_batch: a good size of batches for it.
    """

    form: BackendName
    backend: Backend
    workers: Executor | None
    subwords_per_batch: int


@contextmanager
def opened(folder: Path, about: Exported, form: BackendName | None) -> Iterator[Opened]:
    """Load a form.

    Args:
        folder: models/export.
        about: what its tagger.json says.
        form: which; None: the fastest that the folder has.

    Raises:
        UserError: the folder does not have it, or it is damaged.
    """
    there = exported.forms(folder)
    if form is not None and form not in there:
        raise UserError(
            f"{folder} has no form for {form}: it has {', '.join(there)}; "
            "export.onnx and export.int8 in params.yaml say what `dvc repro export` writes"
        )
    form = form or there[0]
    # Each of them imports its own library only: that of PyTorch takes longer than the other one needs to answer.
    with _torch(folder, about) if form == "torch" else _onnx(folder, about, form) as found:
        yield found


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
def _onnx(folder: Path, about: Exported, form: BackendName) -> Iterator[Opened]:
    from tagline.export.onnx_model import OnnxModel, workers

    path = folder / GRAPHS[form]
    model = OnnxModel(path, about.padding)
    if model.scores != len(about.labels.names):
        raise UserError(
            f"{path} scores {model.scores} labels, {folder / TAGGER} names {len(about.labels.names)}: "
            "they are of different exports, run `dvc repro export` again"
        )
    with workers() as threads:
        yield Opened(form, model, threads, CPU_SUBWORDS)
