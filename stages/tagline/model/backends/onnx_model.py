"""The onnxruntime backend, on a CPU; it does not import PyTorch, which takes seconds."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# onnxruntime sends telemetry unless this is set before its import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime

from tagline.labels import AnyInts, Floats, Ints
from tagline.model.batches import pad
from tagline.terminal import UserError

# The names of inputs and output that `tagline.export.onnx_export` writes.
INPUTS = ("input_ids", "attention_mask")
OUTPUT = "logits"
# The prefix of the names of files of weights in a graph's metadata, which has their SHA-256.
HASHED = "sha256:"
# On a CPU, the fused operator for addition and layer normalisation is five times slower than two operators.
DISABLED_FUSION = "SkipLayerNormFusion"


class OnnxModel:
    """A token classifier as an ONNX graph.

    Args:
        path: a file of `exported.GRAPHS`.
        weights: the files that the graph refers to by name, in one folder.
        threads: number of cores per batch. Several batches at once, each on one core (`workers`), are faster, with the
            same logits on any number of cores.

    Attributes:
        weights: the SHA-256 of these files at export.

    Raises:
        UserError: the file is missing, damaged, or another kind of model.
    """

    def __init__(self, path: Path, padding: int = 0, weights: Sequence[Path] = (), threads: int = 1) -> None:
        if not path.is_file():
            raise UserError(
                f"{path} is missing; set export.onnx or export.int8 in params.yaml and run `dvc repro export`"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # As `terminal.process` says of OpenMP: waiting threads that spin are slow on a busy host.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4  # errors are raised, not logged
        try:
            contents = _provide(options, weights)
            self.session = onnxruntime.InferenceSession(
                path.read_bytes() if weights else path,  # only of bytes may the weights be in another folder
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=[DISABLED_FUSION],
            )
        except Exception as error:  # the library has no more specific exception
            raise UserError(f"{path}: damaged ({str(error).splitlines()[0]}); run `dvc repro export` again") from None
        del contents  # onnxruntime has copied them
        inputs = tuple(entry.name for entry in self.session.get_inputs())
        shapes = {entry.name: entry.shape for entry in self.session.get_outputs()}
        if inputs != INPUTS or len(shapes.get(OUTPUT, ())) != 3:
            raise UserError(
                f"{path}: not a token classifier of this project; expected the inputs {', '.join(INPUTS)} and the "
                f"output {OUTPUT} of three dimensions"
            )
        self.path = path
        self.padding = padding
        self.labels: int = shapes[OUTPUT][-1]
        self.weights: dict[str, str] = {}
        for name, value in self.session.get_modelmeta().custom_metadata_map.items():
            if name.startswith(HASHED):
                self.weights[name.removeprefix(HASHED)] = value

    def logits(self, rows: Sequence[AnyInts], positions: Sequence[Ints]) -> Floats:
        """See `Backend`. Safe for several threads.

        Raises:
            UserError: onnxruntime failed, for instance for an unknown sub-word id, a long window, or lack of memory.
        """
        inputs = dict(zip(INPUTS, pad(rows, self.padding), strict=True))
        try:
            (logits,) = self.session.run([OUTPUT], inputs)
        except Exception as error:  # the library has no more specific exception
            raise UserError(
                f"{self.path}: onnxruntime failed ({str(error).splitlines()[0]}); if the files beside it are of "
                "another export, run `dvc repro export` again"
            ) from None
        row = np.repeat(np.arange(len(rows)), [len(of_row) for of_row in positions])
        return logits[row, np.concatenate(positions)]


def _provide(options: onnxruntime.SessionOptions, weights: Sequence[Path]) -> list[Any]:
    """Tell onnxruntime where the weights are; the result must live until the session is created."""
    if any(file.is_symlink() for file in weights):
        # It refuses links to other folders, as in the caches of the Hub and of DVC, so it gets the content, which takes
        # twice the time and memory.
        contents = [np.memmap(file, np.uint8, "r") for file in weights]
        names = [file.name for file in weights]
        options.add_external_initializers_from_files_in_memory(names, contents, list(map(len, contents)))
        return contents
    if weights:
        folder = str(weights[0].parent)
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", folder)
    return []


def cores() -> int:
    """Return the number of cores: OMP_NUM_THREADS, as in PyTorch, or else those that the system grants.

    Ray sets it for each worker, since the system does not know of the cores that Ray grants.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def workers() -> Iterator[Executor]:
    """Threads for `Predictor`, one per core; each computes a whole batch."""
    pool = ThreadPoolExecutor(cores())
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
