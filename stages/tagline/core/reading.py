"""Reading files that may be damaged or hostile: whatever a library raises becomes one message that names the file."""

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import Any

from tagline.terminal import QUOTED, UserError, shortened

# Errors of the system that say nothing about a file's content; see also `_FULL`.
_OF_ENVIRONMENT = (errno.EACCES, errno.EMFILE, errno.ENFILE, errno.EPERM, errno.EROFS)
# Errors of a write: a full disk, an exceeded quota or size limit.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# How libraries written in Rust (safetensors, tokenizers) report an error of the system.
_RUST = re.compile(r"\(os error (\d+)\)")
# What libraries begin and end coloured words with.
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
# A config.json with more layers or labels is treated as damaged.
_MOST_LAYERS, _MOST_LABELS = 1000, 100_000
_MOST_GROWTH = 1000
# The weights of a model as transformers saves them, or the list of their files.
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"


@contextmanager
def reading(
    path: Path | str, made_by: str = "", *, problem: str = "damaged", expected: str = "", remedy: str = ""
) -> Iterator[None]:
    """Turn what damaged content makes a reader raise into a `UserError` that names the file.

    Libraries raise exceptions of every kind, so the block holds the call of a reader and nothing else.

    Args:
        made_by: the stage of dvc.yaml that writes it, if one does.
        problem: for the message, which adds the reason.
        expected: what the file should contain.
        remedy: what to do, if no stage writes it.

    Raises:
        UserError: the block raised an exception, except for errors of the environment and a full disk.
    """
    try:
        yield
    except UserError:
        raise
    except BaseException as error:
        # A full disk or a missing permission is not damage; `replacing` or `exit_with_message` names the file.
        of_environment = isinstance(error, OSError) and error.errno in _OF_ENVIRONMENT
        # A panic of a Rust library is not an `Exception`; a misspelt name is a bug.
        of_content = type(error).__name__ == "PanicException" or isinstance(error, Exception)
        if of_environment or not of_content or isinstance(error, NameError) or full_disk(error) is not None:
            raise
        message = f"{path}: {problem} ({_reason(error)})"
        if expected:
            message += f"; expected {expected}"
        if made_by:
            message += f"; run `dvc repro {made_by}` again"
        elif remedy:
            message += f"; {remedy}"
        raise UserError(message) from None


def full_disk(error: BaseException) -> str | None:
    """What the system says of a full disk; None: another error."""
    if isinstance(error, UserError):
        return None
    code = error.errno if isinstance(error, OSError) else None
    match = _RUST.search(str(error))
    if code is None and match:
        code = int(match[1])
    return os.strerror(code) if code in _FULL else None


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Parse a JSON object, in the block of `reading`.

    Raises:
        ValueError: the text is not a JSON object, or contains NaN, Infinity or half of a surrogate pair.
        RecursionError: it is nested too deeply.
    """
    value = json.loads(text, parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise ValueError(f"the value is of type {type(value).__name__}")
    json.dumps(value, ensure_ascii=False).encode()  # a UnicodeEncodeError is a ValueError
    return value


def committed(path: Path) -> bytes | None:
    """The content of a file in Git's last commit, if it is there."""
    return git("show", f"HEAD:./{path.as_posix()}")


