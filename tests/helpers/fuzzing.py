"""Fuzzing: many damaged inputs, each of which must end with a result or with one message."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from random import Random

import pytest

from tagline.core.errors import UserError

Case = Callable[[Random], Callable[[], object]]
"""Damages something, and returns what then reads it; the description of the damage is its ``__doc__``."""


def fuzz(case: Case, config: pytest.Config, cases: int) -> None:
    """Run a case with one seed after another, the same ones on every host; fail with all seeds that went wrong.

    Args:
        case: see `Case`.
        config: has the options ``--fuzz-times`` and ``--fuzz-seed``.
        cases: the number of seeds, to be multiplied by ``--fuzz-times``.
    """
    first = int(config.getoption("--fuzz-seed"))
    seeds = range(first, first + cases * int(config.getoption("--fuzz-times")))
    failures = [f"--fuzz-seed {seed}: {failure}" for seed in seeds if (failure := _failure(case(Random(seed))))]
    assert not failures, f"{len(failures)} of {len(seeds)} cases:\n" + "\n".join(failures)


def _failure(run: Callable[[], object]) -> str:
    """Run a case, and return what is wrong with its outcome; an empty text if nothing is."""
    try:
        run()
    except UserError as error:
        return "" if str(error).strip() else f"{run.__doc__}: an error without a message"
    except OSError as error:
        return "" if error.filename is not None else f"{run.__doc__}\n{traceback.format_exc(limit=-4)}"
    except BaseException:
        return f"{run.__doc__}\n{traceback.format_exc(limit=-4)}"
    return ""
