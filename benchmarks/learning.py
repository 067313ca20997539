"""Training and scoring a corpus in a temporary folder, by the scripts of the stages, as DVC runs them."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from dvc.utils.hydra import apply_overrides
from sides import ROOT, FinishedRuns

from tagline.core.params import read_file

PACKAGED = "packaged"
STAGES = ("download", "tokenize_align", "train", "evaluate")


def recipe_parser(description: str | None, runs: str) -> argparse.ArgumentParser:
    """A parser of the options of a recipe: its name, encoder, seeds, changes of params, and file of finished runs."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="defaults", help="name of these settings in the table")
    parser.add_argument("--encoder", type=Path, help="folder of another encoder")
    parser.add_argument("--seeds", type=int, nargs="+", default=(42, 13, 7))
    parser.add_argument("--runs", type=Path, default=ROOT / "benchmarks" / runs, help="file of finished runs")
    parser.add_argument("-S", dest="changes", action="append", default=[])
    return parser


def recipe_of(options: argparse.Namespace) -> dict[str, Any]:
    """The name of a recipe and of its encoder, as finished runs have them."""
    return {"recipe": options.recipe, "encoder": options.encoder.name if options.encoder else PACKAGED}


def learn_once(
    finished: FinishedRuns, run: Mapping[str, Any], files: Mapping[str, str], width: int, options: argparse.Namespace
) -> None:
    """Train and score, unless the run is finished; a finished one is added with its commit and scores.

    Args:
        run: recipe, corpus and seed.
        files: the text of each split, with words in the first column and tags in the last one.
        width: number of columns.
    """
    if finished.find(dict(run)):
        return
    commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True).strip()
    scores = learn(files, width, options.encoder, [f"train.seed={run['seed']}", *options.changes])
    finished.add({**run, "commit": commit, "changes": options.changes, **scores})
    print(json.dumps(finished.runs[-1]), flush=True)


def learn(files: Mapping[str, str], width: int, encoder: Path | None, changes: Sequence[str]) -> dict[str, Any]:
    """Run the stages up to evaluate with the sample's params and these changes, and return the scores."""
    params = read_file(ROOT / "presets/sample.yaml")
    names = {split: f"{split}.conll" for split in files}
    columns = ["words", *["-"] * (width - 2), "ner"]
    params["download"] |= {"folder": "corpus", "dataset": params["download"]["dataset"] | names | {"columns": columns}}
    if encoder:
        params["download"]["encoder"] = {"source": "path", "path": "encoder", "mark_capitals": True}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        for split, text in files.items():
            (folder / "corpus" / names[split]).write_text(text, encoding="utf-8")
        if encoder:
            shutil.copytree(encoder, folder / "corpus/encoder")
        (folder / "params.yaml").write_text(json.dumps(params), encoding="utf-8")  # which is YAML
        apply_overrides(folder / "params.yaml", list(changes))
        for stage in STAGES:
            run_stage(stage, folder)
        report, trained = (
            json.loads((folder / f"reports/{stage}.json").read_text(encoding="utf-8"))
            for stage in ("evaluate", "train")
        )
    scores = {f"{split}.f1": report[split]["overall"]["f1"] for split in ("validation", "test")}
    macro = fmean(of["f1"] for of in report["test"]["per_type"].values())
    return scores | {"test.macro_f1": macro, "best_epoch": trained["best_epoch"], "steps": trained["steps"]}


def run_stage(name: str, folder: Path) -> None:
    """Run the script of a stage; what it prints is shown if it fails."""
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
