"""Pretrained encoders with their tokenizers: found where they live, checked, and laid out for the later stages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from importlib import metadata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerBase

from tagline.core.errors import UserError
from tagline.core.terminal import shortened
from tagline.sources import byte_level
from tagline.sources.formats.base import leads_out

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
        UserError: it is not installed, has no such folder, or the path or a link in the folder leads out of it.
    """
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise UserError(
            f"the package {package} is not installed: run `pip install {package}`, "
            "or name another encoder under download.encoder in params.yaml"
        ) from None
    folder = Path(str(distribution.locate_file(path)))
    inner = PurePosixPath(path)
    if inner.is_absolute() or ".." in inner.parts or leads_out(folder, Path(str(distribution.locate_file("")))):
        raise UserError(
            f"download.encoder.path: {path} leads out of the package {package}; expected a folder that the package "
            "carries; correct it in params.yaml"
        )
    # A distribution without a list of its files (an unusual installer) is taken at its path's word.
    listed = distribution.files is None or any(file.is_relative_to(inner) for file in distribution.files)
    if not folder.is_dir() or not listed:
        raise UserError(f"the package {package} has no folder {path}: see download.encoder.path in params.yaml")
    check_links(folder, folder)
    return folder, distribution.version


def check_files(place: str, names: Collection[str]) -> None:
    """See by the names of its files that an encoder is whole.

    Args:
        place: the folder or repository that holds it, for the message.
        names: the files in it.

    Raises:
        UserError: config.json or the safetensors files are missing. Weights pickled by PyTorch are not read, since
            unpickling runs code.
    """
    if "config.json" not in names:
        raise UserError(f"{place} holds no config.json: expected an encoder as transformers saves it")
    if WEIGHTS not in names and WEIGHTS_INDEX not in names:
        pickled = any(name.startswith("pytorch_model") for name in names)
        hint = "; pytorch_model.bin is a pickle and is not read, convert it to safetensors" if pickled else ""
        raise UserError(f"{place} holds no {WEIGHTS}{hint}")


def check_links(folder: Path, *allowed: Path) -> None:
    """See that no link in an encoder's folder leads to a file of somebody else, which would be copied or read.

    Args:
        folder: the encoder's.
        allowed: the folders that links may lead into.

    Raises:
        UserError: one leads out of all of them.
    """
    for parent, folders, files in os.walk(folder):  # it follows no links to folders
        for name in (*folders, *files):
            if leads_out(path := Path(parent, name), *allowed):
                raise UserError(
                    f"{path}: this link leads out of {allowed[0]}; expected an encoder whose files are inside it; "
                    "copy there what it points to, or remove it"
                )


def check_architecture(place: str, folder: Path) -> None:
    """See that transformers can build the encoder by itself.

    Raises:
        UserError: config.json names an architecture that it does not have, or one that is code in a repository.
    """
    try:
        AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{place} is of no architecture that transformers has, and code from outside is never run: "
            f"{str(error).strip().splitlines()[0]}"
        ) from None


