"""Checks before any stage starts: a typo in the last section of params.yaml must not cost a training run."""

from __future__ import annotations

import os
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from tagline.audit.audit_params import AUDIT_PARAMS, Audit
from tagline.core.errors import UserError
from tagline.core.params import PARAMS, line_of, list_errors, read_file, read_section, validated
from tagline.core.signals import BY_DVC
from tagline.export.export_params import Export
from tagline.hub.hub_params import Push
from tagline.tools.settings import audit_pipeline, pipelines
from tagline.tools.settings.sections import params_errors
from tagline.training.train_params import Train

# The folders that stages read and none of them writes.
_FOLDERS = {
    "download": "the data (data/none for a data set and an encoder of the Hub)",
    "train": "the models to start from and to learn from (data/none if there are none)",
}


def check() -> None:
    """Check params.yaml, the folders that it names, derived pipelines, and the pushes of the stage that DVC runs.

    Raises:
        UserError: lists all errors of params.yaml, or says what else is wrong.
    """
    stage = os.environ.get(BY_DVC, "").rpartition(":")[2].partition("@")[0]
    pipelines.check_this_folder()
    content = read_file()
    if errors := params_errors(content):
        raise UserError(list_errors(errors))
    check_folders(content)
    if stage in audit_pipeline.STAGES or (not stage and audit_pipeline.DVC_YAML.is_file()):
        audit_pipeline.check()
        read_section("audit", Audit, AUDIT_PARAMS)
    if stage in ("", "train", "export"):
        train, export = validated(content, "train", Train), validated(content, "export", Export)
        check_pushes({"train.hub": train.hub, "export.hub": export.hub})


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


def check_pushes(pushes: dict[str, Push]) -> None:
    """Ask the Hub whether the pushes that are enabled are allowed.

    Raises:
        UserError: one is not, or the Hub is unreachable.
    """
    if enabled := {section: params for section, params in pushes.items() if params.push}:
        from tagline.hub.push import Target  # here, since the Hub's client takes longer to load than all of this script

        for section, params in enabled.items():
            Target.of(section, params).check()
