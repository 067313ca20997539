"""The command line: parsers, names of programs, and extras."""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from tagline.terminal.errors import UserError
from tagline.terminal.escaping import QUOTED, safe_message
from tagline.terminal.printing import filled

# A shell sets it while it asks argcomplete for completions.
COMPLETING = "_ARGCOMPLETE"


def program_name() -> str:
    """What messages call the running stage or verb, such as train or predict."""
    return Path(sys.argv[0]).stem.removeprefix("tagline ")


def show_warnings() -> None:
    """Print warnings in one line, as messages of the program."""
    warnings.formatwarning = lambda message, *_: safe_message(f"{program_name()}: {message}\n")


def install_command(extra: str) -> str:
    """The command that installs an extra, or none, in a clone or beside the installed package."""
    in_clone = (Path(__file__).parents[3] / "pyproject.toml").is_file()
    extras = f"[{extra}]" if extra else ""
    if in_clone:
        return f"pip install -e '.{extras}'"
    return f"pip install 'tagline{extras}'"


@contextmanager
def extra(name: str, user: str) -> Iterator[None]:
    """Import in the block what an extra of pyproject.toml installs.

    Args:
        user: what needs it, for the message.

    Raises:
        UserError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "tagline":  # a bug
            raise
        raise UserError(f"{user} needs {error.name}, which is not installed; run `{install_command(name)}`") from None


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose messages are safe to print, with long arguments shortened in the middle.

    Descriptions are filled to 80 columns. With argcomplete, a shell completes the options.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("prog", Path(sys.argv[0]).name)
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        options["description"] = filled(options.get("description") or "")
        super().__init__(allow_abbrev=False, **options)

    def parse_args(self, *arguments: Any, **options: Any) -> argparse.Namespace:  # type: ignore[override]
        if COMPLETING in os.environ:
            import argcomplete

            argcomplete.autocomplete(self)
        return super().parse_args(*arguments, **options)

    def add_json(self, keys: str) -> None:
        """Add the option --json, whose help has the keys of the object."""
        self.add_argument("--json", action="store_true", help=f"print an object of JSON: {keys}")

    def error(self, message: str) -> NoReturn:
        message = safe_message(message)
        if len(message) > 2 * QUOTED:
            message = f"{message[:QUOTED]}...{message[-QUOTED:]}"
        super().error(message)


def take_no_arguments(description: str | None) -> None:
    """Print a docstring for ``--help``, and exit with status 2 on any other argument."""
    ArgumentParser(description=description).parse_args()
