"""Benchmark of `tagline bulk`: words/s and memory on this machine, against `tagline predict` with the same input.

The input repeats the sentences of column files as JSON Lines of raw text until it has the given number of words. Both
programs run as a user starts them; the time of a run with one sentence is subtracted, since starting Ray takes seconds.
Processor time is that of all their processes. The answers are compared row by row.

    python benchmarks/bulk.py                                         data/sample, models/export
    python benchmarks/bulk.py --data FOLDER --words 1000000 10000000 --model FOLDER

Ends with one line of JSON; `ratio` is the words/s of bulk divided by those of predict for the largest input.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil
from host import describe_host
from sides import ROOT, data_parser, last_line, read_columns

# Seconds between two looks at the processes.
INTERVAL = 0.5


def main() -> None:
    parser = data_parser("Measure bulk against predict.")
    parser.add_argument("--model", type=Path, default=ROOT / "models/export", help="exported model")
    parser.add_argument("--words", type=int, nargs="+", default=[100_000], help="sizes of the input, ascending")
    arguments = parser.parse_args()
    sentences = [" ".join(row["words"]) for rows in read_columns(arguments.data).values() for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        start_up = measure_both(Path(folder) / "one", sentences[:1], 1, arguments.model)
        sizes = {}
        for words in arguments.words:
            found = measure_both(Path(folder) / str(words), sentences, words, arguments.model)
            sizes[words] = {side: rate(found[side], start_up[side], words) for side in found}
            print(f"{words:,} words: {json.dumps(sizes[words])}", flush=True)
    print(json.dumps(summary(sizes) | {"host": describe_host()}, allow_nan=False))


def summary(sizes: dict[int, dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Return the last line."""
    ours, plain = (sizes[max(sizes)][side]["words_per_s"] for side in ("bulk", "predict"))
    return last_line("bulk", "words/s", ours, plain, sizes=sizes)


def rate(run: dict[str, float], start_up: dict[str, float], words: int) -> dict[str, float]:
    """Return rates without the start, and peak memory."""
    return {
        "words_per_s": round(words / (run["seconds"] - start_up["seconds"])),
        "us_of_cpu_per_word": round(1e6 * (run["cpu"] - start_up["cpu"]) / words, 1),
        "start_s": round(start_up["seconds"], 1),
        "peak_mib": round(run["peak"] / 2**20),
        "peak_of_a_process_mib": round(run["largest"] / 2**20),
    }


def measure_both(folder: Path, sentences: Sequence[str], words: int, model: Path) -> dict[str, dict[str, float]]:
    """Write the input, run both programs, and compare their answers."""
    folder.mkdir()
    source, target, tagged = folder / "input.jsonl", folder / "predicted.jsonl", folder / "tagged"
    with source.open("w", encoding="utf-8") as file:
        for sentence in repeated(sentences, words):
            file.write(json.dumps({"text": sentence}, ensure_ascii=False) + "\n")
    measured = {
        "predict": measure("predict", f"--model={model}", f"--input={source}", f"--output={target}"),
        "bulk": measure("bulk", str(source), f"--output={tagged}", f"--model={model}", "--address=local"),
    }
    for number, (ours, theirs) in enumerate(zip(tagged_rows(tagged), target.open(encoding="utf-8"), strict=True), 1):
        if ours != json.loads(theirs)["entities"]:
            sys.exit(f"row {number}: bulk gives {ours}, predict {theirs}")
    return measured


def repeated(sentences: Sequence[str], words: int) -> Iterator[str]:
    """Yield sentences until they have a number of words, separated by spaces."""
    count = 0
    for sentence in cycle(sentences):
        yield sentence
        count += sentence.count(" ") + 1
        if count >= words:
            return


def tagged_rows(folder: Path) -> Iterator[list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("part-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches(columns=["entities"]):
            yield from batch["entities"].to_pylist()


def measure(verb: str, *options: str) -> dict[str, float]:
    """Run a program; return its seconds, and of all its processes the seconds of processor and bytes of memory.

    Memory is the sum of what each process has for itself (unique set size), and the largest of these.
    """
    start = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT / "stages")}
    command = [sys.executable, "-m", "tagline", verb, *options]
    process = psutil.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    cpu: dict[int, float] = {}
    peak = largest = 0
    while process.poll() is None:
        sizes = []
        for each in processes(process):
            try:
                times, memory = each.cpu_times(), each.memory_full_info().uss
            except psutil.Error:  # it has ended
                continue
            cpu[each.pid] = times.user + times.system
            sizes.append(memory)
        peak, largest = max(peak, sum(sizes)), max(largest, *sizes, 0)
        time.sleep(INTERVAL)
    if process.returncode:
        sys.exit(f"tagline {verb} failed")
    return {"seconds": time.perf_counter() - start, "cpu": sum(cpu.values()), "peak": peak, "largest": largest}


def processes(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


if __name__ == "__main__":
    main()
