"""Pretrained encoders with their tokenizers: found where they live, checked, and laid out for the later stages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase

from tagline.core.errors import Fault
from tagline.sources import byte_level

WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
# How a tokenizer was last used and loaded. It is no property of the encoder, and would cut or pad in silence.
_LEFTOVERS = (
    "is_local",
    "local_files_only",
    "max_length",
    "pad_to_multiple_of",
    "pad_token_type_id",
    "stride",
    "truncation_strategy",
)


def find_in_package(package: str, path: str) -> tuple[Path, str]:
    """The folder of an encoder that an installed distribution carries, and the distribution's version.

    Raises:
        Fault: it is not installed, or has no such folder.
    """
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise Fault(
            f"the package {package} is not installed: run `pip install {package}`, "
            "or name another encoder under download.encoder in params.yaml"
        ) from None
    folder = Path(str(distribution.locate_file(path)))
    if not folder.is_dir():
        raise Fault(f"the package {package} has no folder {path}: see download.encoder.path in params.yaml")
    return folder, distribution.version


def check_files(place: str, names: Collection[str]) -> None:
    """See by the names of its files that an encoder is whole.

    Args:
        place: the folder or repository that holds it, for the message.
        names: the files in it.

    Raises:
        Fault: config.json or the safetensors files are missing. Weights pickled by PyTorch are not read, since
            unpickling runs code.
    """
    if "config.json" not in names:
        raise Fault(f"{place} holds no config.json: expected an encoder as transformers saves it")
    if WEIGHTS not in names and WEIGHTS_INDEX not in names:
        pickled = any(name.startswith("pytorch_model") for name in names)
        hint = "; pytorch_model.bin is a pickle and is not read, convert it to safetensors" if pickled else ""
        raise Fault(f"{place} holds no {WEIGHTS}{hint}")


def check_architecture(place: str, folder: Path) -> None:
    """See that transformers can build the encoder by itself.

    Raises:
        Fault: config.json names an architecture that it does not have, or one that is code in a repository.
    """
    try:
        AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise Fault(
            f"{place} is of no architecture that transformers has, and code from outside is never run: "
            f"{str(error).strip().splitlines()[0]}"
        ) from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of an encoder, with their index where there are several."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    index = folder / WEIGHTS_INDEX
    shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    return [index, *(folder / shard for shard in shards)]


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load a tokenizer from a local folder; one of byte-level BPE puts a space before each word.

    Raises:
        Fault: the folder holds none, or one that needs code from outside.
    """
    tokenizer = _load_tokenizer(folder)
    # transformers makes one of an empty vocabulary where the files are missing and config.json names the model.
    needed = {"tokenizer.json", *tokenizer.vocab_files_names.values()} if tokenizer.vocab_files_names else set()
    if needed and not any((folder / name).is_file() for name in needed):
        raise Fault(f"{folder} holds no tokenizer that transformers can load: none of {', '.join(sorted(needed))}")
    if tokenizer.is_fast and byte_level.lacks_space(tokenizer.backend_tokenizer):
        if byte_level.comes_first(tokenizer.backend_tokenizer):
            # RoBERTa's class makes its steps anew by this option; a class of no model only remembers it.
            tokenizer = _load_tokenizer(folder, add_prefix_space=True)
        if byte_level.lacks_space(tokenizer.backend_tokenizer):
            byte_level.add_space(tokenizer.backend_tokenizer)
    return tokenizer


def _load_tokenizer(folder: Path, **options: bool) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **options
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise Fault(f"{folder} holds no tokenizer that transformers can load: {str(error).splitlines()[0]}") from None
    return tokenizer


def copy_encoder(source: Path, target: Path) -> None:
    """Copy an encoder's configuration and weights, byte for byte.

    Raises:
        Fault: there is no config.json or no safetensors file.
    """
    check_files(str(source), {path.name for path in source.iterdir()})
    target.mkdir(parents=True)
    for file in (source / "config.json", *weight_files(source)):
        shutil.copyfile(file, target / file.name)


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, target: Path) -> None:
    """Write a tokenizer without the truncation and padding that somebody left switched on in it."""
    if tokenizer.is_fast:
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
    for key in _LEFTOVERS:
        tokenizer.init_kwargs.pop(key, None)
    tokenizer.save_pretrained(target)
