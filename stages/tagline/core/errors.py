"""How a program starts, prints and ends: errors of the input or the environment are one message, with exit status 1."""

import argparse
import errno
import os
import re
import signal
import sys
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import cleandoc
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import urlsplit

from tagline.core.signals import Interrupted, default_sigint, raise_on_signals

# A shell sets it while it asks argcomplete for completions.
COMPLETING = "_ARGCOMPLETE"
# Set to 1, it shows the traceback behind a message.
DEBUG = "TAGLINE_DEBUG"
# The environment variables that accelerate reads as yes or no, for example ACCELERATE_USE_CPU, and their values.
FLAGS = "ACCELERATE_USE_"
YES_OR_NO = ("y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0")
# Characters of a value that a message shows in a list of others, and of one that it quotes.
SHOWN = 60
QUOTED = 200
# Marks that a terminal draws over the preceding character.
_MARKS = ("Mn", "Me")
# User name, password or token of a URL: what stands between "://" and the last "@" before the path; or, of a malformed
# URL, a password with a slash; or a secret in the query, as storages put it into the URLs that they redirect to.
_CREDENTIALS = re.compile(
    r"(?<=://)(?:[^/?#\s]*|[^/?#\s:]*:(?!\d+[/?#])[^\s@]{0,1000}+)(?=@)"
    r"|(?<=[?&])(?P<key>[\w.-]*(?:auth|credential|key|password|secret|sig|signature|token))=[^&#\s'\"]+",
    re.IGNORECASE,
)

# How threads that wait for each other behave, by OpenMP runtime: GNU's (PyTorch on Linux) and LLVM's (macOS, conda).
# By default they spin for milliseconds, so that one other busy process on the host makes each small operation wait for
# a whole time slice: training on two cores took nine times as long. Here they spin for some microseconds (GNU's counts
# tries) and then sleep: waking a thread costs about a tenth of a training step, and that much spinning at most 4 % of
# one beside a busy process (benchmarks/busy.py of commit ededef3f).
_WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "300", "KMP_BLOCKTIME": "0"}


class UserError(Exception):
    """An error of the input or the environment.

    The message says where the error is (``file:line`` or the id of a row), what is wrong, what is expected and what to
    do. It is shown without a traceback; any other exception that leaves a stage is a bug.
    """


def printable(word: str) -> str:
    """Replace the invisible characters of a word by escape sequences."""
    return "".join(
        c.encode("unicode_escape").decode() if not c.isprintable() or (not index and is_mark(c)) else c
        for index, c in enumerate(word)
    )


def safe_message(text: str) -> str:
    r"""Escape control characters and mask the credentials in URLs; line breaks stay.

    ``https://ada:secret@host/x?token=abc`` becomes ``https://***@host/x?token=***``, a carriage return becomes ``\r``.
    """
    return "\n".join(printable(line) for line in _masked(text).split("\n"))


def show(text: str) -> None:
    """Print a text that may contain data: control characters are escaped, credentials in URLs masked."""
    write(f"{safe_message(text)}\n")


def write(text: str) -> None:
    """Write to standard output; a closed pipe, as behind `head`, is not an error."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        # Python flushes standard output again when it exits; /dev/null keeps that from failing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _masked(text: str) -> str:
    return _CREDENTIALS.sub(lambda match: f"{match['key']}=***" if match["key"] else "***", text)


def shortened(text: str, most: int = SHOWN) -> str:
    """The text, or its first characters and an ellipsis if it is longer than ``most``."""
    # Masked before: `safe_message` does not recognise credentials that are cut.
    return text if len(text) <= most else f"{_masked(text)[: most - 3]}..."


def quoted(value: object) -> str:
    """A value of the input as Python writes it, at most `QUOTED` characters of it."""
    return shortened(repr(value), QUOTED)


def is_mark(character: str) -> bool:
    """Whether a terminal draws a character over the preceding one."""
    return unicodedata.category(character) in _MARKS


def invalid_url(variable: str, url: str, example: str, reason: object = "") -> UserError:
    """The error of an environment variable that is not a URL.

    What stands before the last ``@`` is not shown: `safe_message` finds credentials in well-formed URLs only.
    """
    shown = shortened(safe_message(re.sub(r"^(\w+:/+)?.*@", r"\1***@", url, flags=re.DOTALL)))
    return UserError(
        f"environment variable {variable} is {shown}{reason and f' ({reason})'}; expected a URL such as {example}; "
        "correct it, or unset it"
    )


def program_name() -> str:
    """What messages call the running stage or verb, such as train or predict."""
    return Path(sys.argv[0]).stem.removeprefix("tagline ")


def install_command(extra: str) -> str:
    """The command that installs an extra of pyproject.toml, or none, in a clone or beside the installed package."""
    in_clone = (Path(__file__).parents[3] / "pyproject.toml").is_file()
    extras = f"[{extra}]" if extra else ""
    return f"pip install -e '.{extras}'" if in_clone else f"pip install 'tagline{extras}'"


@contextmanager
def extra(name: str, user: str) -> Iterator[None]:
    """Import in the block what an extra of pyproject.toml installs.

    Args:
        name: of the extra.
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


