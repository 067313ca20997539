"""Estimate precision, recall and F1 of texts without labels.

    tagline estimate --input texts.txt
    tagline estimate --input texts.jsonl --least 0.7 --json
    tagline estimate --input texts.txt --labelled some.conll

The scores are those that the exported model can be expected to have on these texts, with 95 % intervals, computed from
its calibrated scores (docs/why/estimates.md: the formula, and the shifts that break it), beside the true F1 of the test
split. Reads what `tagline predict` reads. No answer is written.

With the labels of some of the texts, drawn at random, the scores are measured on these, and corrected by the estimate
of all.

Exit status: 3 if --least is given, and the estimated F1 is below it or no entity is found.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tagline.terminal import (
    ArgumentParser,
    NotReachedError,
    UserError,
    defer_signals,
    extra,
    show,
    show_json,
    show_warnings,
)
from tagline.tools.texts.options import add_model, add_no_split, probability
from tagline.tools.texts.source import add_texts, check_texts, source_of


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    show_warnings()
    result = measured(options)
    if options.json:
        show_json(result)
    else:
        show("\n".join(table(result)))
    if options.least is None:
        return
    reached = result["expected"]["f1"]["value"] if result["expected"] else None
    if reached is None or reached < options.least:
        value = "unknown, since no entity is found" if reached is None else f"{reached:.3f}"
        raise NotReachedError(f"the estimated F1 is {value}; expected at least {options.least:g}")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    usage = "%(prog)s TEXT... [options]\n       %(prog)s --input FILE [options]"
    parser = ArgumentParser(description=__doc__, usage=usage)
    add_texts(parser)
    add_model(parser)
    add_no_split(parser)
    parser.add_argument("--least", type=probability, metavar="F1", help="exit with status 3 if the F1 is below it")
    parser.add_argument(
        "--labelled",
        type=Path,
        metavar="FILE",
        help="some of the texts with labels, drawn at random, in any format that download reads",
    )
    parser.add_json("texts, words, entities, expected, f1_of_test, labelled, types")
    options = parser.parse_args(arguments)
    try:
        check_texts(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Label the texts in one pass, and estimate their scores.

    Returns:
        texts, words, entities, expected (see `tagline.metrics.expected.estimate`), f1_of_test; with labelled texts,
        their number as labelled, and expected is measured on them, of ``types`` alone if others are not annotated in
        them (None: all), whose F1 of test is not known.

    Raises:
        UserError: the model or the input can't be read or used, or the texts have no words.
    """
    with defer_signals():  # see `open_tagger`
        from tagline.inference import Tagger
        from tagline.tools.estimation.observation import Observation

        tagger = Tagger(options.model, options.backend, split_sentences=options.split_sentences)
    sample = types = None
    if options.labelled:
        with extra("pipeline", "--labelled"):
            from tagline.tools.estimation import labelled_sample
        labelled, types = labelled_sample.read(options.labelled, tagger)
        if types:
            tagger = Tagger(options.model, options.backend, split_sentences=options.split_sentences, types=types)
        sample = labelled_sample.LabelledSample(tagger, options.labelled, labelled)
    with tagger:
        observation = Observation(tagger)
        texts = 0
        with source_of(options, tagger, show_progress=True) as (documents, advance):
            for part in tagger.tag_stream(documents):
                texts += len(part)
                advance(len(part))
    sums = observation.sums
    if not sums.words:
        raise UserError(f"{options.input or 'TEXT'}: no words; expected texts like those to label")
    result = {
        "texts": texts,
        "words": sums.words,
        "entities": int(sums.found),
        "expected": observation.expected(),
        "f1_of_test": observation.reference.f1,
    }
    if sample:
        result |= {"expected": sample.measure(sums), "labelled": len(sample.sentences), "types": types}
    if types:
        result["f1_of_test"] = None
    return result


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """Lay out the result in at most 80 columns."""
    yield f"texts: {result['texts']:,}, words: {result['words']:,}, entities: {result['entities']:,}"
    if "labelled" in result:
        yield f"measured on {result['labelled']:,} labelled texts, and corrected by the estimate of all"
        if result["types"]:
            yield f"of {', '.join(result['types'])} alone, for which the labelled texts are annotated"
        else:
            yield "taken to be annotated for all types of the model"
    expected = result["expected"]
    if not expected:
        yield "no entity is found, so the scores can't be estimated"
        return
    for name, title in {"precision": "precision", "recall": "recall", "f1": "F1"}.items():
        yield "{title:10} {value:.3f}  ({low:.3f}-{high:.3f})".format(title=title, **expected[name])
    of_test = result["f1_of_test"]
    if of_test is None:
        return
    if expected["f1"]["high"] < of_test:
        yield f"F1 is probably lower than on test, where it is {of_test:.3f}."
    else:
        yield f"No lower F1 than on test can be shown, where it is {of_test:.3f}."
