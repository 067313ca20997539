"""Benchmark of training on a busy host: threads that soon sleep while they wait against threads that spin.

One other process keeps a core busy. PyTorch's OpenMP threads spin for milliseconds by default; the stages' threads
(`tagline.core.startup`) sleep after some microseconds, so that a waiting thread leaves its core to the others. Both
sides train with the params of presets/sample.yaml, in turn, each in its own process, and must end with the same
weights. Time is that of the steps after the first few, without validation.

    python benchmarks/busy.py                  20 steps on data/sample, with one busy process
    python benchmarks/busy.py --busy 0         on an idle host
    python benchmarks/busy.py --rounds 3       medians of three pairs

Ends with one line of JSON; `ratio` is the time of spinning threads relative to ours.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from host import measure_host
from shares import WARM_UP
from sides import data_parser, measure
from tabulate import tabulate
from training import committed_params

# Environment of each side: the defaults of GNU's and LLVM's OpenMP; nothing, so that the stages' own settings apply.
SIDES: dict[str, dict[str, str]] = {"spinning": {"GOMP_SPINCOUNT": "300000", "KMP_BLOCKTIME": "200"}, "ours": {}}
# Variables that would decide for both sides.
VARIABLES = ("OMP_WAIT_POLICY", "KMP_BLOCKTIME", "GOMP_SPINCOUNT")


def main() -> None:
    parser = data_parser("Measure training beside a busy process.")
    parser.add_argument("--encoder", type=Path, help="folder of an encoder with its tokenizer (default: packaged)")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--busy", type=int, default=1, help="number of busy processes")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    runs = in_turn(arguments)
    seconds = {side: median(run["seconds"] for run in of_side) for side, of_side in runs.items()}
    host = measure_host(arguments.encoder, committed_params()["batches"]["subwords_per_batch"])
    last = runs["ours"][-1]
    print(tabulate(seconds.items(), ["threads", f"s for {arguments.steps} steps"], floatfmt=".1f"))
    result = {
        "name": "busy",
        "unit": "s",
        "steps": arguments.steps,
        "busy": arguments.busy,
        "ours": round(seconds["ours"], 3),
        "plain": round(seconds["spinning"], 3),
        "ratio": round(seconds["spinning"] / seconds["ours"], 2),
        "equal_weights": len({run["weights"] for of_side in runs.values() for run in of_side}) == 1,
        "share": host.share(last["sub_words"], last["seconds"], last["precision"], passes=3),
        "host": host.about,
    }
    print(json.dumps(result))


def in_turn(arguments: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Run both sides in turn beside the busy processes."""
    params = committed_params() | {"epochs": 1000, "max_steps": WARM_UP + arguments.steps}
    params["hub"] |= {"push": False}
    script, runs = str(Path(__file__).with_name("recipes.py")), {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder:
        encoder = [f"--encoder={arguments.encoder.resolve()}"] if arguments.encoder else []
        measure(script, "prepare", folder, f"--data={arguments.data.resolve()}", *encoder)
        with busy(arguments.busy):
            for number in range(arguments.rounds):
                # Alternate which side is first, in case the load of the host changes.
                for side in list(SIDES)[:: -1 if number % 2 else 1]:
                    for name in VARIABLES:
                        os.environ.pop(name, None)
                    os.environ.update(SIDES[side])
                    run = measure(script, "ours", folder, f"--settings={json.dumps(params)}", "--no-validation")
                    weights = Path(folder, "finetuned/model.safetensors").read_bytes()
                    runs[side].append(run | {"weights": hashlib.sha256(weights).hexdigest()})
    return runs


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep a number of cores busy."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
