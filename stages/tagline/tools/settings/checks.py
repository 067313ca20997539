"""Checks of the whole params.yaml: the schema of each section, and rules across sections.

And the JSON Schema by which editors complete, explain and check params.yaml and the presets: pydantic's own schema of
the sections, in which a preset may leave out keys. Missing keys and rules across sections are left to `params_errors`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import create_model
from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, Section, line_of, section_errors, validated
from tagline.core.reading import git
from tagline.evaluation.evaluate_params import Evaluate
from tagline.export.export_params import Export
from tagline.hub.hub_params import Push
from tagline.sources.download_params import Download
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.training.train_params import Train

SECTIONS: dict[str, type[Section]] = {
    "download": Download,
    "tokenize_align": TokenizeAlign,
    "train": Train,
    "evaluate": Evaluate,
    "export": Export,
}

# The folders that stages read and none of them writes.
_FOLDERS = {
    "download": "the data (data/none for a data set and an encoder of the Hub)",
    "train": "the models to start from and to learn from (data/none if there are none)",
}
SCHEMA = Path("params.schema.json")
# Entries that editors do not need, or that a preset does not obey.
_DROPPED = ("title", "required", "discriminator")


def params_errors(content: CommentedMap, path: Path = PARAMS) -> list[str]:
    """List all errors in a file of params, each as ``file:line: key: what is wrong``."""
    errors = [
        f"{path}:{line_of(content, name, 0) + 1}: {name}: unknown section (allowed: {', '.join(SECTIONS)})"
        for name in content
        if name not in SECTIONS
    ]
    for name, schema in SECTIONS.items():
        errors += section_errors(content, name, schema, path)
    return errors or [f"{path}:{error}" for error in _errors_across_sections(content)]


def check_folders(content: CommentedMap) -> None:
    """Raise a `UserError` if a folder to read does not exist, which DVC finds only after it has removed outputs."""
    for name, expected in _FOLDERS.items():
        folder = Path(content[name]["folder"])
        # DVC restores a folder that it tracks by itself; another pipeline may write the models.
        made = folder.with_name(f"{folder.name}.dvc").is_file() or (name == "train" and folder.parts[0] == "..")
        if not folder.is_dir() and not made:
            raise UserError(
                f"{PARAMS}:{line_of(content[name], 'folder', 0) + 1}: {name}.folder: {folder} is not a folder; "
                f"expected that of {expected}"
            )


def untracked_folders(content: CommentedMap) -> Iterator[str]:
    """Yield a note on each folder to read with files that neither Git tracks nor DVC, which lets Git ignore its own."""
    for name in _FOLDERS:
        listed = git("ls-files", "-z", "--others", "--exclude-standard", "--directory", "--", content[name]["folder"])
        if listed:
            found = os.fsdecode(listed).split("\0")[0]
            yield (
                f"{PARAMS}:{line_of(content[name], 'folder', 0) + 1}: {name}.folder: {found} "
                "is tracked by neither Git nor DVC; expected one of them, since `dvc exp run --temp` and clones lack "
                "it; run `dvc add` or `git add`"
            )


def enabled_pushes(content: CommentedMap) -> dict[str, Push]:
    """Return the pushes of params without errors, by their section."""
    train, export = validated(content, "train", Train), validated(content, "export", Export)
    return {name: hub for name, hub in {"train.hub": train.hub, "export.hub": export.hub}.items() if hub.push}


def _errors_across_sections(content: CommentedMap) -> Iterator[str]:
    """Yield errors of keys that fit their own section."""
    section, tag_columns = content["tokenize_align"], validated(content, "download", Download).dataset.tag_columns
    if (task := section["task"]) not in tag_columns:
        message = f"download.dataset has no tag column {task} ({', '.join(tag_columns)})"
        yield f"{line_of(section, 'task', 0) + 1}: tokenize_align.task: {message}"


def schema_text() -> str:
    """Give the content of `SCHEMA`."""
    fields: Any = {name: (section, ...) for name, section in SECTIONS.items()}
    schema = create_model("Params", __base__=Section, **fields).model_json_schema()
    for definition in (schema, *schema["$defs"].values()):
        definition.pop("description", None)  # a docstring, which is for programmers
    content = {"$comment": "Written by `python stages/schema.py`.", **_for_editors(schema)}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _for_editors(node: Any, has_names: bool = False) -> Any:
    """Drop entries of a schema; the keys of some mappings in it are names of params, which all stay."""
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        # Without the key that decides, as in a preset, several alternatives may apply.
        "anyOf" if key == "oneOf" else key: _for_editors(value, key in ("properties", "$defs") and not has_names)
        for key, value in node.items()
        if has_names or key not in _DROPPED
    }
