"""Checks before any stage starts."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from tagline.core.params import PARAMS, line_of, read_file, validated
from tagline.core.reading import git
from tagline.crossval.crossval_params import read_crossval, refuse_earlier_models
from tagline.project import crossval_pipeline, presets
from tagline.project.descriptions import text_of_sections
from tagline.project.sections import check_params, complete, enabled_pushes
from tagline.terminal import BY_DVC, UserError
from tagline.training.train_params import Train

# The folders that stages read and none of them writes.
_FOLDERS = {
    "download": "the data (data/none for a data set and an encoder of the Hub)",
    "train": "the models to start from and to learn from (data/none if there are none)",
}


def check() -> tuple[dict[str, Any], list[str]]:
    """Check params.yaml, the folders that it names, and the pushes of the stage that DVC runs.

    Returns:
        `complete` params, and notes on them, which a run says once.

    Raises:
        UserError: lists all errors of params.yaml, or says what else is wrong.
    """
    stage = os.environ.get(BY_DVC, "").rpartition(":")[2]
    content = read_file()
    check_params(content)
    check_folders(content)
    notes: list[str] = []
    if stage in ("", "download"):
        notes = [*untracked_folders(content), *card_of_the_sample(content)]
    train = validated(content, "train", Train)
    if stage in ("", "crossval") and crossval_pipeline.DVC_YAML.is_file():
        crossval_pipeline.check()
        refuse_earlier_models(train.models)
        read_crossval()
    pushes = enabled_pushes(content)
    if pushes and stage in ("", "train", "export"):
        from tagline.hub.push import Target  # here, since the Hub's client takes longer to load than all of this module

        for section, params in pushes.items():
            Target.of(section, params).check()
    return complete(content), notes


def all_params() -> str:
    """Return params.yaml with every key, the value that applies, and its description, or raise as `check`."""
    content = read_file()
    check_params(content)
    return text_of_sections(complete(content), is_whole=True)


def check_folders(content: CommentedMap) -> None:
    """Raise a `UserError` if a folder to read does not exist; DVC would find that after it has removed outputs."""
    for name, expected in _FOLDERS.items():
        folder = Path(content[name]["folder"])
        is_tracked = folder.with_name(f"{folder.name}.dvc").is_file()  # which DVC restores by itself
        if not (folder.is_dir() or is_tracked):
            raise UserError(f"{_where(content, name)}: {folder} is not a folder; expected that of {expected}")


def untracked_folders(content: CommentedMap) -> Iterator[str]:
    """Yield a note on each folder to read with files that neither Git nor DVC tracks; Git ignores DVC's."""
    for name in _FOLDERS:
        listed = git("ls-files", "-z", "--others", "--exclude-standard", "--directory", "--", content[name]["folder"])
        if listed:
            first, _, _ = os.fsdecode(listed).partition("\0")
            yield (
                f"{_where(content, name)}: {first} is tracked by neither Git nor DVC; expected one of them, since "
                "`dvc exp run --temp` and clones lack it; run `dvc add` or `git add`"
            )


def card_of_the_sample(content: CommentedMap) -> Iterator[str]:
    """Yield a note if the model card has the sample's licence, and the data are others."""
    path = presets.path_of(presets.BASE)
    sample = presets.base() if path.is_file() else content
    has_other_data = content["download"]["dataset"] != sample["download"]["dataset"]
    if has_other_data and content["export"].get("card") == sample["export"]["card"]:
        line = line_of(content["export"], "card", 0) + 1
        yield (
            f"{PARAMS}:{line}: export.card: language and licences are those of {path}; expected those of your data; "
            "write them, or leave them empty"
        )


def _where(content: CommentedMap, name: str) -> str:
    return f"{PARAMS}:{line_of(content[name], 'folder', 0) + 1}: {name}.folder"
