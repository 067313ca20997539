"""Fuzzing: many damaged inputs in child processes, each of which must end with a result or with one message."""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tagline.core.errors import UserError

# Address space that a case may need beyond what the process has: a size from a damaged file must not be allocated.
MEMORY = 3 * 2**30
# Seconds that one case may take on a busy host.
LIMIT = 60

Case = Callable[[Random], Callable[[], object]]
"""Damages something, and returns what then reads it; the description of the damage is its ``__doc__``."""


def fuzz(case: Case, config: pytest.Config, cases: int) -> None:
    """Run a case with one seed after another, the same ones on every host; fail with all seeds that went wrong.

    Args:
        case: see `Case`.
        config: has the options ``--fuzz-times`` and ``--fuzz-seed``.
        cases: the number of seeds, to be multiplied by ``--fuzz-times``.
    """
    if sys.platform != "linux":
        pytest.skip("limits the memory of child processes as Linux does")
    first = seed = int(config.getoption("--fuzz-seed"))
    end = first + cases * int(config.getoption("--fuzz-times"))
    failures: list[str] = []
    while len(failures) < 20 and seed < end:
        seed, failure = _in_child(case, seed, end)
        if failure:
            failures.append(failure)
    assert not failures, f"{len(failures)} of {seed - first} cases:\n" + "\n".join(failures)


def _in_child(case: Case, seed: int, end: int) -> tuple[int, str]:
    """Run cases in a child process until one fails; return the next seed and what went wrong, if anything."""
    deadline = False
    with tempfile.TemporaryFile("w+") as log:
        log.write(f"{seed}\n")
        log.flush()
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if not child:
            _child(case, seed, end, log.fileno())
        last, size = time.monotonic(), 0
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.02)
            now = os.fstat(log.fileno()).st_size
            if now != size:
                last, size = time.monotonic(), now
            elif time.monotonic() - last > LIMIT and not deadline:
                deadline = True
                os.kill(child, signal.SIGKILL)
        log.seek(0)
        lines = log.read().splitlines()
    seeds = [int(line) for line in lines if line.isdecimal()]
    if lines[-1] == "end":
        return seeds[-1], ""
    text = "\n".join(line for line in lines[lines.index(str(seeds[-1])) + 1 :])
    if lines[-1] != "failed":
        text += "\n  no answer in time" if deadline else "\n  the process was killed by a signal"
    return seeds[-1] + 1, f"--fuzz-seed {seeds[-1]}: {text}"


def _child(case: Case, seed: int, end: int, log: int) -> None:
    """Run cases and log each seed before it and the outcome after it; never returns."""
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        faulthandler.disable()
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        while seed < end:
            os.write(log, f"{seed}\n".encode())
            with tempfile.TemporaryFile("w+") as output:
                failure = _outcome(case, seed, log, output.fileno())
            if failure:
                os.write(log, f"  {failure}\nfailed\n".encode(errors="backslashreplace"))
                os._exit(0)
            seed += 1
        os.write(log, f"{seed}\nend\n".encode())
    except BaseException:
        os.write(log, f"{traceback.format_exc()}\nfailed\n".encode(errors="backslashreplace"))
    finally:
        os._exit(0)


def _outcome(case: Case, seed: int, log: int, output: int) -> str:
    """What is wrong with the outcome of a case; an empty text if nothing is."""
    run = case(Random(seed))
    os.write(log, f"{run.__doc__ or ''}\n".replace("\n", " ").encode(errors="backslashreplace") + b"\n")
    saved = os.dup(2)
    os.dup2(output, 2)
    try:
        run()
    except UserError as error:
        if not str(error).strip():
            return "an error without a message"
    except SystemExit as error:
        if error.code and not isinstance(error.code, str):
            return f"exit status {error.code!r} without a message"
    except OSError as error:
        if error.filename is None:
            return traceback.format_exc(limit=-4)
    except BaseException:
        return traceback.format_exc(limit=-4)
    finally:
        os.dup2(saved, 2)
        os.close(saved)
    size = os.fstat(output).st_size
    printed = os.pread(output, 1000, 0).decode(errors="replace") if size else ""
    return f"also printed: {printed!r}" if printed.strip() else ""
