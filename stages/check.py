"""Check all of params.yaml before any stage starts: a typo in the last section must not cost a training run.

Reads params.yaml, and looks for the folder of the data; in a pipeline folder also dvc.yaml, which must be up to date
with the root's. Writes nothing. If a stage pushes to the Hugging Face Hub, also checks that the push is allowed.
`make repro` runs it before `dvc repro`; without a push it takes well under a second.

    python stages/check.py
    python stages/check.py --audit    also check audit/dvc.yaml and audit/params.yaml
"""

from __future__ import annotations

from tagline.core.startup import prepare_process

if __name__ == "__main__":
    prepare_process()

import argparse
import os
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from tagline.core.errors import ArgumentParser, UserError, exit_with_message
from tagline.core.params import PARAMS, line_of, list_errors, read_file, read_section, validated
from tagline.core.signals import BY_DVC
from tagline.export.export_params import Export
from tagline.hub.hub_params import Push
from tagline.tools.audit.audit_params import AUDIT_PARAMS, Audit
from tagline.tools.settings import audit_pipeline, pipelines
from tagline.tools.settings.checks import params_errors
from tagline.training.train_params import Train


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audit", action="store_true", help="also check audit/dvc.yaml and audit/params.yaml")
    audit = parser.parse_args().audit
    pipelines.check_this_folder()
    content = read_file()
    errors = params_errors(content)
    if errors:
        raise UserError(list_errors(errors))
    check_data_folder(content)
    if audit:
        audit_pipeline.check()
        read_section("audit", Audit, AUDIT_PARAMS)
    check_pushes(
        {"train.hub": validated(content, "train", Train).hub, "export.hub": validated(content, "export", Export).hub}
    )


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


def check_pushes(pushes: dict[str, Push]) -> None:
    """Ask the Hub whether the pushes that are enabled are allowed; in a stage of DVC, only before train and export.

    Raises:
        UserError: one is not, or the Hub is unreachable.
    """
    enabled = {section: params for section, params in pushes.items() if params.push}
    if enabled and os.environ.get(BY_DVC, "train").rpartition(":")[2] in ("train", "export"):
        from tagline.hub.push import Target  # here, since the Hub's client takes longer to load than all of this script

        for section, params in enabled.items():
            Target.of(section, params).check()


if __name__ == "__main__":
    exit_with_message(main)