def git(*arguments: str) -> bytes | None:
    """What a command of Git prints; None if it fails, or without Git."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@contextmanager
def reading_tokenizer(path: Path | str, made_by: str = "", **message: str) -> Iterator[None]:
    """Like `reading`, for the library tokenizers, whose panics print a message.

    Its standard error is dropped, because a failure has one message.
    """
    with reading(path, made_by, **message), _silent_stderr():
        yield


def _reason(error: BaseException) -> str:
    """The first line of an exception's message, shortened; with its type if unclear."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = " ".join(_COLOURS.sub("", str(error)).split())
    if not text or isinstance(error, (KeyError, MemoryError)):
        text = f"{type(error).__name__}: {text}".rstrip(": ")
    return shortened(text, QUOTED)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Drop what native code writes to standard error."""
    if sys.stderr is None:  # closed, as by `2>&-`
        yield
        return
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def check_config(path: Path) -> None:
    """Check a model's config.json: transformers would build objects without end, or run code from the Hub.

    Args:
        path: if it is missing, that is left to transformers.

    Raises:
        ValueError: see `parse_object`; a number is too large for any model, transformers may fetch the implementation
            of attention or experts, or the model is distributed over devices.
    """
    if not path.exists():
        return
    if not path.is_file():
        raise ValueError(f"{path.name}: not a file but a folder, device or pipe; expected a file")
    content = parse_object(path.read_text(encoding="utf-8"))
    foreign = [name for name in _implementations("", content) if name not in (None, "eager", "sdpa")]
    if foreign:
        raise ValueError(
            f"{path.name}: the implementation {foreign[0]!r} may be code from the Hub; expected eager or sdpa"
        )
    if content.get("distributed_config") is not None:
        raise ValueError(f"{path.name}: it has a distributed_config, of another machine; expected none")
    for key, value in content.items():
        most = 2**31
        if "layer" in key:
            most = _MOST_LAYERS
        elif key == "num_labels":
            most = _MOST_LABELS
        if isinstance(value, int | float) and value > most:
            raise ValueError(f"{path.name}: {key} is {value}; expected at most {most:,}")


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model's folder, with their index if there are several.

    Raises:
        UserError: there are none (pickled weights are not read, since unpickling runs code), or the index is malformed
            or names anything other than safetensors files beside it.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    index = folder / WEIGHTS_INDEX
    if not index.is_file():
        raise UserError(
            f"{folder}: no {WEIGHTS}; expected weights in safetensors; pytorch_model.bin is a pickle and is never "
            "read: convert it"
        )
    with reading(index, expected="a JSON object", remedy="choose a complete model"):
        weight_map = parse_object(index.read_text(encoding="utf-8")).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map or not all(isinstance(v, str) for v in weight_map.values()):
        raise UserError(
            f"{index}: weight_map is {shortened(repr(weight_map))}; expected an object from weight to file name; "
            "choose a model as transformers saves it"
        )
    shards = sorted(set(weight_map.values()))
    for shard in shards:
        if not is_plain(shard) or not shard.endswith(".safetensors"):
            raise UserError(
                f"{index}: weight_map names {shortened(repr(shard))}; expected names of safetensors files beside it, "
                "without a folder; choose another model, this one is damaged or malicious"
            )
        if not (folder / shard).is_file():
            raise UserError(
                f"{index}: weight_map names {shortened(repr(shard))}, which is missing; expected every file that it "
                "names beside it; choose a complete model"
            )
    return [index, *(folder / shard for shard in shards)]


def is_plain(name: str) -> bool:
    """Whether a name is a file name without a folder, on any system."""
    return name not in ("", ".", "..") and "\0" not in name and PureWindowsPath(name).name == name


def check_normalizer(state: dict[str, Any] | None) -> None:
    """Check that a tokenizer's normalizer does not make gigabytes of a word.

    Raises:
        ValueError: a letter may become more than `_MOST_GROWTH` ones.
    """
    sizes: dict[str, int] = {}  # what a letter may become by the steps from here on; letters of any case alike
    others = 1
    before = 0  # letters that are put before a word
    for step in reversed([*_steps(state or {})]):
        if step.get("type") not in ("Replace", "Prepend"):
            continue
        added = step["content"] if step["type"] == "Replace" else step["prepend"]
        size = sum(max(sizes.get(letter, 1), others) for letter in added.lower())
        before += size if step["type"] == "Prepend" else 0
        if max(size, before) > _MOST_GROWTH:
            raise ValueError(
                f"its normalizer may make {max(size, before):,} letters of one; expected at most {_MOST_GROWTH:,}"
            )
        if step["type"] == "Prepend":
            continue
        if replaced := step["pattern"].get("String"):
            sizes[replaced[0].lower()] = max(size, sizes.get(replaced[0].lower(), 1))
        else:  # a regular expression
            others = max(size, others)


def _steps(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "normalizers" not in state:
        yield state
    for step in state.get("normalizers", ()):
        yield from _steps(step)


def _implementations(key: str, value: Any) -> Iterator[Any]:
    """What a config.json names as ``_attn_implementation`` and the like, sub-configurations included."""
    named = key.endswith("_implementation")
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _implementations(key if named else inner, item)
    elif named:
        yield value


def restore(stages: str) -> str:
    """Say how to get what stages write and a fresh clone lacks."""
    return f"run `dvc pull` if a DVC remote has it, else `dvc repro {stages}`"


def require(path: Path, made_by: str) -> None:
    """Check that an upstream artifact exists and is no device or pipe, which may have no end.

    Raises:
        UserError: it does not, or is one.
    """
    if not path.exists():
        raise UserError(f"{path} is missing; expected what the stage {made_by} writes; {restore(made_by)}")
    if not path.is_file() and not path.is_dir():
        raise UserError(f"{path}: not a file but a device or pipe; remove it, and run `dvc repro {made_by}`")
