"""What a recipe learns from 100, 400 and up to 4,000 sentences of corpora of different kinds.

    python benchmarks/panel.py FOLDER... --recipe NAME [-S train.epochs=4 ...] [--encoder FOLDER] [--against NAME]

A folder has train.conll and test.conll, with words first and tags last; its name is the corpus's. Its training
sentences are drawn once: a run learns from the first ones, and validates on the next ones, a fifth as many, 50 to 200.
Test is a draw of at most 3,000 sentences. Runs are appended to panel.jsonl, with the commit of the recipe; those that
are there are not repeated.

A cell is a corpus, a size and an encoder. The table has means over seeds; the noise of a cell is the standard deviation
of F1 between seeds; p is that of a paired t-test over cells.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, variance
from typing import Any

from learning import PACKAGED, learn_once, recipe_of, recipe_parser
from scipy.stats import ttest_rel
from sides import FinishedRuns, last_line
from tabulate import tabulate

FILES = ("train.conll", "test.conll")
TEST, FEWEST, MOST = 3000, 50, 200


def main() -> None:
    parser = recipe_parser(__doc__, "panel.jsonl")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--against", help="recipe to compare with")
    parser.add_argument("--sizes", type=int, nargs="+", default=(100, 400, 4000))
    options = parser.parse_args()
    finished = FinishedRuns(options.runs)
    recipe = recipe_of(options)
    for seed in options.seeds:
        for size in options.sizes:
            for folder in options.folders:
                files, width = draw(folder, size)
                run = recipe | {"corpus": folder.name, "sentences": size, "seed": seed}
                learn_once(finished, run, files, width, options)
    if options.against:
        compare(finished.runs, options.against, options.recipe)


def draw(corpus: Path, size: int) -> tuple[dict[str, str], int]:
    """Draw the splits of a corpus; return their texts and the number of columns."""
    rows, test = ((corpus / name).read_text(encoding="utf-8").strip().split("\n\n") for name in FILES)
    for sentences in (rows, test):
        random.Random(0).shuffle(sentences)
    held_out = min(max(size // 5, FEWEST), MOST)
    size = min(size, len(rows) - held_out)
    splits = {"train": rows[:size], "validation": rows[size:][:held_out], "test": test[:TEST]}
    texts = {split: "\n\n".join(sentences) for split, sentences in splits.items()}
    return texts, len(rows[0].splitlines()[0].split())


def compare(runs: Iterable[dict[str, Any]], old: str, new: str) -> None:
    """Print F1 of test of both recipes, for the cells that both have."""
    f1: dict[tuple[Any, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        cell = (run.get("encoder", PACKAGED), run["sentences"], run["corpus"])
        f1[cell][run["recipe"]].append(run["test.f1"])
    rows: list[Sequence[Any]] = []
    variances = []
    for cell, of in sorted(f1.items()):
        if old in of and new in of:
            rows.append((*cell, fmean(of[old]), fmean(of[new])))
            variances += [variance(scores) for scores in (of[old], of[new]) if len(scores) > 1]
    *_, before, after = zip(*rows, strict=True)
    rows += [("mean", "", "", fmean(before), fmean(after))]
    print(tabulate(rows, ("encoder", "sentences", "corpus", old, new), floatfmt=".3f"))
    noise = fmean(variances) ** 0.5 if variances else None
    if noise is not None:
        print(f"noise of a cell: {noise:.3f}; a smaller difference than {2 * noise:.3f} says nothing of it")
    p = float(ttest_rel(before, after).pvalue)
    print(json.dumps(last_line("panel", "F1", fmean(after), fmean(before), p=p, noise=noise, cells=len(before))))


if __name__ == "__main__":
    main()
