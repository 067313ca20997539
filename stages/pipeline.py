"""Add another tagger to this repository: a folder with its own params, dvc.yaml, results and models.

The folder's dvc.yaml runs the same code and is derived from the root's. When that has changed, --update rewrites it in
all pipeline folders; their params stay. See docs/pipelines.md.

    python stages/pipeline.py NAME [-S section.key=value ...]
    python stages/pipeline.py NAME --teacher FOLDER -S train.layers=3    a smaller model that learns from that of a
                                                                         pipeline folder, or of the root (.)
    python stages/pipeline.py --update
    python stages/pipeline.py --audit    add the audit of the labels, audit/; see docs/audit.md
"""

from __future__ import annotations

from tagline.core.startup import prepare_process

if __name__ == "__main__":
    prepare_process()

import argparse

from tagline.core.errors import ArgumentParser, exit_with_message
from tagline.tools.settings import audit_pipeline, pipelines


def main() -> None:
    parser = ArgumentParser(
        description=__doc__,
        usage="%(prog)s [-h] (NAME [--teacher FOLDER] [-S KEY=VALUE ...] | --update | --audit)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_mutually_exclusive_group(required=True)
    actions.add_argument("name", metavar="NAME", nargs="?", help="folder to create, with the current params.yaml")
    actions.add_argument("--update", action="store_true", help="derive dvc.yaml of all pipeline folders again")
    actions.add_argument("--audit", action="store_true", help="create audit/, or bring its dvc.yaml up to date")
    parser.add_argument(
        "-S",
        "--set-param",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="value in the new params.yaml, for instance tokenize_align.task=pos",
    )
    parser.add_argument(
        "--teacher", metavar="FOLDER", help="pipeline folder, or . for the root, whose model the new one learns from"
    )
    arguments = parser.parse_args()
    if (arguments.set_param or arguments.teacher) and arguments.name is None:
        parser.error("-S and --teacher need NAME: they set params of a new folder")
    if arguments.update:
        print("\n".join(pipelines.update()) or "no dvc.yaml is out of date")
    elif arguments.audit:
        written = ", ".join(path.as_posix() for path in audit_pipeline.create())
        print(f"{written or 'nothing'} written: `dvc repro audit/dvc.yaml` runs the audit")
    else:
        pipelines.create(arguments.name, arguments.set_param, arguments.teacher)
        print(f"{arguments.name}/ is a new pipeline folder: `dvc repro -P` runs all pipelines, `git add` keeps it")


if __name__ == "__main__":
    exit_with_message(main)
