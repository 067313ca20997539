"""Rank the labels of train that are probably wrong, the most suspicious first; see docs/audit.md.

tagline audit                         show the first ones
tagline audit --output FIXES.html     write the suspicious sentences as a page to correct them in

Sentences are labelled by the models of a cross-validation that were trained without them, or if there is none of these
data, by models/finetuned, which has learnt them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tagline.core import SPLITS
from tagline.terminal import ArgumentParser, UserError, printable, shortened, show, show_json, wrapped
from tagline.tools.answers.options import DIGITS, PAGE_SUFFIX, add_guideline

if TYPE_CHECKING:
    from tagline.crossval.suspicions import Suspicion
    from tagline.labels import Entity, TaggedSentence
    from tagline.tools.answers.page_writer import Task

# Suspicions that are shown, and the characters of a sentence's id and of its entities: a row fits 80 columns.
SHOWN, ID_WIDTH, TEXT_WIDTH = 20, 20, 24


def main() -> None:
    options = parsed()
    # Imports are here, since --help need not wait for libraries.
    from tagline.crossval.suspicions import find

    guideline = None
    if options.output:
        guideline = check_page(options.output, options.guideline)
    ranking = find(options.splits, options.most)
    if options.json:
        suspicions = [suspicion.as_json(rank) for rank, suspicion in enumerate(ranking.suspicions, 1)]
        show_json({"notes": ranking.notes, "suspicions": suspicions})
        return
    show("\n".join(map(wrapped, ranking.notes)))
    if options.output:
        show(wrapped(save_page(ranking.suspicions, options.output, guideline)))
    else:
        show(table(ranking.suspicions))


def parsed() -> argparse.Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--output", metavar="FIXES.html", type=Path, help="page to correct the sentences in")
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
    if options.json and options.output:
        parser.error("--json: expected without --output")
    if options.output and options.output.suffix.lower() != PAGE_SUFFIX:
        parser.error(f"--output {options.output}: expected a name that ends in {PAGE_SUFFIX}")
    if options.guideline and not options.output:
        parser.error("--guideline: expected --output FILE.html, a page")
    return options


def check_page(target: Path, guideline: Path | None) -> str | None:
    """Check before any work that a page can be written, and read the text of ``--guideline``.

    Raises:
        UserError: the labels are plain tags, or see `page_writer.check`.
    """
    from tagline.artifacts import tokenized
    from tagline.tools.answers import page_writer

    labels = tokenized.load_labels(Path("data/tokenized"))
    if labels.kind == "tags":
        raise UserError(
            f"{labels.task} has one tag per word; expected entities, which a page marks; correct the files by hand"
        )
    return page_writer.check("--output", target, guideline)


def table(suspicions: Sequence[Suspicion]) -> str:
    """Lay out the first suspicions, and say what their score is."""
    from tabulate import tabulate

    rows = []
    for suspicion in suspicions[:SHOWN]:
        disagreement = suspicion.disagreement
        rows.append(
            {
                "score": f"{suspicion.score:.2f}",
                "sentence": shortened(printable(suspicion.sentence.id), ID_WIDTH),
                "gold": texts(suspicion.sentence, disagreement.gold),
                "model": texts(suspicion.sentence, disagreement.suggested),
            }
        )
    count = f"the first {len(rows)} of {len(suspicions):,}" if len(suspicions) > SHOWN else f"all {len(rows)}"
    heading = wrapped(f"{count}; score: mean probability that the gold labels are wrong, from 0 to 1")
    return f"{heading}\n\n{tabulate(rows, 'keys', disable_numparse=True)}"


def texts(sentence: TaggedSentence, entities: Sequence[Entity]) -> str:
    named = [f"{entity.type} {' '.join(sentence.words[entity.start : entity.end])}" for entity in entities]
    return shortened(printable("; ".join(named)), TEXT_WIDTH)


def save_page(suspicions: Sequence[Suspicion], target: Path, guideline: str | None) -> str:
    """Write the suspicious sentences as an annotation page, and say so."""
    from tagline.artifacts import tokenized
    from tagline.tools.answers import outputs, page_writer

    types = tokenized.load_labels(Path("data/tokenized_tests")).types
    of_sentence: dict[int, list[Suspicion]] = {}
    for suspicion in suspicions:
        of_sentence.setdefault(id(suspicion.sentence), []).append(suspicion)
    by_id: dict[str, list[Suspicion]] = {}
    for of_one in of_sentence.values():
        by_id.setdefault(of_one[0].sentence.id, of_one)
    outputs.save(target, page_writer.Page(types, guideline), map(task, by_id.values()))
    line = f"{target}: {len(by_id):,} sentences with probable label errors"
    left_out = len(of_sentence) - len(by_id)
    if left_out:
        line += f"; left out, since another one has the same id: {left_out:,}"
    return line


def task(suspicions: Sequence[Suspicion]) -> Task:
    from tagline.sources.formats import page_layout

    sentence = suspicions[0].sentence
    suggested = []
    for entity in sentence.predicted_entities:
        suggested.append((*span(entity), round(sentence.confidence(entity), DIGITS)))
    suspect: list[tuple[int, int, str]] = []
    for suspicion in suspicions:
        suspect += map(span, suspicion.disagreement.gold)
    gold = [span(entity) for entity in sentence.gold_entities]
    return page_layout.task(sentence.id, sentence.words, gold, suggested=suggested, suspect=suspect)


def span(entity: Entity) -> tuple[int, int, str]:
    return entity.start, entity.end, entity.type
