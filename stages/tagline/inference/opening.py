"""Loading an exported model with a given backend, or with the fastest one."""

import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import NamedTuple

from tagline.artifacts import exported
from tagline.artifacts.exported import GRAPHS, TAGGER, Exported
from tagline.core import HASHES, BackendName, verify_files
from tagline.model.backends import Backend
from tagline.model.batches import ONE_CORE, default_size
from tagline.terminal import UserError, extra


class Opened(NamedTuple):
    """A loaded model, threads that run several batches at once, and a good batch size."""

    backend: Backend
    workers: Executor | None
    subwords_per_batch: int


def chosen_backend(folder: Path, name: BackendName | None) -> BackendName:
    """Check the name of a backend; None: the fastest that the folder has files for.

    Raises:
        UserError: the folder has no files for the backend.
    """
    available = exported.backends(folder)
    if name is not None and name not in available:
        raise UserError(
            f"{folder}: no files for the backend {name}; available: {', '.join(available)}; set export.onnx or "
            "export.int8 in params.yaml and run `dvc repro export`"
        )
    return name or available[0]


def opened(
    folder: Path, description: Exported, name: BackendName, verify: bool = True
) -> AbstractContextManager[Opened]:
    """Load an export with the content of its tagger.json, and end its threads after the block.

    Args:
        verify: whether to compare weights with the hashes in a graph, without hashes.json.

    Raises:
        UserError: the files of the backend are damaged.
    """
    # Each backend imports only its own library: importing PyTorch takes longer than a prediction by onnxruntime.
    if name == "torch":
        return _torch(folder, description)
    return _onnx(folder, description, name, verify)


@contextmanager
def _torch(folder: Path, description: Exported) -> Iterator[Opened]:
    with extra("pipeline", f"{folder}: the backend torch"):
        from accelerate import PartialState
        from transformers.utils import logging

        from tagline.model import classifier
        from tagline.model.backends.torch_model import TorchModel, workers
        from tagline.model.precision import resolve_recorded

    device = PartialState().device
    precision = resolve_recorded(description.precision, device)
    if description.precision not in ("auto", precision):
        warnings.warn(
            f"{folder}: evaluated in {description.precision}, which this host's {device.type} does not support; it "
            f"computes in {precision}, and some labels may differ",
            stacklevel=2,
        )
    bars = logging.is_progress_bar_enabled()
    level = logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity(CRITICAL)  # it would print names of the folder's tensors and configuration raw
    try:
        model = classifier.load(folder, description.labels)
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
    longest = classifier.longest_window(model)
    if longest is not None and description.max_length > longest:
        raise UserError(
            f"{folder / TAGGER}: max_length is {description.max_length}; the model reads at most {longest} sub-words; "
            "run `dvc repro export` again"
        )
    backend = TorchModel.for_inference(model, precision)
    with workers(device) as threads:
        yield Opened(backend, threads, default_size(device.type))


@contextmanager
def _onnx(folder: Path, description: Exported, name: BackendName, verify: bool) -> Iterator[Opened]:
    from tagline.model.backends.onnx_model import OnnxModel, workers

    path = folder / GRAPHS[name]
    model = OnnxModel(path, description.padding, exported.external_weights(folder, name))
    if model.labels != len(description.labels.names):
        raise UserError(
            f"{path}: {model.labels} labels; expected {len(description.labels.names)} as in {folder / TAGGER}; "
            "run `dvc repro export` again"
        )
    if verify and not (folder / HASHES).is_file():  # which has verified them
        verify_files(folder, model.weights, "export", source=path)
    with workers() as threads:
        yield Opened(model, threads, ONE_CORE)
