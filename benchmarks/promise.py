"""How often a promised recall is broken, beside the rule that only reaches the recall on validation.

    python benchmarks/promise.py --least 0.8 0.9
    python benchmarks/promise.py --project FOLDER    # any folder in which the stage train has run

For each type with at least 50 entities in validation, 500 times:

- redrawn: validation is drawn with replacement from the sentences of validation and test; the recall of all of them is
  known, and counts
- re-split: these sentences are split anew into as many for validation and test; the recall of test counts, which has
  few entities and varies by itself
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
from sides import ROOT, parse_or_run

RULES = ("promise", "validation")
COLUMNS = ("type", "found", "least", "rule", "kept", "redrawn", "re-split", "recall", "precision")


def rows(arguments: argparse.Namespace) -> Iterator[list[Any]]:
    """Yield the values of COLUMNS: shares of all runs; recall and precision of test, means over runs with a bias."""
    from tagline.evaluation.bias_search import count_at_each_step
    from tagline.evaluation.evaluate_params import FoundIf
    from tagline.evaluation.operating_point import TypeTarget

    chunks, gold, head, labels, validation = scored(arguments.project)
    size = sum(len(chunk.lengths) for chunk in chunks)
    for name in labels.types:
        goals = [TypeTarget(name, "recall", 0, found) for found in get_args(FoundIf)] + [
            TypeTarget(name, "precision", 0)
        ]
        counts = count_at_each_step(chunks, gold, head, labels, goals, np.arange(size))
        if counts[0, 0, 1, :validation].sum() < arguments.entities:
            continue
        for index, found in enumerate(get_args(FoundIf)):
            for least in arguments.least:
                for rule in RULES:
                    choose = partial(chosen, rule, found, least, arguments.confidence)
                    runs = simulated(counts[:, [index, 2]], validation, least, choose, arguments.runs)
                    yield [name, found, least, rule, *runs]


def chosen(rule: str, how: Any, least: float, confidence: float, found: Any, number: int) -> int | None:
    """The step that a rule chooses, given how many of the entities are found at each step."""
    from tagline.evaluation.bias_search import STARTS
    from tagline.evaluation.promise import ShareTest, least_step

    if rule == "promise":
        test = ShareTest(least, confidence, len(STARTS[how]), False, number)
        return least_step(test.passes(number - found), STARTS[how])
    return next(iter(np.flatnonzero(found >= least * number)), None)


def scored(project: Path) -> tuple[Any, Any, Any, Any, int]:
    """Score validation and test with the trained model; the last value is the number of sentences of validation."""
    from tagline.artifacts import tokenized
    from tagline.model import classifier
    from tagline.model.backends.torch_model import TorchModel, workers
    from tagline.model.batches import default_size
    from tagline.model.heads import load_head
    from tagline.model.prediction import Predictor, score_split

    data, finetuned = project / "data/tokenized", project / "models/finetuned"
    labels = tokenized.load_labels(data)
    head = load_head(finetuned, labels, "constrained", "train")
    splits = [tokenized.load_split(data, name) for name in ("validation", "test")]
    backend = TorchModel.for_inference(classifier.load(finetuned, labels), "fp32")
    with workers(backend.device) as threads:
        predictor = Predictor(backend, head, labels, default_size(backend.device.type), threads)
        chunks = [chunk for split in splits for chunk in score_split(predictor, split, None)]
    return chunks, np.concatenate([split.gold() for split in splits]), head, labels, len(splits[0].sentences)


def simulated(
    counts: Any, validation: int, least: float, choose: Callable[[Any, int], int | None], runs: int
) -> list[float]:
    """Choose a bias again and again.

    Args:
        counts: (steps, 2, 2, sentences): of recall and of precision, right and all.
        validation: the number of its sentences.
        least: the recall.
        choose: the step, given how many entities are found at each step, and how many there are.
        runs: their number.
    """
    generator = np.random.default_rng(1)
    recall, size = counts[:, 0], counts.shape[-1]
    whole = recall.sum(-1)
    redrawn = resplit = 0
    test: list[Any] = []
    for _ in range(runs):
        weights = np.bincount(generator.integers(size, size=validation), minlength=size)
        right, number = (recall @ weights).T
        step = choose(right, int(number[0]))
        redrawn += step is not None and whole[step, 0] < least * whole[step, 1]
        weights = generator.permutation(size) < validation
        right, number = (recall @ weights).T
        step = choose(right, int(number[0]))
        if step is not None:
            (found, all_), (correct, predicted) = counts[step] @ ~weights
            resplit += found < least * all_
            test.append([found / all_, correct / max(1, predicted)])
    means = np.mean(test, axis=0).round(3).tolist() if test else [0.0, 0.0]
    return [len(test) / runs, redrawn / runs, resplit / runs, *means]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path, default=ROOT, metavar="FOLDER", help="with data/ and models/finetuned")
    parser.add_argument("--least", type=float, nargs="+", default=[0.9], metavar="RECALL", help="default: 0.9")
    parser.add_argument("--confidence", type=float, default=0.9, help="default: 0.9")
    parser.add_argument("--entities", type=int, default=50, help="of a type in validation, at least; default: 50")
    parser.add_argument("--runs", type=int, default=500, help="default: 500")
    arguments = parse_or_run(parser, {})
    print(("{:>12}" * len(COLUMNS)).format(*COLUMNS))
    found = []
    for row in rows(arguments):
        print(("{:>12}" * len(COLUMNS)).format(*row), flush=True)
        found.append(dict(zip(COLUMNS, row, strict=True)))
    worst = {rule: max((row["redrawn"] for row in found if row["rule"] == rule), default=0.0) for rule in RULES}
    print(json.dumps({"name": "promise", "unit": "share of broken promises", **worst, "rows": found}))


if __name__ == "__main__":
    main()
