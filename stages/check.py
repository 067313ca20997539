"""Check all of params.yaml before any stage starts: a typo in the last section must not cost a training run.

Reads params.yaml. Writes nothing. If a stage pushes to the Hugging Face Hub, also checks that the push is allowed.
`make repro` runs it before `dvc repro`; without a push it takes well under a second.

    python stages/check.py
"""

from __future__ import annotations

from collections.abc import Collection

from tagline.core.errors import UserError, exit_with_message, take_no_arguments
from tagline.core.params import PARAMS, Section, line_of, list_errors, read_file, read_section, section_errors
from tagline.export.params import Export
from tagline.hub.params import Push
from tagline.metrics.params import Evaluate
from tagline.sources.params import Download
from tagline.tokenization.params import TokenizeAlign
from tagline.training.params import Train

SECTIONS: dict[str, type[Section]] = {
    "download": Download,
    "tokenize_align": TokenizeAlign,
    "train": Train,
    "evaluate": Evaluate,
    "export": Export,
}


def main() -> None:
    take_no_arguments(__doc__)
    content = read_file()
    errors = [
        f"{PARAMS}:{line_of(content, name, 0) + 1}: {name}: unknown section (allowed: {', '.join(SECTIONS)})"
        for name in content
        if name not in SECTIONS
    ]
    for name, schema in SECTIONS.items():
        errors += section_errors(content, name, schema)
    if not errors:
        dataset = read_section("download", Download).dataset
        errors += task_errors(read_section("tokenize_align", TokenizeAlign).task, dataset.tag_columns)
    if errors:
        raise UserError(list_errors(errors))
    check_pushes({"train.hub": read_section("train", Train).hub, "export.hub": read_section("export", Export).hub})


def check_pushes(pushes: dict[str, Push]) -> None:
    """Ask the Hub whether the pushes that are enabled are allowed.

    Raises:
        UserError: one is not, or the Hub is unreachable.
    """
    enabled = {section: params for section, params in pushes.items() if params.push}
    if enabled:
        from tagline.hub.push import Target  # here, since the Hub's client takes longer to load than all of this script

        for section, params in enabled.items():
            Target.of(section, params).check()


def task_errors(task: str, tag_columns: Collection[str]) -> list[str]:
    """Check the only rule between two sections: the task is a tag column of the data set."""
    if task in tag_columns:
        return []
    return [f"{PARAMS}: tokenize_align.task: download.dataset has no tag column {task} ({', '.join(tag_columns)})"]


if __name__ == "__main__":
    exit_with_message(main)
