"""Checks of the whole params.yaml: the schema of each section, and rules across sections."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import UserError
from tagline.core.params import PARAMS, Section, line_of, section_errors, validated
from tagline.evaluation.evaluate_params import Evaluate
from tagline.export.export_params import Export
from tagline.model.heads import HEADS
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


def params_errors(content: CommentedMap, path: Path = PARAMS) -> list[str]:
    """List all errors in a file of params, each as ``file:line: key: what is wrong``."""
    errors = [
        f"{path}:{line_of(content, name, 0) + 1}: {name}: unknown section (allowed: {', '.join(SECTIONS)})"
        for name in content
        if name not in SECTIONS
    ]
    for name, schema in SECTIONS.items():
        errors += section_errors(content, name, schema, path)
    return errors or _task_errors(content, path) + _head_errors(content, path)


def check_data_folder(content: CommentedMap) -> None:
    """Raise a `UserError` if ``download.folder`` does not exist, which DVC finds only after it has removed outputs."""
    section = content["download"]
    folder = Path(section["folder"])
    # DVC restores a folder that it tracks by itself.
    if not folder.is_dir() and not folder.with_name(f"{folder.name}.dvc").is_file():
        raise UserError(
            f"{PARAMS}:{line_of(section, 'folder', 0) + 1}: download.folder: {folder} is not a folder; expected that "
            "of the data (data/none for a data set and an encoder of the Hub)"
        )


def _task_errors(content: CommentedMap, path: Path) -> list[str]:
    """Check that the task is a tag column of the data set."""
    section = content["tokenize_align"]
    task, tag_columns = section["task"], validated(content, "download", Download).dataset.tag_columns
    if task in tag_columns:
        return []
    line = line_of(section, "task", 0) + 1
    names = ", ".join(tag_columns)
    return [f"{path}:{line}: tokenize_align.task: download.dataset has no tag column {task} ({names})"]


def _head_errors(content: CommentedMap, path: Path) -> list[str]:
    """Check that a head that scores sequences of words is not trained on labels of all sub-words."""
    section = content["train"]
    head = section["head"]
    if not HEADS[head].scores_sequences or not content["tokenize_align"]["label_all_tokens"]:
        return []
    line = line_of(section, "head", 0) + 1
    return [f"{path}:{line}: train.head: {head} needs one label per word; set tokenize_align.label_all_tokens to false"]
