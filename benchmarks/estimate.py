"""Table of shifts: what `tagline estimate` says of F1 without labels, and the true F1.

    python benchmarks/estimate.py                                    data/sample, models/export
    python benchmarks/estimate.py --data FOLDER --rename person=PER location=LOC group=ORG corporation=ORG
    python benchmarks/estimate.py --model FOLDER                     another exported model

The test split is read as it is and in altered forms, also in ones that `evaluate` does not measure. A model and data
with other types are compared in those that both have; --rename gives types of the data the model's names. Draws are of
350 sentences. For re-splits, validation and test are divided at random: the constants come from one half, and an alarm
is raised if F1 of the other half is estimated to be lower.

Ends with one line of JSON: mean errors over draws, also of believing the F1 of test, and the share of intervals that
hold the true F1.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sides

from tagline.evaluation.altered_forms import FORMS
from tagline.inference import Document, Tagger
from tagline.labels.tagged import TaggedSentence, TaggedSentences, flatten
from tagline.metrics.expected import Constants, Sums, are_sure, count, estimate, fit
from tagline.metrics.scores import count as count_scores
from tagline.metrics.scores import ratios
from tagline.text.typos import mistyped
from tagline.tools.estimation.observation import reference_of

DRAWS, SENTENCES = 40, 350
Rows = Sequence[dict[str, list[str]]]


def with_invented_names(words: Sequence[str]) -> list[str]:
    """Replace the letters after an initial capital by others, as in names that nobody knows."""
    drawn = random.Random("\n".join(words))
    changed = []
    for word in words:
        if word.isalpha() and word[0].isupper() and len(word) > 3:
            letters = (drawn.choice("aeiou" if letter in "aeiou" else "bcdfghklmnprstvz") for letter in word[1:])
            word = word[0] + "".join(letters)
        changed.append(word)
    return changed


def with_handles(words: Sequence[str]) -> list[str]:
    """Write one word in twelve as a handle."""
    drawn = random.Random("\n".join(words))
    return [word if drawn.randrange(12) else f"@{word.lower()}" for word in words]


SHIFTS: dict[str, Callable[[Sequence[str]], list[str]]] = {"as it is": list, **FORMS}
SHIFTS["typos in one word in three"] = partial(mistyped, rarity=3)
SHIFTS["handles"] = with_handles
SHIFTS["invented names"] = with_invented_names


class Scored(NamedTuple):
    """The true F1 of sentences and the estimate."""

    true: float
    estimated: dict[str, float]

    @property
    def error(self) -> float:
        return abs(self.true - self.estimated["value"])

    @property
    def is_held(self) -> bool:
        return self.estimated["low"] <= self.true <= self.estimated["high"]


def label(tagger: Tagger, rows: Rows, rename: dict[str, str]) -> list[TaggedSentence]:
    """Label sentences, and add their gold labels; types that the model does not have are O."""
    ids = tagger.labels.label2id
    labelled = []
    for sentence, row in zip(tagger.tag([Document.of_words(row["words"]) for row in rows]), rows, strict=True):
        gold = []
        for tag in row[sides.TASK]:
            prefix, _, name = tag.partition("-")
            gold.append(ids.get(f"{prefix}-{rename.get(name, name)}", ids["O"]))
        labelled.append(replace(sentence, gold=np.array(gold)))
    return labelled


def scored(sentences: Sequence[TaggedSentence], constants: Constants, shared: set[str]) -> Scored:
    flat: TaggedSentences = flatten(sentences)
    types = flat.predicted_entities.types
    is_shared = np.array([name in shared for name in types])
    total = count_scores(flat, "spans").total()
    overall = ratios(*(numbers[is_shared].sum() for numbers in (total.correct, total.predicted, total.gold))).f1
    estimated = estimate(_of_types(flat, constants, sorted(shared)), constants)
    return Scored(float(overall), estimated["f1"])


def _of_types(sentences: TaggedSentences, constants: Constants, types: Sequence[str]) -> Sums:
    """Count what is found of some types, which get their share of the doubt."""
    is_of_types = sentences.predicted_entities.of_types(types)
    confidences = sentences.confidences[is_of_types]
    whole = count(sentences, constants)
    return whole._replace(
        found=len(confidences),
        sure=are_sure(confidences, constants).sum(),
        scores=confidences.sum(),
        doubt=whole.doubt * len(confidences) / whole.found,
    )


def draws(sentences: Sequence[TaggedSentence], number: int) -> Iterator[list[TaggedSentence]]:
    drawn = random.Random(0)
    for _ in range(DRAWS):
        yield drawn.sample(sentences, min(number, len(sentences)))


def share_of_false_alarms(sentences: Sequence[TaggedSentence], shared: set[str]) -> float:
    alarms = []
    for shuffled in draws(sentences, len(sentences)):
        half = len(shuffled) // 2
        constants = fit(flatten(shuffled[:half]))
        if constants is None:
            raise SystemExit("too few entities for re-splits")
        reference, other = (scored(part, constants, shared) for part in (shuffled[:half], shuffled[half:]))
        alarms.append(other.estimated["high"] < reference.true)
    return float(np.mean(alarms))


def main() -> None:
    parser = sides.data_parser("Compare the estimated F1 with the true one on shifted texts.")
    parser.add_argument("--model", type=Path, default=sides.ROOT / "models/export", help="an exported model")
    parser.add_argument("--rename", nargs="*", default=[], metavar="TYPE=TYPE", help="types of the data and the model")
    arguments = sides.parse_or_run(parser, {})
    rename = dict(pair.split("=") for pair in arguments.rename)
    splits = sides.read_columns(arguments.data)
    with Tagger(arguments.model) as tagger:
        print(json.dumps(measured(tagger, splits, rename, arguments), allow_nan=False))


def measured(
    tagger: Tagger, splits: dict[str, Any], rename: dict[str, str], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Print the table, and return the last line."""
    reference = reference_of(tagger)
    tags = {tag.partition("-")[2] for row in splits["test"] for tag in row[sides.TASK]}
    shared = {rename.get(name, name) for name in tags} & set(tagger.labels.types)
    of_draws = []
    print("| test split | true F1 | estimated | 95 % interval | mean error | intervals that hold | alarms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, form in SHIFTS.items():
        rows = [row | {"words": form(row["words"])} for row in splits["test"]]
        sentences = label(tagger, rows, rename)
        whole = scored(sentences, reference.constants, shared)
        drawn = [scored(part, reference.constants, shared) for part in draws(sentences, SENTENCES)]
        of_draws += drawn
        low, high = whole.estimated["low"], whole.estimated["high"]
        alarms = np.mean([one.estimated["high"] < reference.f1 for one in drawn])
        print(
            f"| {name} | {whole.true:.3f} | {whole.estimated['value']:.3f} | {low:.3f} to {high:.3f} | "
            f"{np.mean([one.error for one in drawn]):.3f} | "
            f"{np.mean([one.is_held for one in drawn]):.0%} | {alarms:.0%} |"
        )
    both = label(tagger, [*splits["validation"], *splits["test"]], rename)
    return {
        "name": "estimate",
        "unit": "mean error of F1",
        "ours": round(float(np.mean([one.error for one in of_draws])), 4),
        "plain": round(float(np.mean([abs(one.true - reference.f1) for one in of_draws])), 4),
        "intervals_that_hold": round(float(np.mean([one.is_held for one in of_draws])), 4),
        "false_alarms_of_re_splits": share_of_false_alarms(both, shared),
        "types": sorted(shared),
        "data": arguments.data.name,
    }


if __name__ == "__main__":
    main()
