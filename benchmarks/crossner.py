"""F1 on the five domains of CrossNER, each learnt from its own 100 to 200 training sentences.

    python benchmarks/crossner.py FOLDER [--recipe NAME] [--encoder FOLDER] [-S train.epochs=4 ...]

The folder has a folder per domain with train.txt, dev.txt and test.txt, as `ner_data` of the public repository
zliucr/CrossNER has them (results.md names the commit). The stages run as they do in a clone: the model learns from
train, dev decides the best epoch, test is scored whole. Finished runs are appended to crossner.jsonl with the commit,
and are not repeated. The table has means over seeds, in brackets the standard deviation between them.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from sides import ROOT, FinishedRuns, last_line
from tabulate import tabulate

from tagline.core.params import read_file
from tagline.project.pipelines import set_param

DOMAINS = ("politics", "science", "music", "literature", "ai")
FILES = {"train": "train.txt", "validation": "dev.txt", "test": "test.txt"}
PACKAGED = "packaged"
# Mean micro F1 of BERT base, fine-tuned on the same sentences by the authors of the corpus (results.md).
PUBLISHED = 0.614


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recipe", default="defaults", help="name of these settings in the table")
    parser.add_argument("--encoder", type=Path, help="folder of another encoder")
    parser.add_argument("--domains", nargs="+", default=DOMAINS)
    parser.add_argument("--seeds", type=int, nargs="+", default=(42, 13, 7))
    parser.add_argument("--runs", type=Path, default=ROOT / "benchmarks/crossner.jsonl", help="file of finished runs")
    parser.add_argument("-S", dest="changes", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    finished = FinishedRuns(options.runs)
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()
    recipe = {"recipe": options.recipe, "encoder": options.encoder.name if options.encoder else PACKAGED}
    for seed in options.seeds:
        for domain in options.domains:
            run = recipe | {"domain": domain, "seed": seed}
            if finished.find(run):
                continue
            scores = learn(options.folder / domain, options.encoder, [f"train.seed={seed}", *options.changes])
            finished.add(run | {"commit": commit, "changes": options.changes} | scores)
            print(json.dumps(finished.runs[-1]), flush=True)
    show_table(finished.runs, recipe, options.domains)


def learn(corpus: Path, encoder: Path | None, changes: Iterable[str]) -> dict[str, Any]:
    """Run the stages up to evaluate in a temporary folder and return the scores."""
    params = read_file(ROOT / "presets/sample.yaml")
    params["download"] |= {"folder": "corpus", "dataset": params["download"]["dataset"] | FILES}
    params["download"]["dataset"]["columns"] = ["words", "ner"]
    if encoder:
        params["download"]["encoder"] = {"source": "path", "path": "encoder", "mark_capitals": True}
    for change in changes:
        set_param(params, change)
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(corpus, Path(name, "corpus"))
        if encoder:
            shutil.copytree(encoder, Path(name, "corpus/encoder"))
        Path(name, "params.yaml").write_text(json.dumps(params), encoding="utf-8")  # which is YAML
        for stage in ("download", "tokenize_align", "train", "evaluate"):
            run_stage(stage, Path(name))
        report = json.loads(Path(name, "reports/evaluate.json").read_text(encoding="utf-8"))
        trained = json.loads(Path(name, "reports/train.json").read_text(encoding="utf-8"))
    scores = {f"{split}.f1": report[split]["overall"]["f1"] for split in ("validation", "test")}
    macro = fmean(of["f1"] for of in report["test"]["per_type"].values())
    return scores | {"test.macro_f1": macro, "best_epoch": trained["best_epoch"], "steps": trained["steps"]}


def run_stage(name: str, folder: Path) -> None:
    """Run the script of a stage as DVC does; what it prints is shown if it fails."""
    done = subprocess.run(
        [sys.executable, str(ROOT / f"stages/{name}.py")],
        cwd=folder,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{name} ended with exit status {done.returncode}:\n{done.stdout}")


def show_table(runs: Iterable[dict[str, Any]], recipe: dict[str, Any], domains: Iterable[str]) -> None:
    """Print F1 of each domain as the mean over seeds, and the means over domains as the last line."""
    ours = [run for run in runs if recipe.items() <= run.items()]
    of_domain = {domain: [run for run in ours if run["domain"] == domain] for domain in domains}
    measures = ("test.f1", "test.macro_f1", "validation.f1")
    rows = [[domain, *(spread(run[name] for run in found) for name in measures)] for domain, found in of_domain.items()]
    means = [fmean(fmean(run[name] for run in found) for found in of_domain.values()) for name in measures]
    rows.append(["mean", *(f"{mean:.3f}" for mean in means)])
    print(tabulate(rows, ("domain", "test F1", "macro F1", "validation F1"), disable_numparse=True))
    print(json.dumps(last_line("crossner", "F1", means[0], PUBLISHED, **recipe, runs=len(ours))))


def spread(scores: Iterable[float]) -> str:
    """Return the mean of scores and, of more than one, their standard deviation."""
    found = list(scores)
    return f"{fmean(found):.3f} ({stdev(found):.3f})" if len(found) > 1 else f"{fmean(found):.3f}"


if __name__ == "__main__":
    main()
