"""Fuzzing: many damaged inputs, each of which must end with a result or with one message."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from helpers.damage import damage

from tagline.core.errors import UserError

Damage = Callable[[Random], str]
"""Damages something and describes how."""


def fuzz(harm: Damage, read: Callable[[], object], config: pytest.Config, cases: int) -> None:
    """Damage and read with one seed after another, the same ones on every host; fail with all seeds that went wrong.

    Args:
        harm: see `Damage`; it begins with what was there before the first damage.
        read: reads what is damaged.
        config: has the options ``--fuzz-times`` and ``--fuzz-seed``.
        cases: the number of seeds, to be multiplied by ``--fuzz-times``.
    """
    first = int(config.getoption("--fuzz-seed"))
    seeds = range(first, first + cases * int(config.getoption("--fuzz-times")))
    told = {seed: (harm(Random(seed)), _failure(read)) for seed in seeds}
    failures = [f"--fuzz-seed {seed}: {damaged}{failure}" for seed, (damaged, failure) in told.items() if failure]
    assert not failures, f"{len(failures)} of {len(seeds)} cases:\n" + "\n".join(failures)


def of_file(path: Path) -> Damage:
    """Damage to a file."""
    content = path.read_bytes()

    def harm(random: Random) -> str:
        if path.is_dir():
            path.rmdir()
        path.write_bytes(content)
        return damage(path, random)

    return harm


def _failure(read: Callable[[], object]) -> str:
    """Read, and return what is wrong with the outcome; an empty text if nothing is."""
    try:
        read()
    except UserError as error:
        return "" if str(error).strip() else ": an error without a message"
    except OSError as error:
        return "" if error.filename is not None else f"\n{traceback.format_exc(limit=-4)}"
    except BaseException:
        return f"\n{traceback.format_exc(limit=-4)}"
    return ""
