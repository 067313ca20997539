"""The sections of params.yaml, and the errors of a whole file: in each section, and across sections."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import create_model
from ruamel.yaml.comments import CommentedMap

from tagline.core.params import PARAMS, Section, find, line_of, list_errors, section_errors, validated
from tagline.evaluation.evaluate_params import Evaluate
from tagline.export.export_params import Export
from tagline.hub.hub_params import Push
from tagline.sources.download_params import Download, shared_columns, sources_of
from tagline.terminal import UserError
from tagline.tokenization.tokenize_align_params import TokenizeAlign
from tagline.training.train_params import Train

SECTIONS: dict[str, type[Section]] = {
    "download": Download,
    "tokenize_align": TokenizeAlign,
    "train": Train,
    "evaluate": Evaluate,
    "export": Export,
}
# Errors of params of earlier versions, and what to write.
_EARLIER = {
    "train.folder: the key is missing": "dvc.yaml reads it; write `folder: data/none`, in a pipeline folder "
    "`folder: ../data/none`",
    "train.label_smoothing: unknown key": "no measurement showed that it helps, so it is gone; remove the line",
    "evaluate.operating_point: unknown key": "write its recall of each type as `promises: {PER: {recall: {at_least: "
    "0.9}}}`, or remove it",
    "evaluate.accept: unknown key": "write it as `promises: {all types: {precision: {at_least: 0.97, confidence: "
    "0.9}}}`, or remove it",
}


def params_errors(content: CommentedMap, path: Path = PARAMS) -> list[str]:
    """List all errors in a file of params, each as ``file:line: key: what is wrong``."""
    errors = [
        f"{path}:{line_of(content, name, 0) + 1}: {name}: unknown section (allowed: {', '.join(SECTIONS)})"
        for name in content
        if name not in SECTIONS
    ]
    for name, schema in SECTIONS.items():
        errors += section_errors(content, name, schema, path)
    errors = [_with_remedy(error) for error in errors]
    return errors or [f"{path}:{error}" for error in _errors_across_sections(content)]


def check_params(
    content: CommentedMap, path: Path = PARAMS, source: Path | str = PARAMS, consequence: str = ""
) -> None:
    """Raise a `UserError` if a file of params has errors.

    Args:
        content: of the file.
        path: the file.
        source: what the message calls it.
        consequence: what the errors lead to, for the message.
    """
    errors = params_errors(content, path)
    if errors:
        raise UserError(list_errors(errors, source, consequence))


def _with_remedy(error: str) -> str:
    """Add what to write to an error of earlier params."""
    for earlier, remedy in _EARLIER.items():
        location, message, _ = error.partition(earlier)
        if message:
            return f"{location}{earlier}; {remedy}"
    return error


def defaults(content: CommentedMap) -> Iterator[str]:
    """Yield a note on each key that params without errors leave out, but for those of the data set's format."""
    for name, schema in SECTIONS.items():
        for keys, value in _left_out(validated(content, name, schema), (name,)):
            line, _ = find(content, keys)
            yield f"{PARAMS}:{line + 1}: {'.'.join(keys)}: not set; `{keys[-1]}: {json.dumps(value)}` applies"


def enabled_pushes(content: CommentedMap) -> dict[str, Push]:
    """Return the pushes of params without errors, by their section."""
    hubs = {
        "train.hub": validated(content, "train", Train).hub,
        "export.hub": validated(content, "export", Export).hub,
    }
    return {name: hub for name, hub in hubs.items() if hub.push}


def _left_out(section: Section, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each key that a section leaves out, and its default as plain values."""
    values = section.model_dump()
    for key, value in section:
        if key not in section.model_fields_set:
            yield (*above, key), values[key]
        elif isinstance(value, Section) and key != "dataset":
            yield from _left_out(value, (*above, key))


def _errors_across_sections(content: CommentedMap) -> Iterator[str]:
    """Yield errors of keys that fit their own section."""
    section = content["tokenize_align"]
    sources = sources_of(validated(content, "download", Download).dataset)
    tag_columns = shared_columns(sources)
    if section["task"] not in tag_columns:
        every = " that is in all sources" if len(sources) > 1 else ""
        yield (
            f"{line_of(section, 'task', 0) + 1}: tokenize_align.task: download.dataset has no tag column "
            f"{section['task']}{every} ({', '.join(tag_columns)})"
        )


SCHEMA = Path("params.schema.json")
# Entries that editors do not need, or that a preset does not obey.
_DROPPED = ("title", "required", "discriminator")


def schema_text() -> str:
    """Give the content of `SCHEMA`."""
    fields: Any = {name: (section, ...) for name, section in SECTIONS.items()}
    schema = create_model("Params", __base__=Section, **fields).model_json_schema()
    for definition in (schema, *schema["$defs"].values()):
        definition.pop("description", None)  # a docstring, which is for programmers
    content = {"$comment": "Written by `tagline schema`.", **_for_editors(schema)}
    _share_keys(content["$defs"])
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _share_keys(definitions: dict[str, Any]) -> None:
    """Make a definition of each key that formats of data sets share, named as the key, and refer to it."""
    formats = [definition["properties"] for name, definition in definitions.items() if name.endswith("_files")]
    shared: dict[str, Any] = {}
    for properties in formats:
        for key, schema in properties.items():
            if sum(other.get(key) == schema for other in formats) > 1:
                shared.setdefault(key, schema)
    for properties in formats:
        for key, schema in properties.items():
            if schema == shared.get(key):
                properties[key] = {"$ref": f"#/$defs/{key}"}
    definitions |= shared


def _for_editors(node: Any, has_names: bool = False) -> Any:
    """Drop entries of a schema; the keys of some mappings in it are names of params, which all stay."""
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node.replace("\n", " ") if isinstance(node, str) else node  # the lines of a docstring
    kept = {}
    for key, value in node.items():
        if not has_names and key in _DROPPED:
            continue
        # Without the key that decides, as in a preset, several alternatives may apply.
        name = "anyOf" if key == "oneOf" else key
        kept[name] = _for_editors(value, key in ("properties", "$defs") and not has_names)
    return kept
