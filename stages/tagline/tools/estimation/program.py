"""Estimate precision, recall and F1 of texts without labels.

    tagline estimate --input texts.txt
    tagline estimate --input texts.jsonl --least 0.7 --json

The scores are those that the exported model can be expected to have on these texts, with 95 % intervals, computed from
its calibrated scores (docs/scores.md has the formula, and the shifts that break it). Beside them stands how the texts
differ from the test split, on which the model was evaluated. Reads what `tagline predict` reads. No answer is written.

Exit status: 3 if --least is given, and the estimated F1 is below it or no entity is found.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tagline.terminal import (
    ArgumentParser,
    UserError,
    defer_signals,
    printable,
    program_name,
    safe_message,
    shortened,
    show,
)
from tagline.tools.texts.options import add_model, add_no_split, probability, warn_if_outdated
from tagline.tools.texts.source import add_texts, check_texts, source_of

if TYPE_CHECKING:
    from tagline.tools.estimation.observation import Observation

# Exit status if F1 is below --least.
BELOW = 3
# Largest number of characters of a type in the table.
TYPE_WIDTH = 24
TITLES = {
    "entities_per_100_words": "entities per 100 words",
    "mean_score": "mean score of entities",
    "unknown_subwords": "sub-words not in training",
    "rare_subwords": "sub-words rare in training",
    "capitalized_words": "words with an initial capital",
    "uppercase_words": "words in capitals",
}
# A number is marked if it is so many times that of test, or so many times less, and the texts have so many entities:
# fewer are unlike test in some number by chance.
UNUSUAL, ENTITIES = 1.5, 50
# From this population stability index on, two distributions are usually called different.
SHIFTED = 0.2


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    warnings.formatwarning = lambda message, *_: safe_message(f"{program_name()}: {message}\n")
    result = measured(options)
    if options.json:
        show(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        show("\n".join(table(result)))
    if options.least is None:
        return
    reached = result["expected"]["overall"]["f1"]["value"] if result["expected"] else None
    if reached is None or reached < options.least:
        value = "unknown, since no entity is found" if reached is None else f"{reached:.3f}"
        print(f"{program_name()}: the estimated F1 is {value}; expected at least {options.least:g}", file=sys.stderr)
        sys.exit(BELOW)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    usage = "%(prog)s TEXT... [options]\n       %(prog)s --input FILE [options]"
    parser = ArgumentParser(description=__doc__, usage=usage)
    add_texts(parser)
    add_model(parser)
    add_no_split(parser)
    parser.add_argument("--least", type=probability, metavar="F1", help="exit with status 3 if the F1 is below it")
    parser.add_argument("--json", action="store_true", help="print an object of JSON")
    options = parser.parse_args(arguments)
    try:
        check_texts(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Label the texts in one pass, and estimate their scores.

    Returns:
        texts, words, entities (of each type), expected (see `tagline.metrics.expected.estimate`), f1_of_test, traits
        and traits_of_test, and score_shift, the population stability index of scores against test.

    Raises:
        UserError: the model, or the input, can't be read or used, or the texts have no words.
    """
    with defer_signals():  # see `open_taggers`
        from tagline.inference import Tagger
        from tagline.tools.estimation.observation import Observation

        tagger = Tagger(options.model, options.backend, split_sentences=options.split_sentences)
    with tagger:
        observation = Observation(tagger)
        warn_if_outdated(tagger)
        texts = 0
        with source_of(options, tagger, show_progress=True) as (documents, advance):
            for part in tagger.tag_stream(documents):
                texts += len(part)
                advance(len(part))
    return described(observation, texts, options.input or "TEXT")


def described(observation: Observation, texts: int, where: str) -> dict[str, Any]:
    """See `measured`; ``where`` is what the message about texts without words calls them."""
    from tagline.metrics.expected import stability_index, traits

    sums = observation.sums
    if not sums.words:
        raise UserError(f"{where}: no words; expected texts like those to label")
    reference = observation.reference
    entities = {name: int(number) for name, number in zip(observation.types, sums.found, strict=True)}
    result = {
        "texts": texts,
        "words": sums.words,
        "entities": entities,
        "expected": observation.expected(),
        "f1_of_test": reference.f1,
        "traits": traits(sums),
        "traits_of_test": reference.traits,
    }
    if sums.found.sum():
        result["score_shift"] = stability_index(sums.histogram, reference.histogram)
    return result


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """Lay out the result in lines of at most 80 characters."""
    entities = result["entities"]
    total = sum(entities.values())
    yield f"texts: {result['texts']:,}, words: {result['words']:,}, entities: {total:,}"
    expected = result["expected"]
    if not expected:
        yield "no entity is found, so the scores can't be estimated"
    else:
        yield ""
        yield f"{'':{TYPE_WIDTH}} {'entities':>9} {'precision':>10} {'recall':>7} {'F1':>6}  95 % interval"
        for name, scores in expected["per_type"].items():
            yield _row(shortened(printable(name), TYPE_WIDTH), entities[name], scores)
        yield _row("overall", total, expected["overall"])
    yield ""
    yield f"{'':30} {'these texts':>12} {'test':>8}"
    for name, title in TITLES.items():
        here, of_test = result["traits"].get(name), result["traits_of_test"].get(name)
        if here is not None and of_test is not None:
            mark = "  unusual" if total >= ENTITIES and _is_unusual(here, of_test) else ""
            yield f"{title:30} {here:12.3f} {of_test:8.3f}{mark}"
    if "score_shift" in result:
        mark = "  unusual" if total >= ENTITIES and result["score_shift"] >= SHIFTED else ""
        yield f"{'shift of scores (PSI)':30} {result['score_shift']:12.3f} {0:8.3f}{mark}"
    yield ""
    if total < ENTITIES:
        yield f"Too few entities (below {ENTITIES}) to compare with test, where F1 is {result['f1_of_test']:.3f}."
    else:
        yield _compared(expected["overall"]["f1"], result["f1_of_test"])


def _row(name: str, number: int, scores: Mapping[str, Mapping[str, float]]) -> str:
    precision, recall, f1 = (scores[key]["value"] for key in ("precision", "recall", "f1"))
    ends = f"{scores['f1']['low']:.3f}-{scores['f1']['high']:.3f}"
    return f"{name:{TYPE_WIDTH}} {number:9,} {precision:10.3f} {recall:7.3f} {f1:6.3f}  {ends}"


def _is_unusual(here: float, of_test: float) -> bool:
    return here > UNUSUAL * of_test or of_test > UNUSUAL * here


def _compared(f1: Mapping[str, float], of_test: float) -> str:
    if f1["high"] < of_test:
        return f"F1 is probably lower than on test, where it is {of_test:.3f}."
    return f"No lower F1 than on test can be shown, where it is {of_test:.3f}."
