"""Write a complete, checked params.yaml: presets/sample.yaml with the changes of presets/NAME.yaml.

Without a name, lists the presets. Changes in params.yaml that are neither committed nor part of a preset are only
overwritten with --force.

    python stages/preset.py [--force] [NAME]
    python stages/preset.py --update    after a merge of a newer Tagline, see docs/upgrade.md

--update renames and adds keys of params.yaml, here and in pipeline folders, and derives their dvc.yaml again. In a
pipeline folder (docs/pipelines.md), `python ../stages/preset.py` writes the params of that pipeline.
"""

from __future__ import annotations

from tagline.core.startup import prepare_process

if __name__ == "__main__":
    prepare_process()

import argparse

from tagline.core.errors import ArgumentParser, exit_with_message
from tagline.core.params import PARAMS
from tagline.core.terminal import show
from tagline.tools.settings import presets, update


def main() -> None:
    parser = ArgumentParser(
        description=__doc__,
        usage="%(prog)s [-h] ([--force] [NAME] | --update)",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="preset to use; default: list the presets")
    parser.add_argument("--force", action="store_true", help="overwrite params.yaml even if it has uncommitted changes")
    parser.add_argument("--update", action="store_true", help="rename and add keys that this version has")
    arguments = parser.parse_args()
    if arguments.update:
        if arguments.name or arguments.force:
            parser.error("--update goes with neither NAME nor --force")
        show("\n".join(update.update()) or "nothing to update")
        return
    names = presets.names()
    if arguments.name is None:
        print_list(names)
        return
    if arguments.name not in names:
        parser.error(f"unknown preset {arguments.name!r}; expected one of {', '.join(names)}")
    presets.write(arguments.name, arguments.force)
    print(f"{PARAMS}: written from {presets.path_of(arguments.name).as_posix()}")


def print_list(names: list[str]) -> None:
    """Print each preset and the first line of its description."""
    width = max(map(len, names))
    for name in names:
        description = presets.read(name).description
        print(f"{name:{width}}  {description[0].lstrip('# ') if description else ''}".rstrip())


if __name__ == "__main__":
    exit_with_message(main)
