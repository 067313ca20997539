"""Check all of params.yaml before any stage starts: a typo in the last section must not cost a training run.

Reads params.yaml, and looks for the folder of the data; in a pipeline folder also dvc.yaml, which must be up to date
with the root's. Writes nothing. If a stage pushes to the Hugging Face Hub, also checks that the push is allowed.
`make repro` runs it before `dvc repro`; without a push it takes well under a second.

    python stages/check.py
    python stages/check.py --audit    also check audit/dvc.yaml and audit/params.yaml
    python stages/check.py --upgrade [OLD..NEW]    after a merge of a newer Tagline: which stages must run again, see
                                                   docs/upgrade.md; runs and changes nothing
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
from tagline.tools.settings import audit_pipeline, pipelines, upgrade
from tagline.tools.settings.checks import params_errors
from tagline.training.train_params import Train


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audit", action="store_true", help="also check audit/dvc.yaml and audit/params.yaml")
    parser.add_argument("--upgrade", metavar="OLD..NEW", nargs="?", const="", help="what a newer version must run")
    arguments = parser.parse_args()
    if arguments.upgrade is not None:
        print_upgrade(arguments.upgrade or None)
        return
    pipelines.check_this_folder()
    content = read_file()
    errors = params_errors(content)
    if errors:
        raise UserError(list_errors(errors))
    check_data_folder(content)
    if arguments.audit:
        audit_pipeline.check()
        read_section("audit", Audit, AUDIT_PARAMS)
    check_pushes(
        {"train.hub": validated(content, "train", Train).hub, "export.hub": validated(content, "export", Export).hub}
    )


def print_upgrade(versions: str | None) -> None:
    """Print which stages a newer version of the code must run again, and how to keep the outputs of the others."""
    verdicts = upgrade.verdicts(versions)
    width = max((len(verdict.stage) for verdict in verdicts), default=0)
    for stage, reason in verdicts:
        print(f"{stage:{width}}  {f'must run: {reason}' if reason else 'valid: the new code writes the same'}")
    valid = [verdict.stage for verdict in verdicts if not verdict.reason]
    if not verdicts:
        print("no stage is out of date")
    elif valid:
        print(f"`dvc commit -f {' '.join(valid)}` keeps what is valid, then `dvc repro` runs the rest")


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
