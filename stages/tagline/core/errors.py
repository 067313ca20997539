"""Faults: what a user, a file or a host got wrong, told in one message with exit status 1."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tagline.core.signals import Interrupted, raise_on_signals


class UserError(Exception):
    """A fault of the input or the environment.

    The message says what is wrong, where (``file:line`` or a row's id), and what would be right. A stage never
    shows a traceback for one: whatever else escapes from a stage is a bug of ours.
    """


def require(path: Path, made_by: str) -> None:
    """Raise a `UserError` when an upstream artifact is not there.

    Args:
        path: file or folder that this stage reads.
        made_by: the stage of dvc.yaml that writes it.
    """
    if not path.exists():
        raise UserError(f"{path} is missing: the stage {made_by} writes it, so run `dvc repro {made_by}` first")


def take_no_arguments(description: str | None) -> None:
    """Answer ``--help`` by the script's docstring, and end with status 2 on any other argument.

    Args:
        description: the script's ``__doc__``.
    """
    form = argparse.RawDescriptionHelpFormatter
    argparse.ArgumentParser(description=description, formatter_class=form).parse_args()


def exit_with_message(main: Callable[[], None]) -> None:
    """Run a script's ``main`` and end the process: 0 done, 1 a fault, 130 or 143 interrupted; argparse ends with 2.

    An `OSError` that nothing caught (disk full, no permission) is the environment's fault, so it is told like one.
    """
    name = Path(sys.argv[0]).stem
    try:
        with raise_on_signals():
            main()
    except UserError as fault:
        sys.exit(f"{name}: {fault}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"{name}: {where}{error.strerror or error}")
    except KeyboardInterrupt as stop:
        told = stop if isinstance(stop, Interrupted) else Interrupted(signal.SIGINT)
        # Not 0: DVC would take the half-done stage for a finished one.
        # On a terminal a progress bar may stand in the line.
        start = "\n" if sys.stderr.isatty() else ""
        print(f"{start}{name}: {told}", file=sys.stderr)
        sys.exit(told.status)
