"""Benchmark of training against the plain recipe, with the same encoder and data/tokenized.

The plain recipe is transformers' Trainer as in the Hugging Face course, chapter "Token classification": random batches
of 8, single precision. The other side is the stage train with the params of presets/sample.yaml. Each run is its own
process.
Speed is that of the steps, without the first few and without validation; F1 is that of the best epoch on validation,
computed by this project on words for both sides.

    python benchmarks/training.py                             data/sample, each side with its own learning rate
    python benchmarks/training.py --data FOLDER --epochs 3    column files
    python benchmarks/training.py --rounds 5                  only speed: short runs in turn, medians
    python benchmarks/training.py --plain-rates 5e-5 1e-4 --our-rates 2e-4 4e-4 --seeds 1 2 3 --runs FILE
        each side with all seeds at its best rate, by F1 of the first seed; runs in FILE are not repeated
    python benchmarks/training.py --random-weights bert-base
        a GPU without a network: share of its peak, seconds of whole epochs by part, evaluation; with --rounds as above

Ends with one line of JSON; `ratio` is the speed relative to the plain recipe.
"""

import argparse
import contextlib
import json
import math
import tempfile
from pathlib import Path
from statistics import mean, median
from typing import Any

import made
from host import Host, describe_host, measure_host
from sides import ROOT, FinishedRuns, data_parser, measure
from tabulate import tabulate

SIDES = ("plain", "ours")
# About ten seconds of the plain recipe on two idle cores.
SUB_WORDS_PER_ROUND, MIN_STEPS = 10_000, 8
# Of the steady state: sub-words per step, and number of steps after the first epoch, which has each shape once.
LARGE, STEPS = 16_384, 200
# Whole epochs have the batches of presets/conll2003-gpu.yaml.
EPOCHS = 3
PARTS = ("steps", "validation", "checkpoints")
Runs = list[dict[str, Any]]


def main() -> None:
    parser = data_parser("Measure training against the plain recipe.")
    parser.add_argument("--encoder", type=Path, help="folder of an encoder with its tokenizer (default: packaged)")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--plain-rates", type=float, nargs="+", default=[2e-5], help="learning rates to try")
    parser.add_argument("--our-rates", type=float, nargs="+", help="likewise (default: that of the sample)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--runs", type=Path, help="file to which runs are appended; those in it are not repeated")
    parser.add_argument("--only", choices=SIDES, help="run only one side")
    parser.add_argument("--rounds", type=int, help="measure only speed, in this number of pairs of short runs")
    parser.add_argument("--steps", type=int, nargs=2, metavar=("PLAIN", "OURS"), help="number of steps of a short run")
    parser.add_argument("--subwords-per-batch", type=int, help="like train.batches.subwords_per_batch")
    parser.add_argument("--random-weights", choices=tuple(made.SIZES), help="random data, and an encoder of this size")
    parser.add_argument("--peak", type=float, help="TFLOP/s of an unknown GPU in bf16")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, arguments)
        if arguments.random_weights and not arguments.rounds:
            bench.params = committed_params("conll2003-gpu")
            print(json.dumps(measure_device(bench), allow_nan=False))
            return
        runs = bench.rounds(arguments.rounds) if arguments.rounds else bench.recipes()
        host = measure_host(Path(folder) / "models/pretrained/encoder", bench.subwords_per_batch())
    print(bench.table(runs))
    print(json.dumps(bench.summary(runs, host), allow_nan=False))


