"""Learning curve: F1 of test for growing parts of the training split, and what more sentences are likely worth.

Reads params.yaml of the current folder, as the stages do. `download` runs once for each curve; each run then is
`tokenize_align`, `train` and `evaluate` on one thread in a folder of its own, with a part of the training sentences.
Those of a seed are nested: the first 100 are among the first 200. Small parts are repeated within an epoch, since eight
epochs of a hundred sentences are a few steps; all sentences are trained as `dvc repro` does.

    python benchmarks/curve.py --runs curve.jsonl --plot curve.svg
        runs that FILE has are not repeated, so the command continues after an interruption
    python benchmarks/curve.py -S download.encoder.mark_capitals=false
        a second curve, with these params
    python benchmarks/curve.py --sizes 50 100 200 400 --seeds 1 2 --jobs 4

Ends with one line of JSON: `plain` is the fitted F1 with all sentences, `ours` that with 500 more (`--more`), `gain`
the difference with an interval of 80 %, `hidden` the F1 of the largest size and `predicted` what the others predict.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from curve_plot import learning_curves
from host import describe_host
from power_law import PowerLaw
from sides import ROOT, FinishedRuns
from tabulate import tabulate

from tagline.artifacts import raw_data
from tagline.core.errors import UserError, exit_with_message
from tagline.core.params import PARAMS, list_errors, plain, read_file
from tagline.core.provenance import HASHES, write_hashes
from tagline.tools.settings.pipelines import set_param
from tagline.tools.settings.sections import params_errors
from tagline.tools.settings.yaml_files import text_of
from tagline.tools.suggestion import coverage
from tagline.tools.texts.options import natural
from tagline.training.train_params import WITHOUT_EFFECT

RAW, PRETRAINED = Path("data/raw"), Path("models/pretrained")
STAGES = ("tokenize_align", "train", "evaluate")
# Sizes below all sentences: with fewer, the law of the smaller ones has no interval worth its name.
LEAST_SIZES = 4
SCORES = ("validation.f1", "test.f1", "train.best_epoch")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the learning curve of the params in the current folder.")
    parser.add_argument("--sizes", type=natural, nargs="+", default=[100, 200, 400, 800, 1600], help="sentences")
    parser.add_argument("--seeds", type=natural, nargs="+", default=[42, 13, 87], help="of the parts and of training")
    parser.add_argument(
        "--least", type=natural, default=3200, help="sentences that all epochs have together (default: 3200)"
    )
    parser.add_argument(
        "-S", "--set-param", metavar="KEY=VALUE", action="append", default=[], help="params of a second curve"
    )
    parser.add_argument("--diverse", action="store_true", help="a second curve: the first texts of `tagline suggest`")
    parser.add_argument("--more", type=natural, default=500, help="sentences whose worth is predicted (default: 500)")
    parser.add_argument("--jobs", type=natural, default=1, help="runs at the same time (default: 1)")
    parser.add_argument("--runs", type=Path, help="file to which runs are appended; those in it are not repeated")
    parser.add_argument("--plot", type=Path, help="SVG file to write")
    arguments = parser.parse_args()
    for path in filter(None, (arguments.runs, arguments.plot)):
        if not path.parent.is_dir():
            parser.error(f"{path}: {path.parent} is not a folder; expected an existing one")
    finished = FinishedRuns(arguments.runs)
    with tempfile.TemporaryDirectory() as folder:
        least, changes, diverse = arguments.least, arguments.set_param, arguments.diverse
        curves = [Curve(Path(folder, "params"), finished, least)]
        if changes or diverse:
            curves.append(Curve(Path(folder, "other"), finished, least, changes, diverse))
        for curve in curves:
            curve.measure(arguments.sizes, arguments.seeds, arguments.jobs)
    print(table(curves))
    laws = {curve.name: PowerLaw(curve.points) for curve in curves}
    found = {curve.name: worth(curve.points, laws[curve.name], arguments.more) for curve in curves}
    for name, of_curve in found.items():
        print(f"{name}: {sentence(of_curve, arguments.more)}")
    if arguments.plot:
        drawn = {curve.name: (curve.points, laws[curve.name]) for curve in curves}
        arguments.plot.write_text(learning_curves(drawn, arguments.more), encoding="utf-8")
    first = found[curves[0].name]
    ours, now = first["expected"], first["fitted"]
    result = {"name": "curve", "unit": "F1 of test", "ours": ours, "plain": now, "ratio": round(ours / now, 4)}
    print(json.dumps(result | {"more": arguments.more, "curves": found, "host": describe_host()}, allow_nan=False))


class Curve:
    """The runs with some params.

    Args:
        folder: to work in.
        finished: runs that are not repeated.
        least: sentences that all epochs have together at least; smaller parts are repeated.
        changes: of params, as for `dvc exp run -S`.
        diverse: whether `tagline suggest` chooses the sentences, without a model and as many words as random ones have.

    Attributes:
        name: what differs from params.yaml.
        points: sentences and F1 of test of each run, ascending; empty before `measure`.
    """

    def __init__(
        self, folder: Path, finished: FinishedRuns, least: int, changes: Sequence[str] = (), diverse: bool = False
    ) -> None:
        self.folder, self.finished, self.least, self.diverse = folder, finished, least, diverse
        self.name = " ".join([*changes, *(["diverse"] if diverse else [])]) or str(PARAMS)
        self.points: list[tuple[int, float]] = []
        self.params = read_file()
        for setting in changes:
            set_param(self.params, setting)
        if errors := params_errors(self.params):
            raise UserError(list_errors(errors))
        data = Path(self.params["download"]["folder"])
        self.params["download"]["folder"] = str(data.absolute())
        for stage in ("train", "export"):
            self.params[stage]["hub"]["push"] = False
        self.params["tokenize_align"]["limits"] = dict.fromkeys(self.params["tokenize_align"]["limits"])
        (folder / RAW).parent.mkdir(parents=True)
        self._write_params(folder, self.params["train"]["seed"])
        run_stages(folder, "download")
        self.raw = raw_data.load(folder / RAW)
        self.total = self.raw.sentences["train"]
        name = self.params["download"]["dataset"].get("name", data.name)  # on the Hub, or the folder's
        self.settings = {"corpus": name, "params": self.name, "settings": self._digest()}

    def measure(self, sizes: Sequence[int], seeds: Sequence[int], jobs: int) -> None:
        """Run each size and all sentences with each seed, unless the file of runs has it.

        Raises:
            UserError: a stage fails, or fewer than four sizes are below the number of all sentences.
        """
        below = sorted(size for size in set(sizes) if size < self.total)
        if len(below) < LEAST_SIZES:
            raise UserError(
                f"--sizes: {len(below)} below the {self.total:,} training sentences; expected at least {LEAST_SIZES}, "
                "such as 100 200 400 800"
            )
        pairs = [(size, seed) for seed in seeds for size in (*below, self.total)]
        with ThreadPoolExecutor(jobs) as pool:
            runs = pool.map(lambda pair: self._run(*pair), pairs)
            self.points = sorted((run["sentences"], run["test.f1"]) for run in runs)

    def _run(self, sentences: int, seed: int) -> dict[str, Any]:
        wanted = self.settings | {"sentences": sentences, "seed": seed}
        if run := self.finished.find(wanted):
            return run
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            folder = Path(name)
            self._write_params(folder, seed)
            for path in (RAW, PRETRAINED):
                shutil.copytree(self.folder / path, folder / path, copy_function=os.link)
            if sentences < self.total:
                shutil.rmtree(folder / RAW / "train")
                raw_data.write(folder / RAW, {"train": self._part(sentences, seed)}, self.raw.tag_columns)
                (folder / RAW / HASHES).unlink()  # which is a link
                write_hashes(folder / RAW)
            run_stages(folder, *STAGES)
            metrics = json.loads((folder / "metrics/evaluate.json").read_text(encoding="utf-8"))
        run = wanted | {name: metrics[name] for name in SCORES}
        print(f"{self.name}: {sentences:,} sentences, seed {seed}: F1 {run['test.f1']:.4f}", flush=True)
        self.finished.add(run)
        return run

    def _part(self, sentences: int, seed: int) -> list[dict[str, Any]]:
        """Draw documents in random order until they have enough sentences; the last one may be cut."""
        rows = (row for batch in self.raw.batches("train") for row in batch.to_pylist())
        documents = [list(each) for _, each in groupby(rows, key=itemgetter("document"))]
        order = np.random.default_rng(seed).permutation(len(documents))
        shuffled = [row for index in order for row in documents[index]]
        part = shuffled[:sentences]
        if self.diverse:
            words = sum(len(row[raw_data.WORDS]) for row in part)
            part = [shuffled[index] for index in coverage.choose([row[raw_data.WORDS] for row in shuffled], words)]
        return [
            {key: value for key, value in row.items() if key != raw_data.ID} | {"document": f"{copy}-{row['document']}"}
            for copy in range(math.ceil(self.least / self.params["train"]["epochs"] / len(part)))
            for row in part
        ]

    def _write_params(self, folder: Path, seed: int) -> None:
        params = deepcopy(self.params)
        params["train"]["seed"] = seed
        (folder / PARAMS).write_text(text_of(params), encoding="utf-8")

    def _digest(self) -> str:
        """A digest of the data, the encoder and the params that decide the scores, but for the seed."""
        params = plain(self.params)
        train = {key: value for key, value in params["train"].items() if key not in {"seed", *WITHOUT_EFFECT}}
        sections = [params["tokenize_align"], train, params["evaluate"], self.least]
        hashes = [(self.folder / path / HASHES).read_text(encoding="utf-8") for path in (RAW, PRETRAINED)]
        return hashlib.sha256(json.dumps([*sections, *hashes], sort_keys=True).encode()).hexdigest()[:12]


def table(curves: Sequence[Curve]) -> str:
    """The mean F1 of each size and curve, with the standard deviation over seeds."""
    rows: dict[int, dict[str, str]] = {}
    for curve in curves:
        for size, points in groupby(curve.points, key=itemgetter(0)):
            f1 = [each for _, each in points]
            spread = f" ± {stdev(f1):.3f}" if len(f1) > 1 else ""
            rows.setdefault(size, {"sentences": f"{size:,}"})[curve.name] = f"{mean(f1):.3f}{spread}"
    return tabulate(rows.values(), headers="keys", tablefmt="github", disable_numparse=True)


def worth(points: Sequence[tuple[int, float]], law: PowerLaw, more: int) -> dict[str, Any]:
    """What the law says of more sentences, and how well it says the largest size from the smaller ones."""
    largest = points[-1][0]
    smaller = PowerLaw([point for point in points if point[0] < largest])
    gain, *interval = law.gain(largest, more)
    found = {
        "factor": law.factor,
        "exponent": law.exponent,
        "fitted": law.f1(largest),
        "expected": law.f1(largest + more),
        "gain": gain,
        "interval": interval,
        "hidden": mean(f1 for size, f1 in points if size == largest),
        "predicted": smaller.f1(largest),
        "predicted_interval": smaller.interval(largest),
    }
    return {name: np.round(value, 4).tolist() for name, value in found.items()}


def sentence(found: dict[str, Any], more: int) -> str:
    """What the law says, for people."""
    low, high = found["interval"]
    least, most = found["predicted_interval"]
    return (
        f"{more:,} more sentences are likely worth {found['gain']:+.3f} F1 (80 % interval: {low:+.3f} to {high:+.3f}); "
        f"of the largest size, the smaller ones predict {found['predicted']:.3f} ({least:.3f} to {most:.3f}), and it "
        f"has {found['hidden']:.3f}"
    )


def run_stages(folder: Path, *stages: str) -> None:
    """Run scripts of stages/ in a folder on one thread; raise a `UserError` with the message of one that fails."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TAGLINE_PROCESSES": "1"}
    for stage in stages:
        command = [sys.executable, str(ROOT / f"stages/{stage}.py")]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UserError(done.stderr.strip())


if __name__ == "__main__":
    exit_with_message(main)
