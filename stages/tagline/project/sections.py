"""The sections of params.yaml, and the errors of a whole file, also across sections."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from tagline.core.params import PARAMS, Section, line_of, list_errors, section_errors, validated
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


def check_params(
    content: CommentedMap, path: Path = PARAMS, source: Path | str = PARAMS, consequence: str = ""
) -> None:
    """Raise a `UserError` if a file of params has errors, with their consequence."""
    errors = params_errors(content, path)
    if errors:
        raise UserError(list_errors(errors, source, consequence))


def complete(content: CommentedMap) -> dict[str, Any]:
    """Return params without errors as plain values, with the defaults of missing keys."""
    return {name: validated(content, name, schema).model_dump(mode="json") for name, schema in SECTIONS.items()}


def enabled_pushes(content: CommentedMap) -> dict[str, Push]:
    """Return the pushes of params without errors, by section."""
    hubs = {
        "train.hub": validated(content, "train", Train).hub,
        "export.hub": validated(content, "export", Export).hub,
    }
    return {name: hub for name, hub in hubs.items() if hub.push}


def _errors_across_sections(content: CommentedMap) -> Iterator[str]:
    section = content["tokenize_align"]
    sources = sources_of(validated(content, "download", Download).dataset)
    tag_columns = shared_columns(sources)
    if section["tag_column"] not in tag_columns:
        every = " that is in all sources" if len(sources) > 1 else ""
        yield (
            f"{line_of(section, 'tag_column', 0) + 1}: tokenize_align.tag_column: download.dataset has no tag column "
            f"{section['tag_column']}{every} ({', '.join(tag_columns)})"
        )
