"""Earlier models: folders of trained models to start from or to learn from as teachers."""

import fnmatch
import os
from pathlib import Path

from tagline.artifacts.tokenized import read_windowing
from tagline.core import HASHES, TOKENIZER_FILE, read_hashes, sha256
from tagline.terminal import UserError

# Files of weights in a model's folder, its head's included.
WEIGHTS = "*.safetensors"


def verify(model: Path, tokenized: Path, tokenizer: Path) -> dict[str, str]:
    """Check the files of a model that training reads, and return their SHA-256 by name.

    Raises:
        UserError: a file is missing or damaged (hashes.json may be missing), or the tokenizer is another one.
    """
    if not model.is_dir():
        raise UserError(
            f"{model}: no such folder; expected a trained model; see train.start_from and "
            "train.teacher.models in params.yaml"
        )
    expected = read_hashes(model, made_by="") if os.path.lexists(model / HASHES) else {}
    weights = {*fnmatch.filter(expected, WEIGHTS), *(path.name for path in model.glob(WEIGHTS))}
    names = sorted({"config.json", TOKENIZER_FILE, *weights})
    for name in names:
        if not (model / name).is_file():
            raise UserError(f"{model / name} is missing; expected all files of a trained model; copy the folder again")
    hashes = {name: sha256(model / name) for name in names}
    for name in names:
        if expected and hashes[name] != expected.get(name):
            raise UserError(
                f"{model / name}: changed since it was written ({model / HASHES} has another SHA-256); expected "
                f"the files of one model; run `dvc checkout {model.as_posix()}`, or copy the folder again"
            )
    if hashes[TOKENIZER_FILE] != read_windowing(tokenized).tokenizer_sha256:
        raise UserError(
            f"{model / TOKENIZER_FILE} differs from that of {tokenizer}; expected a model with the same "
            "sub-words; set download.encoder as in its training, or name another model in train.start_from and "
            "train.teacher.models"
        )
    return hashes