class Bench:
    """Runs both sides with the same data/tokenized.

    Args:
        folder: an empty folder to work in.
        arguments: of the command line.
    """

    def __init__(self, folder: str, arguments: argparse.Namespace) -> None:
        self.folder, self.arguments = folder, arguments
        self.script = str(Path(__file__).with_name("recipes.py"))
        self.sides = [arguments.only] if arguments.only else list(SIDES)
        options = [f"--data={arguments.data.resolve()}"]
        options += [f"--encoder={arguments.encoder.resolve()}"] if arguments.encoder else []
        options += [f"--random-weights={arguments.random_weights}"] if arguments.random_weights else []
        self.data = measure(self.script, "prepare", folder, *options)
        self.params = committed_params()
        if arguments.subwords_per_batch:
            self.params["batches"] |= {"order": "by_length", "subwords_per_batch": arguments.subwords_per_batch}
        self.finished = FinishedRuns(arguments.runs)

    def recipes(self) -> dict[str, Runs]:
        """Run each side with all seeds at its best learning rate, by F1 with the first seed."""
        seeds, epochs = self.arguments.seeds, self.arguments.epochs
        rates = {
            "plain": self.arguments.plain_rates,
            "ours": self.arguments.our_rates or [self.params["learning_rate"]],
        }
        chosen = {}
        for side in self.sides:
            settings = {"seed": seeds[0], "epochs": epochs, "max_steps": None}
            tried = [self.run(side, settings | {"learning_rate": rate}) for rate in rates[side]]
            best = max(tried, key=lambda run: max(run["f1"]))
            settings["learning_rate"] = best["settings"]["learning_rate"]
            chosen[side] = [best, *(self.run(side, settings | {"seed": seed}) for seed in seeds[1:])]
        return chosen

    def rounds(self, count: int) -> dict[str, Runs]:
        """Run both sides in turn, with about the same number of sub-words."""
        sizes = {"plain": 8 * self.data["sub_words"] / self.data["windows"], "ours": self.subwords_per_batch()}
        steps = {side: max(MIN_STEPS, round(SUB_WORDS_PER_ROUND / size)) for side, size in sizes.items()}
        if self.arguments.steps:
            steps = dict(zip(SIDES, self.arguments.steps, strict=True))
        runs: dict[str, Runs] = {side: [] for side in self.sides}
        for number in range(count):
            # Alternate which side is first, in case the load of the host changes.
            for side in self.sides[:: -1 if number % 2 else 1]:
                settings = {"learning_rate": 5e-5, "seed": number, "epochs": 1000, "max_steps": steps[side]}
                runs[side].append(self.run(side, settings, "--no-validation"))
        return runs

    def subwords_per_batch(self) -> int:
        """Return the number of sub-words in one of our batches."""
        batches = self.params["batches"]
        if batches["order"] == "by_length":
            return batches["subwords_per_batch"]
        return round(batches["batch_size"] * self.data["sub_words"] / self.data["windows"])

    def run(self, side: str, settings: dict[str, Any], *options: str) -> dict[str, Any]:
        """Run a side, unless the file of runs contains the run."""
        given = {}
        if side == "ours":
            settings = self.params | settings
            # Settings without effect on the results do not identify a run; nothing is pushed.
            given = {key: settings.pop(key) for key in ("checkpoint_every", "hub")}
            given["hub"] = given["hub"] | {"push": False}
        wanted = {"side": side, "data": self.arguments.data.name, "sentences": self.data["sentences"]}
        wanted["settings"] = settings
        if finished := self.finished.find(wanted):
            return finished
        run = wanted | measure(self.script, side, self.folder, f"--settings={json.dumps(settings | given)}", *options)
        # By sub-words, since a few batches of similar length are not representative of sentences.
        sentences = run["sub_words"] * self.data["sentences"] / self.data["sub_words"]
        run["sentences_per_second"] = sentences / run["seconds"]
        run["sentences_per_cpu_second"] = sentences / run["cpu_seconds"]
        print(
            f"{side}: learning rate {settings['learning_rate']}, seed {settings['seed']}: "
            f"{run['sentences_per_second']:.1f} sentences/s, F1 {', '.join(f'{f1:.4f}' for f1 in run['f1']) or '-'}",
            flush=True,
        )
        self.finished.add(run)
        return run

    def table(self, runs: dict[str, Runs]) -> str:
        """Lay out the results: one row per side."""
        rows = []
        for side, of_side in runs.items():
            speed = median(run["sentences_per_second"] for run in of_side)
            rows.append(
                {
                    "": side,
                    "learning rate": of_side[0]["settings"]["learning_rate"],
                    "sentences/s": f"{speed:,.1f}",
                    "s per epoch": f"{self.data['sentences'] / speed:,.1f}",
                    "peak MiB": f"{max(run['peak'] for run in of_side) / 2**20:,.0f}",
                    "F1": mean_and_range([max(run["f1"]) for run in of_side if run["f1"]]),
                }
            )
        return tabulate(rows, headers="keys", disable_numparse=True)

    def summary(self, runs: dict[str, Runs], host: Host) -> dict[str, Any]:
        """Return the last line."""
        found: dict[str, Any] = {"name": "training", "unit": "sentences/s", "sentences": self.data["sentences"]}
        speeds = {side: [run["sentences_per_second"] for run in of_side] for side, of_side in runs.items()}
        cpu = {side: median(run["sentences_per_cpu_second"] for run in of_side) for side, of_side in runs.items()}
        for side, of_side in runs.items():
            found[side] = round(median(speeds[side]), 1)
            found[f"{side}_peak_mib"] = round(max(run["peak"] for run in of_side) / 2**20)
            found[f"{side}_rate"] = of_side[0]["settings"]["learning_rate"]
            found[f"{side}_f1"] = [round(max(run["f1"]), 6) for run in of_side if run["f1"]]
        if len(runs) == 2:
            found["ratios"] = [round(a / b, 2) for a, b in zip(speeds["ours"], speeds["plain"], strict=True)]
            found["ratio"] = round(median(found["ratios"]), 2)
            found["cpu_ratio"] = round(cpu["ours"] / cpu["plain"], 2)
        if "ours" in runs:
            last = runs["ours"][-1]
            found |= {name: last[name] for name in ("precision", "padding", "shares")}
            speed = median(run["sub_words"] / run["seconds"] for run in runs["ours"])
            found["share"] = host.share(speed, 1, last["precision"], passes=3)
            if self.data["flop"]:
                found |= made.rates(speed, self.data["flop"], last["device"], self.arguments.peak)
        return found | {"host": host.about}


