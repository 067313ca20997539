"""Write params.yaml from a preset: presets/sample.yaml with the changes of presets/NAME.yaml, complete and checked.

Without a name, lists the presets. Changes in params.yaml that are neither committed nor those of a preset are not
overwritten, unless --force is given.

    python stages/preset.py [--force] [NAME]

In a pipeline folder (docs/pipelines.md), `python ../stages/preset.py` writes the params of that pipeline.
"""

from __future__ import annotations

import argparse

from tagline.core.errors import exit_with_message
from tagline.core.params import PARAMS
from tagline.settings import presets
from tagline.settings.checks import params_faults


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        usage="%(prog)s [-h] [--force] [NAME]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="preset to use; without it, the presets are listed")
    parser.add_argument("--force", action="store_true", help="overwrite params.yaml even if it has uncommitted changes")
    arguments = parser.parse_args()
    names = presets.names()
    if arguments.name is None:
        print_list(names)
        return
    if arguments.name not in names:
        parser.error(f"there is no preset {arguments.name!r}; choose from {', '.join(names)}")
    presets.write(arguments.name, params_faults, arguments.force)
    print(f"{PARAMS} now has the settings of {(presets.folder() / arguments.name).as_posix()}.yaml")


def print_list(names: list[str]) -> None:
    """Print each preset with the first line of its description."""
    width = max(map(len, names))
    for name in names:
        description = presets.read(name).description
        print(f"{name:{width}}  {description[0].text.lstrip('# ') if description else ''}".rstrip())


if __name__ == "__main__":
    exit_with_message(main)
