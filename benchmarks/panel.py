"""What a recipe learns from 100, 400 and up to 4,000 sentences of corpora of different kinds.

    python benchmarks/panel.py FOLDER... --recipe NAME [-S train.epochs=4 ...] [--against NAME]

A folder has train.conll and test.conll, with words first and tags last; its name is the corpus's. Its training
sentences are drawn once: a run learns from the first ones, and validates on the next ones, a fifth as many, 50 to 200.
Test is a draw of at most 500 sentences. Runs are appended to panel.jsonl; those of a recipe that are there are not
repeated. The tables have means over seeds; p is that of a paired t-test over corpora.
"""

import argparse
import json
import os
import random
import runpy
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any

from scipy.stats import ttest_rel
from sides import ROOT, FinishedRuns, last_line
from tabulate import tabulate

from tagline.core.params import read_file
from tagline.project.pipelines import set_param

FILES = ("train.conll", "test.conll")
TEST, FEWEST, MOST = 500, 50, 200
SCORES = ("test.f1", "test.f1_lowest_case", "validation.f1", "train.best_epoch")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--against")
    parser.add_argument("--sizes", type=int, nargs="+", default=(100, 400, 4000))
    parser.add_argument("--seeds", type=int, nargs="+", default=(42, 13))
    parser.add_argument("-S", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    finished = FinishedRuns(ROOT / "benchmarks/panel.jsonl")
    for seed in options.seeds:
        for size in options.sizes:
            for folder in options.folders:
                run = {"corpus": folder.name, "sentences": size, "seed": seed, "recipe": options.recipe}
                if not finished.find(run):
                    changes = [f"train.seed={seed}", *options.changes]
                    with ProcessPoolExecutor(1) as pool:
                        scores = pool.submit(train, folder.absolute(), size, changes).result()
                    finished.add(run | {"changes": options.changes} | scores)
    if options.against:
        for size in options.sizes:
            compare([run for run in finished.runs if run["sentences"] == size], options.against, options.recipe)


def train(corpus: Path, size: int, changes: Iterable[str]) -> dict[str, Any]:
    """Run the stages in a temporary folder, on a draw of a corpus, and return scores."""
    rows, test = ((corpus / name).read_text(encoding="utf-8").strip().split("\n\n") for name in FILES)
    for sentences in (rows, test):
        random.Random(0).shuffle(sentences)
    held_out = min(max(size // 5, FEWEST), MOST)
    size = min(size, len(rows) - held_out)
    splits = {"train": rows[:size], "validation": rows[size:][:held_out], "test": test[:TEST]}
    columns = ["words", *["-"] * (len(rows[0].splitlines()[0].split()) - 2), "ner"]
    params = read_file(ROOT / "params.yaml")
    params["download"]["dataset"]["columns"] = columns
    for change in ("download.folder=drawn", "evaluate.bootstrap.resamples=100", *changes):
        set_param(params, change)
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        Path("drawn").mkdir()
        for split, sentences in splits.items():
            Path(f"drawn/{split}.conll").write_text("\n\n".join(sentences), encoding="utf-8")
        Path("params.yaml").write_text(json.dumps(params), encoding="utf-8")  # which is YAML
        for stage in ("download", "tokenize_align", "train", "evaluate"):
            sys.argv = [str(ROOT / f"stages/{stage}.py")]
            runpy.run_path(sys.argv[0], run_name="__main__")
        scores = json.loads(Path("metrics/evaluate.json").read_text(encoding="utf-8"))
        steps = json.loads(Path("reports/train.json").read_text(encoding="utf-8"))["steps"]
        os.chdir(ROOT)
    return {name: scores[name] for name in SCORES if name in scores} | {"steps": steps}


def compare(runs: Iterable[dict[str, Any]], old: str, new: str) -> None:
    """Print F1 of test of both recipes, for the corpora that both have."""
    f1: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        f1[run["corpus"]][run["recipe"]].append(run[SCORES[0]])
    rows: list[Sequence[Any]] = []
    for corpus, of in f1.items():
        if old in of and new in of:
            rows.append((corpus, fmean(of[old]), fmean(of[new])))
    _, before, after = zip(*rows, strict=True)
    rows += [("mean", fmean(before), fmean(after)), ("lowest", min(before), min(after))]
    print(tabulate(rows, ("", old, new), floatfmt=".3f"))
    p = float(ttest_rel(before, after).pvalue)
    print(json.dumps(last_line("panel", "F1", fmean(after), fmean(before), p=p)))


if __name__ == "__main__":
    main()
