"""How a program starts and ends: a user's error is one message, with exit status 1."""

import errno
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from urllib.parse import urlsplit

from tagline.terminal.command_line import program_name
from tagline.terminal.errors import NotReachedError, UserError, invalid_url
from tagline.terminal.escaping import QUOTED, quoted, safe_message, shortened
from tagline.terminal.signals import Interrupted, default_sigint, raise_on_signals

# Set to 1, it shows the traceback behind a message.
DEBUG = "TAGLINE_DEBUG"
# Exit status if a score is below the one that the user asked for.
NOT_REACHED = 3
# The environment variables that accelerate reads as yes or no, for example ACCELERATE_USE_CPU, and their values.
FLAGS = "ACCELERATE_USE_"
YES_OR_NO = ("y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0")
# How threads that wait for each other behave, by OpenMP runtime: GNU's (PyTorch on Linux) and LLVM's (macOS, conda).
# By default they spin for milliseconds, so that one other busy process on the host makes each small operation wait for
# a whole time slice: training on two cores took nine times as long. Here they spin for some microseconds (GNU's counts
# tries) and then sleep: waking a thread costs about a tenth of a training step, and that much spinning at most 4 % of
# one beside a busy process (benchmarks/busy.py of commit ededef3f).
_WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "300", "KMP_BLOCKTIME": "0"}


def prepare_process() -> None:
    """Prepare this process: Ctrl-C ends it without a traceback; a missing library is one message.

    Waiting threads soon sleep, unless the user says otherwise. Exits with a message if an environment variable that
    libraries read at import is malformed.
    """
    default_sigint()
    sys.excepthook = _without_traceback
    endpoint = os.environ.get("HF_ENDPOINT", "")
    try:
        urlsplit(endpoint)
    except ValueError as error:  # huggingface_hub parses it when it is imported
        sys.exit(f"{program_name()}: {invalid_url('HF_ENDPOINT', endpoint, 'https://huggingface.co', error)}")
    for name in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):  # likewise
        if not os.environ.get(name, "1").strip().isdecimal():
            sys.exit(f"{program_name()}: environment variable {name} is {os.environ[name]!r}; expected seconds")
    if "OMP_WAIT_POLICY" not in os.environ:  # each of the others would overrule it
        for name, value in _WAITING.items():
            os.environ.setdefault(name, value)


def _without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    library = str(error.name) if isinstance(error, ModuleNotFoundError) else "tagline"
    if library.startswith("tagline") or shows_tracebacks():
        sys.__excepthook__(kind, error, trace)
        return
    print(
        f"{program_name()}: the package {library} is not installed; `make install` sets up .venv with the extra "
        "pipeline, `source .venv/bin/activate` activates it",
        file=sys.stderr,
    )


def exit_with_message(main: Callable[[], None]) -> None:
    """Run a script's ``main`` and exit with its status: 0 done, 1 error, 3 not reached, 130 or 143 interrupted.

    Wrong usage exits with 2, by argparse. An uncaught `OSError` (full disk, missing permission) is reported like a
    `UserError`. Messages are escaped and credentials in their URLs masked.
    """
    logging.setLogRecordFactory(_SafeRecord)
    try:
        with raise_on_signals():
            _check_flags()
            main()
    except (UserError, OSError) as error:
        if shows_tracebacks():
            print(safe_message(_full_traceback(error)), end="", file=sys.stderr)
        message = safe_message(f"{program_name()}: {_describe(error)}")
        if isinstance(error, NotReachedError):
            print(message, file=sys.stderr)
            sys.exit(NOT_REACHED)
        sys.exit(message)
    except KeyboardInterrupt as interrupt:
        interrupted = interrupt if isinstance(interrupt, Interrupted) else Interrupted(signal.SIGINT)
        # A terminal may show a progress bar in the current line.
        start = "\n" if sys.stderr.isatty() else ""
        print(f"{start}{program_name()}: {interrupted}", file=sys.stderr)
        # Not 0: DVC would take the stage for finished.
        sys.exit(interrupted.status)


class _SafeRecord(logging.LogRecord):
    """A log record of a library, which may quote a model's configuration or tensor names."""

    def getMessage(self) -> str:  # noqa: N802 (of the base class)
        return safe_message(super().getMessage())


def shows_tracebacks() -> bool:
    return os.environ.get(DEBUG, "") not in ("", "0")


def _check_flags() -> None:
    for name, value in os.environ.items():
        if name.startswith(FLAGS) and value.lower() not in YES_OR_NO:
            raise UserError(f"environment variable {name} is {quoted(value)}; expected true or false; unset it")


def _describe(error: UserError | OSError) -> str:
    if isinstance(error, UserError):
        return str(error)
    problem = error.strerror or str(error)
    if not error.filename:
        return problem
    file = str(error.filename)
    if error.errno == errno.ENAMETOOLONG:
        file = shortened(file, QUOTED)
    return f"{file}: {problem}"


def _full_traceback(error: BaseException) -> str:
    """The traceback with the exceptions that `raise ... from None` hides."""
    link: BaseException | None = error
    while link is not None:
        link.__suppress_context__ = False
        link = link.__cause__ or link.__context__
    return "".join(traceback.format_exception(error))
