"""Rank the labels of train that are probably wrong, the most suspicious first; see docs/audit.md.

tagline audit                             show the first ones
tagline audit --output FIXES.html         write the suspicious sentences as a page to correct them in
tagline audit --output FOLDER             write all splits for an annotation tool, the most suspicious first

Sentences are labelled by the models of a cross-validation that were trained without them and by models/finetuned; if
there is no cross-validation of these data, by models/finetuned alone.
"""

import argparse
from pathlib import Path

from tagline.core import SPLITS
from tagline.terminal import ArgumentParser, show, show_json
from tagline.tools.answers.options import LABEL_STUDIO, PAGE_SUFFIX, TOOLS, add_guideline


def main() -> None:
    options = parsed()
    # Imports are here, since --help need not wait for libraries.
    from tagline.crossval.review.suspicions import find, table
    from tagline.tools.audit import tasks

    text = tasks.check(options.output, options.guideline)
    ranked_by, ranking = find(options.splits, options.most)
    if options.json:
        suspicions = [suspicion.as_json(rank) for rank, suspicion in enumerate(ranking.suspicions, 1)]
        show_json({"notes": [ranked_by, *ranking.lines()], "suspicions": suspicions})
        return
    show("\n".join([ranked_by, *ranking.lines()]))
    if options.output is None:
        show(table(ranking))
    elif is_page(options.output):
        show(tasks.save_page(ranking, options.output, text))
    else:
        show("\n".join(tasks.save(ranking, options.format or LABEL_STUDIO, options.output)))


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="new, or FILE.html for a page")
    parser.add_argument("--format", choices=TOOLS, help="of FOLDER; default: label_studio")
    parser.add_argument(
        "--splits",
        nargs="+",
        choices=SPLITS,
        metavar="SPLIT",
        default=["train"],
        help="to audit; default: train, whose errors are learnt",
    )
    parser.add_argument("--most", type=int, default=10_000, metavar="N", help="entities to rank; default: 10000")
    parser.add_json("suspicions (an entity each), notes")
    add_guideline(parser)
    options = parser.parse_args()
    has_page = options.output is not None and is_page(options.output)
    if options.json and options.output:
        parser.error("--json: expected without --output")
    if options.format and (options.output is None or has_page):
        parser.error("--format: expected --output FOLDER, not a page")
    if options.guideline and not has_page:
        parser.error("--guideline: expected --output FILE.html, a page")
    return options


def is_page(target: Path) -> bool:
    return target.suffix.lower() == PAGE_SUFFIX
