"""head.safetensors: a classifier head's own weights, beside the model's. A linear head has none, and so no file.

It is a file of its own so that transformers loads the model without a warning about weights that it does not know, and
so that onnxruntime's backends read it without PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file

from tagline.core.reading import reading
from tagline.labels.model_settings import HEAD_FILE

Weights = Mapping[str, npt.NDArray[np.float32]]


def write(folder: Path, head: str, weights: Weights) -> None:
    """Write the weights of a head, with its name as metadata."""
    save_file(dict(weights), folder / HEAD_FILE, metadata={"head": head})


def read(folder: Path, made_by: str) -> tuple[str, Weights]:
    """Read the name of the head and its weights; ``linear`` without any if the file does not exist.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / HEAD_FILE
    if not path.is_file():
        return "linear", {}
    with reading(path, made_by), safe_open(path, framework="numpy") as file:
        weights = {name: file.get_tensor(name) for name in sorted(file.keys())}
        return (file.metadata() or {})["head"], weights
