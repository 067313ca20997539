"""Compare two revisions: each score, whether its difference is significant, and the fixed and broken entities.

    tagline compare                    the last commit with the workspace
    tagline compare OLD                a revision with the workspace
    tagline compare OLD NEW            two revisions
    tagline compare OLD,OLD NEW,NEW    several runs per side, for instance one per seed
    tagline compare HEAD FILE          a revision with answers of any system to the texts of test, or of --split

A revision is a commit, branch, tag or DVC experiment, or `workspace`, the current files. Predictions are read from
DVC's cache or remote; the workspace is not touched. Scores of several runs are shown as their mean.
"""

import argparse
import json
import textwrap

from tagline.comparison import CROSSVAL, SPLITS, WORKSPACE
from tagline.core import FURTHER
from tagline.terminal import ArgumentParser, UserError, write


def main() -> None:
    options = parsed()
    # Here, since DVC takes seconds to import, for which wrong usage and --help need not wait.
    from tagline.comparison import answers
    from tagline.comparison.record import comparison_record
    from tagline.comparison.rendering import render
    from tagline.comparison.revisions import read
    from tagline.comparison.splits import check_f1, compare

    names = [*options.old, *options.new]
    given = [name for name in names if answers.is_answers(name)]
    if options.types and not given:
        raise UserError("--types: no side is a file of answers; expected one, whose types have other names")
    split = options.split or ("test" if given else None)
    splits = SPLITS if split is None else (split,)
    revisions = [name for name in names if name not in given] or [WORKSPACE]
    runs = {name: read(name, splits) for name in revisions}
    for name in given:
        runs[name] = answers.run_of(name, runs[revisions[0]], splits[0], dict(options.types))
    annotated = [{*types} for name in given if (types := runs[name].types) is not None]
    if annotated:
        answers.restrict(runs.values(), splits[0], sorted(set.intersection(*annotated)))
    comparison = compare([runs[name] for name in options.old], [runs[name] for name in options.new])
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
        help="one or more revisions, separated by commas; or a file of answers, in any format that download reads, or "
        "the folder of an exported model (default: %(default)s)",
    )
    add("new", nargs="?", type=revisions, default=WORKSPACE, help="likewise (default: %(default)s)")
    add(
        "--split",
        help=f"only validation, test or {FURTHER}NAME, a further test set (default: all); {CROSSVAL}: all sentences, "
        "as `dvc repro crossval/dvc.yaml` labelled them",
    )
    add(
        "--types",
        nargs="+",
        type=renamed,
        default=[],
        metavar="TYPE=NAME",
        help="types that a file of answers calls by another name",
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


def renamed(text: str) -> tuple[str, str]:
    """Return the name in answers, and the type."""
    type_, equals, name = text.partition("=")
    if not (type_ and equals and name):
        raise argparse.ArgumentTypeError(f"expected TYPE=NAME, such as PER=person, got {text!r}")
    return name, type_


def revisions(text: str) -> list[str]:
    names = text.split(",")
    if len({*names} - {""}) < len(names):
        raise argparse.ArgumentTypeError(f"expected different revisions, separated by commas, got {text!r}")
    return names
