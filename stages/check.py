"""Check all of params.yaml before any stage starts: a typo in the last section must not cost a training run.

Reads params.yaml. Writes nothing. Where a stage shall push to the Hugging Face Hub, asks whether that will be let in.
`make repro` runs it before `dvc repro`; it takes well under a second.

    python stages/check.py
"""

from __future__ import annotations

from tagline.core.errors import UserError, exit_with_message, take_no_arguments
from tagline.core.params import PARAMS, Section, faults, line_of, read_file, read_section
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
    found = [
        f"{PARAMS}:{line_of(content, name, 0) + 1}: {name}: unknown section (allowed: {', '.join(SECTIONS)})"
        for name in content
        if name not in SECTIONS
    ]
    for name, schema in SECTIONS.items():
        found += faults(content, name, schema)
    if not found:
        found += task_faults(content["tokenize_align"]["task"], list(read_section("download", Download).dataset.layers))
    if found:
        raise UserError("\n  ".join([f"{PARAMS} has {len(found)} fault{'s' * (len(found) > 1)}:", *found]))
    check_pushes({"train.hub": read_section("train", Train).hub, "export.hub": read_section("export", Export).hub})


def check_pushes(pushes: dict[str, Push]) -> None:
    """Ask the Hub about those that are on."""
    asked = {section: params for section, params in pushes.items() if params.push}
    if asked:
        from tagline.hub.push import Target  # here, since the Hub's client takes longer to load than all of this script

        for section, params in asked.items():
            Target.of(section, params).check()


def task_faults(task: str, layers: list[str]) -> list[str]:
    """The one rule that spans two sections: the task is a tag layer of the data set."""
    if task in layers:
        return []
    return [f"{PARAMS}: tokenize_align.task: {task} is no tag layer of download.dataset ({', '.join(layers)})"]


if __name__ == "__main__":
    exit_with_message(main)
