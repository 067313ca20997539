"""Presets: a complete params.yaml from presets/sample.yaml and the keys that another preset changes.

The sample's ``export.card`` does not apply to other data: a preset with its own data set begins without.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from tagline.core import committed
from tagline.core.params import PARAMS, find, list_errors, parse, plain, read_file, read_text
from tagline.project.descriptions import DISCRIMINATORS, SCHEMA, text_of_sections
from tagline.project.sections import check_params, params_errors
from tagline.project.yaml_files import as_dvc_writes, write_text
from tagline.terminal import UserError

PRESETS = Path("presets")
BASE = "sample"
# Tells editors which schema a file has.
_SCHEMA_IS = "# yaml-language-server: $schema="
MODELINE = f"{_SCHEMA_IS}{SCHEMA}"
_INTRODUCTION = """
# What people change, a section per stage; a stage reruns when its section changes. docs/reference.md lists all keys,
# `tagline check --all` prints the values that apply. `tagline preset NAME` writes another preset here.
"""


def path_of(name: str) -> Path:
    return PRESETS / f"{name}.yaml"


def names() -> list[str]:
    """List the presets.

    Raises:
        UserError: there are none.
    """
    presets = sorted(path.stem for path in PRESETS.glob("*.yaml"))
    if BASE not in presets:
        raise UserError(f"{path_of(BASE)} is missing; run this in the repository's root")
    return presets


def listed(names: list[str]) -> Iterator[str]:
    """Yield a line for each preset, with the first of its description."""
    width = max(map(len, names))
    for name in names:
        first, *_ = [*_description(name), ""]
        yield f"{name:{width}}  {first.lstrip('# ')}".rstrip()


def base() -> CommentedMap:
    """Read the preset that all others change.

    Raises:
        UserError: lists all errors, each with its line.
    """
    path = path_of(BASE)
    content = read_file(path)
    check_params(content, path, path, f"{PARAMS} is unchanged")
    return content


def build(name: str) -> str:
    """Return the complete params of a preset, as DVC writes them.

    Raises:
        UserError: lists all errors, each with its line in the preset.
    """
    path = path_of(name)
    preset = read_file(path)
    values = plain(base())
    if find(preset, ["download", "dataset"])[1] == 2:
        del values["export"]["card"]
    sections = text_of_sections(_merged(values, plain(preset)))
    content = parse("\n".join([MODELINE, *_description(name), _INTRODUCTION, sections]), path)
    errors = [_in_preset(error, path, preset) for error in params_errors(content)]
    if errors:
        raise UserError(list_errors(errors, path, f"{PARAMS} is unchanged"))
    return as_dvc_writes(content)


def write(name: str, force: bool = False) -> None:
    """Write params.yaml from a preset, completely or not at all.

    Args:
        force: overwrite params.yaml even if that loses changes.

    Raises:
        UserError: the preset has errors, or params.yaml has changes that are neither in Git nor in a preset.
    """
    text = build(name)
    if not force and PARAMS.exists() and not _is_recoverable():
        raise UserError(
            f"{PARAMS} has uncommitted changes; commit them, or overwrite them with `tagline preset --force {name}`"
        )
    write_text(PARAMS, text)


def _description(name: str) -> list[str]:
    """The comments at the beginning of a preset."""
    comments = takewhile(lambda line: line.startswith("#"), read_text(path_of(name)).splitlines())
    return [line for line in comments if not line.startswith(_SCHEMA_IS)]


def _merged(old: Any, new: Any) -> Any:
    """Merge two mappings key by key; other values, and mappings that name a source or format, replace the old one."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    if not new.keys().isdisjoint(DISCRIMINATORS):
        return new
    return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}


def _in_preset(error: str, path: Path, preset: CommentedMap) -> str:
    """Replace an error's line in the merged params by its line in the preset."""
    _, key, message = error.split(": ", 2)
    line, _ = find(preset, key.split("."))
    return f"{path}:{line + 1}: {key}: {message}"


def _is_recoverable() -> bool:
    """Whether params.yaml equals the last commit or a preset."""
    if committed(PARAMS) == PARAMS.read_bytes():
        return True
    for name in names():
        with suppress(UserError):  # params.yaml can't come from a preset with errors
            if build(name).encode() == PARAMS.read_bytes():
                return True
    return False
