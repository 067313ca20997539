"""Check all of params.yaml before any stage starts: a typo in the last section must not cost a training run.

Reads params.yaml, and looks for the folder of the data; in a pipeline folder also dvc.yaml, which must be up to date
with the root's. Writes nothing. If a stage pushes to the Hugging Face Hub, also checks that the push is allowed (in DVC
only before train and export). `make repro` runs it before `dvc repro`; without a push it takes well under a second.

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

from tagline.core.errors import ArgumentParser, UserError, exit_with_message
from tagline.core.params import list_errors, read_file
from tagline.core.signals import BY_DVC
from tagline.core.terminal import show
from tagline.tools.audit.audit_params import read_audit
from tagline.tools.settings import audit_pipeline, pipelines, upgrade
from tagline.tools.settings.checks import check_folders, enabled_pushes, params_errors, untracked_folders


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audit", action="store_true", help="also check audit/dvc.yaml and audit/params.yaml")
    parser.add_argument("--upgrade", metavar="OLD..NEW", nargs="?", const="", help="what a newer version must run")
    arguments = parser.parse_args()
    if arguments.upgrade is not None:
        show(upgrade.summary(arguments.upgrade or None))
        return
    pipelines.check_this_folder()
    content = read_file()
    if errors := params_errors(content):
        raise UserError(list_errors(errors))
    check_folders(content)
    stage = os.environ.get(BY_DVC, "").rpartition(":")[2]
    for note in untracked_folders(content) if stage in ("", "download") else ():
        show(note)
    if arguments.audit:
        audit_pipeline.check()
        read_audit()
    pushes = enabled_pushes(content)
    pipelines.check_pushes(pushes)
    if pushes and stage in ("", "train", "export"):
        from tagline.hub.push import Target  # here, since the Hub's client takes longer to load than all of this script

        for section, params in pushes.items():
            Target.of(section, params).check()


if __name__ == "__main__":
    exit_with_message(main)
