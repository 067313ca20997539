"""The trainings of a learning curve."""

import sys
from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import RawData
from tagline.core import DOCUMENT, SPLITS, read_json, reported_split
from tagline.crossval.runner import METRICS, runner
from tagline.terminal import UserError

RAW = Path("data/raw")
# Sizes below all sentences: with fewer, the law of the smaller ones has no interval worth its name.
LEAST_SIZES = 4
# Without --sizes: these; of less data a sixteenth to a half, or of fewer than FEW sentences a quarter to seven tenths.
SIZES = (100, 200, 400, 800, 1600)
FEW = 400
# The fewest sentences of which the smallest part is large enough.
LEAST_SENTENCES = 60


def measure(sizes: Collection[int] | None, seeds: Collection[int]) -> tuple[str, dict[int, list[float]]]:
    """Train on parts of each size and on all sentences, with each seed.

    Args:
        sizes: of the parts; None: see `default_sizes`.

    Returns:
        The scored split; by size, ascending, F1 with each seed.

    Raises:
        UserError: see `runner`; a stage fails; or fewer than four sizes are below that of train.
    """
    with runner("learning-curve", None) as trainings:
        raw = raw_data.load(RAW)
        total = raw.sentences["train"]
        below = sorted(size for size in set(sizes or default_sizes(total)) if size < total)
        if len(below) < LEAST_SIZES:
            raise UserError(
                f"--sizes: {len(below)} below the {total:,} training sentences; expected at least {LEAST_SIZES}, such "
                "as 100 200 400 800"
            )
        split = reported_split(raw.sentences)
        runs: dict[int, list[float]] = {}
        for size in (*below, total):
            runs[size] = []
            for seed in seeds:
                parts = {name: rows(raw, name) for name in SPLITS if name in raw.sentences}
                if size < total:
                    parts["train"] = drawn(raw, size, seed)
                done = trainings.run(f"{size}-{seed}", raw, parts, seed=seed)
                f1 = float(read_json(done / METRICS, "evaluate")[f"{split}.f1"])
                print(f"{size:,} sentences, seed {seed}: F1 {f1:.4f}", file=sys.stderr)
                runs[size].append(f1)
        return split, runs


def rows(raw: RawData, split: str) -> Iterator[dict[str, Any]]:
    for batch in raw.batches(split):
        yield from batch.to_pylist()


def drawn(raw: RawData, sentences: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield documents of train in random order until they have enough sentences; the last may be cut."""
    documents = [list(document) for _, document in groupby(rows(raw, "train"), key=lambda row: row[DOCUMENT])]
    part: list[dict[str, Any]] = []
    for index in np.random.default_rng(seed).permutation(len(documents)):
        part += documents[index]
        if len(part) >= sentences:
            break
    yield from part[:sentences]


def default_sizes(total: int) -> list[int]:
    """Sizes of parts of ``total`` sentences: `SIZES`, or for less data equal logarithmic steps.

    Raises:
        UserError: there are too few.
    """
    if total < LEAST_SENTENCES:
        raise UserError(f"train has {total} sentences; expected at least {LEAST_SENTENCES} for a curve; annotate more")
    below = [size for size in SIZES if size < total]
    if len(below) >= LEAST_SIZES:
        return below
    factor = 2 if total >= FEW else 2**0.5
    return [int(total / factor**times + 1e-9) for times in range(LEAST_SIZES, 0, -1)]
