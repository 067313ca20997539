"""Compare two revisions: each score, whether its difference is significant, and the fixed and broken entities.

    tagline compare                    the last commit with the workspace
    tagline compare OLD                a revision with the workspace
    tagline compare OLD NEW            two revisions
    tagline compare OLD,OLD NEW,NEW    several runs per side, for instance one per seed

A revision is a commit, branch, tag or DVC experiment, or `workspace`, the current files. Metrics are read from Git,
predictions from DVC's cache or remote; without them, metrics alone are shown. The workspace is not touched. Scores of
several runs are shown as their mean.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from tagline.comparison import CROSSVAL, SPLITS, WORKSPACE
from tagline.core import FURTHER
from tagline.terminal import ArgumentParser, NotReachedError, UserError, write

if TYPE_CHECKING:
    from tagline.comparison.runs import Run
    from tagline.comparison.splits import Comparison


def main() -> None:
    options = parsed()
    # Here, since DVC takes seconds to import, for which wrong usage and --help need not wait.
    from tagline.comparison.record import comparison_record
    from tagline.comparison.rendering import Markdown, Terminal, render, render_metrics
    from tagline.comparison.revisions import read
    from tagline.comparison.runs import NoPredictionsError
    from tagline.comparison.splits import compare

    splits = SPLITS if options.split is None else (options.split,)

    def run_of(name: str) -> Run:
        try:
            return read(name, splits, options.pipeline)
        except NoPredictionsError as error:
            if options.json or options.fail_below is not None or not error.run.metrics:
                raise
            return error.run

    old = [run_of(name) for name in options.old]
    new = [run_of(name) for name in options.new]
    style = Markdown() if options.md else Terminal()
    if not all(run.splits for run in (*old, *new)):
        text = render_metrics(old, new, style, options.split)
    else:
        comparison = compare(old, new, splits)
        if options.json:
            record = comparison_record(comparison)
            text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        else:
            most = None if options.all else options.examples
            text = render(comparison, style, most, whole=options.all or options.md)
    write(text)
    if options.fail_below is not None:
        gate(comparison, options.fail_below, options.allow_insignificant)


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__, usage="%(prog)s [OLD [NEW]] [options]")
    add = parser.add_argument
    add(
        "old",
        nargs="?",
        type=revisions,
        default="HEAD",
        help="one or more revisions, separated by commas (default: %(default)s)",
    )
    add("new", nargs="?", type=revisions, default=WORKSPACE, help="likewise (default: %(default)s)")
    add(
        "--split",
        type=split_name,
        metavar="SPLIT",
        help=f"only validation, test or {FURTHER}NAME, a further test set (default: all); {CROSSVAL}: all sentences, "
        "as `dvc repro crossval/dvc.yaml` labelled them",
    )
    add(
        "--pipeline",
        type=Path,
        metavar="FOLDER",
        help="folder of the pipeline (default: the nearest one with a dvc.yaml, from the current folder upwards)",
    )
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument("--md", action="store_true", help="print Markdown, for a pull request")
    formats.add_argument("--json", action="store_true", help="print JSON, with all fixed and broken entities")
    add(
        "--examples",
        type=int,
        default=5,
        metavar="N",
        help="maximum number of kinds of changes; with --md also of fixed, and of broken, entities (default: 5)",
    )
    add("--all", action="store_true", help="show all scores, and all fixed and broken entities")
    add(
        "--fail-below",
        type=float,
        metavar="X",
        help="exit with status 3 if F1 of test, or of --split, changes by less than X, such as -0.01",
    )
    add(
        "--allow-insignificant",
        action="store_true",
        help="with --fail-below: fail only if the difference is significant",
    )
    options = parser.parse_args()
    error = wrong_combination(options)
    if error:
        parser.error(error)
    return options


def wrong_combination(options: argparse.Namespace) -> str | None:
    """Return what is wrong with numbers, or with an option that belongs to another one."""
    if options.examples < 0:
        return f"--examples {options.examples}: expected a number of 0 or more"
    if options.fail_below is not None and not math.isfinite(options.fail_below):
        return f"--fail-below {options.fail_below}: expected a number such as -0.01"
    if options.allow_insignificant and options.fail_below is None:
        return "--allow-insignificant needs --fail-below"
    return None


def revisions(text: str) -> list[str]:
    names = text.split(",")
    if not all(names):
        raise argparse.ArgumentTypeError(f"expected revisions separated by commas, got {text!r}")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"{text!r} has the same revision twice; expected different ones")
    return names


def split_name(text: str) -> str:
    if text in (*SPLITS, CROSSVAL) or text.startswith(FURTHER):
        return text
    raise argparse.ArgumentTypeError(f"expected validation, test, {FURTHER}NAME or {CROSSVAL}, got {text!r}")


def gate(comparison: Comparison, least: float, allow_insignificant: bool) -> None:
    """Raise a `NotReachedError` if the F1 of the new side is too low.

    Args:
        comparison: both sides.
        least: the smallest difference of F1 that passes.
        allow_insignificant: let any difference pass that is not significant.
    """
    from tagline.comparison.runs import left_out

    not_compared = left_out([*comparison.old, *comparison.new])
    if not_compared:
        raise UserError(f"--fail-below: {'; '.join(not_compared)}; expected the same splits, or --split")
    f1 = comparison.headline
    if f1.difference >= least or (allow_insignificant and f1.verdict == "not significant"):
        return
    raise NotReachedError(
        f"F1 of {comparison.splits[-1].split} went from {fmean(f1.old):.3f} to {fmean(f1.new):.3f}: "
        f"{f1.difference:+.3f} ({f1.verdict}) is below --fail-below {least:+g}"
    )