def weight_files(folder: Path, listed: Collection[str] = ()) -> list[Path]:
    """The safetensors files of an encoder, with their index where there are several.

    Args:
        folder: the encoder's.
        listed: the files of the repository that it comes from, where they are known.

    Raises:
        UserError: the index is malformed, or names something else than safetensors files beside it.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    index = folder / WEIGHTS_INDEX
    weight_map = _object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map or not all(isinstance(v, str) for v in weight_map.values()):
        raise UserError(
            f"{index}: weight_map is {shortened(repr(weight_map))}; expected an object of file names by weight; "
            "choose an encoder as transformers saves it"
        )
    shards = sorted(set(weight_map.values()))
    for shard in shards:
        if not _is_plain(shard) or not shard.endswith(".safetensors"):
            raise UserError(
                f"{index}: weight_map names {shortened(repr(shard))}; expected names of safetensors files beside it, "
                "without a folder; choose another encoder, this one is damaged or malicious"
            )
        if (listed and shard not in listed) or not (folder / shard).is_file():
            raise UserError(
                f"{index}: weight_map names {shortened(repr(shard))}, which is missing; expected every file that it "
                "names beside it; choose an encoder that is whole"
            )
    return [index, *(folder / shard for shard in shards)]


def _is_plain(name: str) -> bool:
    """Whether a name that a file holds is one of a file beside it, on any system."""
    return name not in ("", ".", "..") and "\0" not in name and PureWindowsPath(name).name == name


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file of an encoder."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON ({error}); expected an object; choose an encoder that is whole") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: no JSON object; expected one; choose an encoder that is whole")
    return content


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Load a tokenizer from a local folder; one of byte-level BPE puts a space before each word.

    Raises:
        UserError: the folder holds none, or one that needs code from outside.
    """
    tokenizer = _load_tokenizer(folder)
    # transformers makes one of an empty vocabulary where the files are missing and config.json names the model.
    needed = {"tokenizer.json", *tokenizer.vocab_files_names.values()} if tokenizer.vocab_files_names else set()
    if needed and not any((folder / name).is_file() for name in needed):
        raise UserError(f"{folder} holds no tokenizer that transformers can load: none of {', '.join(sorted(needed))}")
    if tokenizer.is_fast and byte_level.lacks_space(tokenizer.backend_tokenizer):
        if byte_level.comes_first(tokenizer.backend_tokenizer):
            # RoBERTa's class makes its steps anew by this option; a class of no model only remembers it.
            tokenizer = _load_tokenizer(folder, add_prefix_space=True)
        if byte_level.lacks_space(tokenizer.backend_tokenizer):
            byte_level.add_space(tokenizer.backend_tokenizer)
    return tokenizer


def _files_named_in(configuration: Path) -> dict[str, None]:
    """The keys of tokenizer_config.json that name files, each with None, which keeps transformers from reading them.

    Paths of the author's machine are common there, so they are ignored. transformers finds a tokenizer's files by
    their names.

    Raises:
        UserError: it is no JSON object, or names files in a way that can't be ignored.
    """
    if not configuration.is_file():
        return {}
    content = _object(configuration)
    versions = content.get("fast_tokenizer_files") or []
    if not isinstance(versions, list) or not all(isinstance(name, str) and _is_plain(name) for name in versions):
        raise UserError(
            f"{configuration}: fast_tokenizer_files is {shortened(repr(versions))}; expected names of files beside it, "
            "without a folder; choose another encoder, this one is damaged or malicious"
        )
    for key in ("vocab", "merges", "init_inputs"):  # transformers would open a text here as a path
        if content.get(key) and not isinstance(content[key], dict):
            raise UserError(
                f"{configuration}: it sets {key}; expected a tokenizer's words in files of its own; "
                "choose an encoder as transformers saves it"
            )
    return {key: None for key, value in content.items() if key.endswith("_file") and value is not None}


def _load_tokenizer(folder: Path, **options: bool) -> PreTrainedTokenizerBase:
    named = _files_named_in(folder / "tokenizer_config.json")
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **named, **options
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise UserError(
            f"{folder} holds no tokenizer that transformers can load: {str(error).splitlines()[0]}"
        ) from None
    return tokenizer


def copy_encoder(source: Path, target: Path) -> None:
    """Copy an encoder's configuration and weights, byte for byte.

    Raises:
        UserError: there is no config.json or no safetensors file, or see `weight_files`.
    """
    check_files(str(source), {path.name for path in source.iterdir()})
    files = [source / "config.json", *weight_files(source)]
    target.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, target / file.name)


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, target: Path) -> None:
    """Write a tokenizer without the truncation and padding that somebody left switched on in it."""
    if tokenizer.is_fast:
        tokenizer.backend_tokenizer.no_truncation()
        tokenizer.backend_tokenizer.no_padding()
    for key in _LEFTOVERS:
        tokenizer.init_kwargs.pop(key, None)
    tokenizer.save_pretrained(target)
