"""Compare two revisions: each score, whether its difference is significant, and the fixed and broken entities.

    tagline compare                    the last commit with the workspace
    tagline compare OLD                a revision with the workspace
    tagline compare OLD NEW            two revisions
    tagline compare OLD,OLD NEW,NEW    several runs per side, for instance one per seed

A revision is a commit, branch, tag or DVC experiment, or `workspace`, the current files. Predictions are read from
DVC's cache or remote; the workspace is not touched. Scores of several runs are shown as their mean.
"""

import argparse
import json
import textwrap
from pathlib import Path

from tagline.comparison import CROSSVAL, SPLITS, WORKSPACE
from tagline.core import FURTHER
from tagline.terminal import ArgumentParser, write


def main() -> None:
    options = parsed()
    # Here, since DVC takes seconds to import, for which wrong usage and --help need not wait.
    from tagline.comparison.record import comparison_record
    from tagline.comparison.rendering import render
    from tagline.comparison.revisions import read
    from tagline.comparison.splits import check_f1, compare

    splits = SPLITS if options.split is None else (options.split,)
    old, new = ([read(name, splits, options.pipeline) for name in side] for side in (options.old, options.new))
    comparison = compare(old, new)
    if options.json:
        text = json.dumps(comparison_record(comparison), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        text = render(comparison, options.all)
    if options.md:
        text = textwrap.indent(text, "    ")  # a code block, in which nothing is markup, a mention or a reference
    write(text)
    if options.fail_below is not None:
        check_f1(comparison, options.fail_below)


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
    formats.add_argument("--md", action="store_true", help="print a code block of Markdown, for a pull request")
    formats.add_argument("--json", action="store_true", help="print JSON, with all fixed and broken entities")
    add("--all", action="store_true", help="show all scores, and all fixed and broken entities")
    add(
        "--fail-below",
        type=float,
        metavar="X",
        help="exit with status 3 if F1 of test, or of --split, changes by less than X, such as -0.01",
    )
    return parser.parse_args()


def revisions(text: str) -> list[str]:
    names = text.split(",")
    if len({*names} - {""}) < len(names):
        raise argparse.ArgumentTypeError(f"expected different revisions, separated by commas, got {text!r}")
    return names