def require(path: Path, made_by: str) -> None:
    """Check that an upstream artifact exists and is not a device or pipe, which may have no end.

    Args:
        path: file or folder that this stage reads.
        made_by: the stage of dvc.yaml that writes it.

    Raises:
        UserError: it does not, or is one.
    """
    if not path.exists():
        raise UserError(f"{path} is missing: the stage {made_by} writes it, so run `dvc repro {made_by}` first")
    if not path.is_file() and not path.is_dir():
        raise UserError(f"{path}: not a file but a device or pipe; remove it, and run `dvc repro {made_by}`")


class ArgumentParser(argparse.ArgumentParser):
    """A parser of the running program, whose messages are safe to print, with long arguments shortened in the middle.

    Descriptions keep their lines. With argcomplete, a shell completes the options.
    """

    def __init__(self, **options: Any) -> None:
        own: dict[str, Any] = {"prog": Path(sys.argv[0]).name, "formatter_class": argparse.RawDescriptionHelpFormatter}
        options = own | options | {"description": cleandoc(options.get("description") or "")}
        super().__init__(allow_abbrev=False, **options)

    def parse_args(self, *arguments: Any, **options: Any) -> argparse.Namespace:  # type: ignore[override]
        if COMPLETING in os.environ:
            import argcomplete

            argcomplete.autocomplete(self)
        return super().parse_args(*arguments, **options)

    def error(self, message: str) -> NoReturn:
        message = safe_message(message)
        if len(message) > 2 * QUOTED:
            message = f"{message[:QUOTED]}...{message[-QUOTED:]}"
        super().error(message)


def take_no_arguments(description: str | None) -> None:
    """Print a docstring for ``--help``, and exit with status 2 on any other argument.

    Args:
        description: ``__doc__`` of the script or the tool.
    """
    ArgumentParser(description=description).parse_args()


def prepare_process() -> None:
    """Prepare this process: Ctrl-C ends it without a traceback; a missing library is one message.

    Waiting threads soon sleep, unless the user says otherwise. Exits with a message if an environment variable that
    libraries read at import is malformed.
    """
    default_sigint()
    sys.excepthook = _without_traceback
    try:
        urlsplit(endpoint := os.environ.get("HF_ENDPOINT", ""))
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
    """Run a script's ``main`` and exit with its status: 0 done, 1 error, 130 or 143 interrupted.

    Wrong usage exits with 2, by argparse. An uncaught `OSError` (full disk, missing permission) is an error of the
    environment and reported like a `UserError`. Control characters in a message are escaped, credentials in its URLs
    are masked.
    """
    try:
        with raise_on_signals():
            _check_flags()
            main()
    except (UserError, OSError) as error:
        if shows_tracebacks():
            print(safe_message(_full_traceback(error)), end="", file=sys.stderr)
        sys.exit(safe_message(f"{program_name()}: {_describe(error)}"))
    except KeyboardInterrupt as interrupt:
        interrupted = interrupt if isinstance(interrupt, Interrupted) else Interrupted(signal.SIGINT)
        # A terminal may show a progress bar in the current line.
        start = "\n" if sys.stderr.isatty() else ""
        print(f"{start}{program_name()}: {interrupted}", file=sys.stderr)
        # Not 0: DVC would take the stage for finished.
        sys.exit(interrupted.status)


def shows_tracebacks() -> bool:
    """Whether the user wants the traceback behind a message."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def _check_flags() -> None:
    for name, value in os.environ.items():
        if name.startswith(FLAGS) and value.lower() not in YES_OR_NO:
            raise UserError(f"environment variable {name} is {quoted(value)}; expected true or false; unset it")


def _describe(error: UserError | OSError) -> str:
    if isinstance(error, UserError):
        return str(error)
    file = str(error.filename or "")
    if error.errno == errno.ENAMETOOLONG:
        file = shortened(file, QUOTED)
    return (f"{file}: " if file else "") + (error.strerror or str(error))


def _full_traceback(error: BaseException) -> str:
    """The traceback with the exceptions that `raise ... from None` hides."""
    link: BaseException | None = error
    while link is not None:
        link.__suppress_context__ = False
        link = link.__cause__ or link.__context__
    return "".join(traceback.format_exception(error))
