"""What a recipe learns from 100, 400 and up to 4,000 sentences of corpora of different kinds.

    python benchmarks/panel.py FOLDER... --recipe NAME [-S train.epochs=4 ...] [--encoder FOLDER] [--against NAME]

A folder has train.conll and test.conll, with words first and tags last; its name is the corpus's. Its training
sentences are drawn once: a run learns from the first ones, and validates on the next ones, a fifth as many, 50 to 200.
Test is a draw of at most 3,000 sentences. All runs are in one process, without evaluate's altered forms of test. They
are appended to panel.jsonl, with the commit of the recipe; those that are there are not repeated.

A cell is a corpus, a size and an encoder. The table has means over seeds; the noise of a cell is the standard deviation
of F1 between seeds; p is that of a paired t-test over cells.
"""

import argparse
import json
import os
import random
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean, variance
from typing import Any

import numpy as np
import torch
from scipy.stats import ttest_rel
from sides import ROOT, FinishedRuns, last_line
from tabulate import tabulate

from tagline.artifacts import tokenized
from tagline.core.params import read_file
from tagline.labels import TaggedSentences
from tagline.metrics.scores import count, score
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel
from tagline.model.heads import load_head
from tagline.model.precision import resolve
from tagline.model.prediction import score_split
from tagline.project.pipelines import set_param
from tagline.training.validation import predictor

FILES = ("train.conll", "test.conll")
TEST, FEWEST, MOST = 3000, 50, 200
PACKAGED = "packaged"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--against")
    parser.add_argument("--encoder", type=Path, help="folder of another encoder")
    parser.add_argument("--sizes", type=int, nargs="+", default=(100, 400, 4000))
    parser.add_argument("--seeds", type=int, nargs="+", default=(42, 13, 7))
    parser.add_argument("-S", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    finished = FinishedRuns(ROOT / "benchmarks/panel.jsonl")
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()
    cell: dict[str, Any] = {"recipe": options.recipe, "encoder": options.encoder.name if options.encoder else PACKAGED}
    for seed in options.seeds:
        for size in options.sizes:
            for folder in options.folders:
                run = cell | {"corpus": folder.name, "sentences": size, "seed": seed}
                if not finished.find(run):
                    scores = train(folder, size, options.encoder, [f"train.seed={seed}", *options.changes])
                    finished.add(run | {"commit": commit, "changes": options.changes} | scores)
    if options.against:
        compare(finished.runs, options.against, options.recipe)


def train(corpus: Path, size: int, encoder: Path | None, changes: Iterable[str]) -> dict[str, Any]:
    """Run the stages up to train in a temporary folder, on a draw of a corpus, and return scores."""
    rows, test = ((corpus / name).read_text(encoding="utf-8").strip().split("\n\n") for name in FILES)
    for sentences in (rows, test):
        random.Random(0).shuffle(sentences)
    held_out = min(max(size // 5, FEWEST), MOST)
    size = min(size, len(rows) - held_out)
    splits = {"train": rows[:size], "validation": rows[size:][:held_out], "test": test[:TEST]}
    params = read_file(ROOT / "params.yaml")
    columns = ["words", *["-"] * (len(rows[0].splitlines()[0].split()) - 2), "ner"]
    params["download"] |= {"folder": "drawn", "dataset": params["download"]["dataset"] | {"columns": columns}}
    with tempfile.TemporaryDirectory() as name:
        if encoder:
            shutil.copytree(encoder, Path(name, "drawn/encoder"))
            params["download"]["encoder"] = {"source": "path", "path": "encoder", "mark_capitals": True}
        for change in changes:
            set_param(params, change)
        os.chdir(name)
        Path("drawn").mkdir(exist_ok=True)
        for split, sentences in splits.items():
            Path(f"drawn/{split}.conll").write_text("\n\n".join(sentences), encoding="utf-8")
        Path("params.yaml").write_text(json.dumps(params), encoding="utf-8")  # which is YAML
        for stage in ("download", "tokenize_align", "train"):
            sys.argv = [str(ROOT / f"stages/{stage}.py")]
            runpy.run_path(sys.argv[0], run_name="__main__")
        report = json.loads(Path("reports/train.json").read_text(encoding="utf-8"))
        scores = {"test.f1": test_f1(), "validation.f1": report["validation"]["f1"]}
        os.chdir(ROOT)
    return scores | {"train.best_epoch": report["best_epoch"], "steps": report["steps"]}


def test_f1() -> float:
    """F1 of test by the model in the current folder, as training scores validation."""
    labels = tokenized.load_labels(Path("data/tokenized"))
    test = tokenized.load_split(Path("data/tokenized_tests"), "test")
    folder, device = Path("models/finetuned"), torch.device("cpu")
    precision = resolve("auto", device, "train.precision")
    backend = TorchModel.for_inference(classifier.load(folder, labels), precision)
    trained = predictor(backend, load_head(folder, labels, "train"), None)
    gold = test.gold()  # also of types that train lacks, whose ids follow
    labelled = trained.label(score_split(trained, test, None), np.zeros_like(gold))
    sentences = TaggedSentences(test.labels, test.lengths(), labelled.labels, labelled.scores, gold)
    return score(count(sentences, labels.kind))["overall"]["f1"]


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
