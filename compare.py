"""Two revisions side by side: each score, whether its difference is noise, and what was fixed and broken.

    python compare.py                    the last commit against the workspace
    python compare.py OLD                a revision against the workspace
    python compare.py OLD NEW            two revisions
    python compare.py OLD,OLD NEW,NEW    several runs of each, for instance one a seed

A revision is a commit, branch, tag or DVC experiment, or `workspace`: the files as they are. Predictions and metrics of
a revision are read from Git and from DVC's cache or remote; the workspace is never touched. A side of several runs is
their mean; its spread is shown.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

try:
    from tagline.comparison.record import record
    from tagline.comparison.rendering import render
    from tagline.comparison.revisions import WORKSPACE, read
    from tagline.comparison.runs import SPLITS
    from tagline.comparison.splits import Comparison, compare
    from tagline.comparison.styles import Markdown, Terminal
    from tagline.core.errors import UserError, exit_with_message
except ModuleNotFoundError as error:
    sys.exit(
        f"compare: the package {error.name} is not installed: `make repro` or `make test` set up .venv, "
        "and `source .venv/bin/activate` makes it the environment of this terminal"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    splits = SPLITS if options.split is None else (options.split,)
    old, new = ([read(name, splits, options.pipeline) for name in side] for side in (options.old, options.new))
    comparison = compare(old, new, splits)
    if options.json:
        text = json.dumps(record(comparison), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        text = render(comparison, Markdown() if options.md else Terminal(), None if options.all else options.examples)
    show(text)
    if options.fail_below is not None:
        gate(comparison, options.fail_below, options.allow_insignificant)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form, usage="%(prog)s [OLD [NEW]] [options]")
    parser.add_argument("old", nargs="?", type=revisions, default="HEAD", help="revisions, joined by commas (HEAD)")
    parser.add_argument("new", nargs="?", type=revisions, default=WORKSPACE, help=f"likewise ({WORKSPACE})")
    parser.add_argument("--split", choices=SPLITS, help="only this split (both)")
    parser.add_argument(
        "--pipeline",
        type=Path,
        metavar="FOLDER",
        help="folder of the pipeline (default: the nearest one with a dvc.yaml, from the current folder upwards)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--md", action="store_true", help="Markdown, for a pull request")
    how.add_argument("--json", action="store_true", help="JSON with every change, for machines")
    parser.add_argument(
        "--examples", type=natural, default=5, metavar="N", help="changes shown of each split and direction (5)"
    )
    parser.add_argument("--all", action="store_true", help="show all changes")
    parser.add_argument(
        "--fail-below",
        type=number,
        metavar="X",
        help="exit with 1 when F1 of test (or of --split) minus the old one is below X, for instance -0.01",
    )
    parser.add_argument(
        "--allow-insignificant", action="store_true", help="with --fail-below: a difference that is noise passes"
    )
    options = parser.parse_args(arguments)
    if options.allow_insignificant and options.fail_below is None:
        parser.error("--allow-insignificant says what --fail-below lets pass: expected both")
    return options


def revisions(text: str) -> list[str]:
    names = text.split(",")
    if not all(names):
        raise argparse.ArgumentTypeError(f"expected revisions joined by commas, got {text!r}")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"a revision stands twice in {text!r}: its seed would count twice")
    return names


def natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number of 0 or more, got {text!r}")
    return int(text)


def number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number such as -0.01, got {text!r}")
    return value


def gate(comparison: Comparison, least: float, allow_insignificant: bool) -> None:
    """Raise a `UserError` when the new side's F1 falls short.

    Args:
        comparison: what was found.
        least: the smallest difference of F1 that passes.
        noise_passes: let a difference pass that is noise, however large.
    """
    each = comparison.headline
    if each.difference >= least or (allow_insignificant and each.verdict == "not significant"):
        return
    raise UserError(
        f"F1 of {comparison.splits[-1].split} went from {fmean(each.old):.3f} to {fmean(each.new):.3f}: "
        f"{each.difference:+.3f} ({each.verdict}) is below --fail-below {least:+g}"
    )


def show(text: str) -> None:
    """Print, and be content when the reader, `head` for instance, has seen enough."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at the end; give it a place where that can't fail. The gate still has its say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    exit_with_message(main)
