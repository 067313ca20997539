"""What a device reaches with random data: steps in steady state, whole epochs as the stages run them, evaluation.

Part of training.py, for machines without a network; each part runs in its own process.
"""

from __future__ import annotations

import json
import math
import subprocess
from typing import Any, Protocol

import made
from host import describe_host
from sides import measure
from tabulate import tabulate

# Of the steady state: sub-words per step, and number of steps after the first epoch, which has each shape once.
LARGE, STEPS = 16_384, 200
# Whole epochs have the batches of presets/conll2003-gpu.yaml.
EPOCHS = 3
PARTS = ("steps", "validation", "checkpoints")


class Bench(Protocol):
    """What is used of `training.Bench`."""

    arguments: Any
    data: dict[str, Any]
    folder: str
    params: dict[str, Any]
    script: str


def measure_device(bench: Bench) -> dict[str, Any]:
    """Run all parts; print seconds by epoch and return the last line."""
    result: dict[str, Any] = {"name": "training", "unit": "sentences/s", "sentences": bench.data["sentences"]}
    run = steady(bench)
    speed = rates(bench, run)
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
    # On a CPU, compiling would take longer than all the rest.
    result["compiled"] = None if run["device"] == "cpu" else compiled(bench)
    return result | {"host": describe_host()}


def steady(bench: Bench, **changes: Any) -> dict[str, Any]:
    """Train with large batches, without validation and checkpoints."""
    size = bench.arguments.subwords_per_batch or LARGE
    # More than the steps of an epoch: batches of the longest sentences are not full, since padding is limited.
    warm_up = 2 * math.ceil(bench.data["sub_words"] / size)
    steps = bench.arguments.steps[1] if bench.arguments.steps else STEPS
    settings = {"epochs": 10_000, "max_steps": warm_up + steps, "checkpoint_every": 10**9} | changes
    settings["batches"] = bench.params["batches"] | {"order": "by_length", "subwords_per_batch": size}
    run = ours(bench, settings, "--no-validation", f"--warm-up={warm_up}")
    return run | {"sub_words_per_step": round(run["sub_words"] / steps)}


def compiled(bench: Bench) -> dict[str, Any] | None:
    """Measure the steady state with `train.compile`; None if it fails, for example for lack of a compiler."""
    try:
        return rates(bench, steady(bench, compile=True))
    except subprocess.CalledProcessError:
        return None


def ours(bench: Bench, settings: dict[str, Any], *options: str) -> dict[str, Any]:
    """Run the stage train with some params changed; nothing is pushed."""
    settings = bench.params | {"hub": bench.params["hub"] | {"push": False}} | settings
    return measure(bench.script, "ours", bench.folder, f"--settings={json.dumps(settings)}", *options)


def rates(bench: Bench, run: dict[str, Any]) -> dict[str, Any]:
    """Compute what a run reaches, see `made.rates`."""
    speed = run["sub_words"] / run["seconds"]
    return made.rates(speed, bench.data["flop"], run["device"], bench.arguments.peak)