def measure_device(bench: Bench) -> dict[str, Any]:
    """Run all parts; print seconds by epoch and return the last line."""
    result: dict[str, Any] = {"name": "training", "unit": "sentences/s", "sentences": bench.data["sentences"]}
    run = steady(bench)
    speed = reached(bench, run)
    result["ours"] = round(speed["sub_words_per_second"] * bench.data["sentences"] / bench.data["sub_words"], 1)
    result |= {name: run[name] for name in ("precision", "sub_words_per_step")} | speed
    result["steady_peak_mib"] = round(run["peak"] / 2**20)
    whole = ours(bench, {"epochs": EPOCHS, "max_steps": None})
    epochs = [{part: round(seconds[part], 3) for part in PARTS} for seconds in whole["epochs"]]
    print(tabulate([{"epoch": number, **seconds} for number, seconds in enumerate(epochs, 1)], "keys"))
    totals = {part: round(sum(seconds[part] for seconds in epochs), 2) for part in PARTS}
    result |= {"epochs": epochs, "seconds": totals | {"process": round(whole["total"], 2)}}
    result |= {"peak_mib": round(whole["peak"] / 2**20), "f1": whole["f1"]}
    labelled = measure(bench.script, "evaluate", bench.folder)
    result["evaluate"] = {"sentences": labelled["sentences"], "seconds": round(labelled["seconds"], 2)}
    result["evaluate"]["sentences_per_second"] = round(labelled["sentences"] / labelled["seconds"], 1)
    return result | {"host": describe_host()}


def steady(bench: Bench) -> dict[str, Any]:
    """Train with large batches, without validation and checkpoints."""
    size = bench.arguments.subwords_per_batch or LARGE
    # More than the steps of an epoch: batches of the longest sentences are not full, since padding is limited.
    warm_up = 2 * math.ceil(bench.data["sub_words"] / size)
    steps = bench.arguments.steps[1] if bench.arguments.steps else STEPS
    settings = {"epochs": 10_000, "max_steps": warm_up + steps, "checkpoint_every": 10**9}
    settings["batches"] = bench.params["batches"] | {"order": "by_length", "subwords_per_batch": size}
    run = ours(bench, settings, "--no-validation", f"--warm-up={warm_up}")
    return run | {"sub_words_per_step": round(run["sub_words"] / steps)}


def ours(bench: Bench, settings: dict[str, Any], *options: str) -> dict[str, Any]:
    """Run the stage train with some params changed; nothing is pushed."""
    settings = bench.params | {"hub": bench.params["hub"] | {"push": False}} | settings
    return measure(bench.script, "ours", bench.folder, f"--settings={json.dumps(settings)}", *options)


def reached(bench: Bench, run: dict[str, Any]) -> dict[str, Any]:
    """Compute what a run reaches, see `made.rates`."""
    speed = run["sub_words"] / run["seconds"]
    return made.rates(speed, bench.data["flop"], run["device"], bench.arguments.peak)


def committed_params(preset: str = "sample") -> dict[str, Any]:
    """Return the section ``train`` of a preset, with its defaults."""
    from ruamel.yaml import YAML

    from tagline.project import presets
    from tagline.training.train_params import Train

    with contextlib.chdir(ROOT):  # where presets are found
        section = YAML(typ="safe").load(presets.build(preset))["train"]
    return Train.model_validate(section).model_dump()


def mean_and_range(values: list[float]) -> str:
    """Format the mean, and the minimum and maximum of several values."""
    if not values:
        return "-"
    return f"{mean(values):.4f}" + (f" ({min(values):.4f} to {max(values):.4f})" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
