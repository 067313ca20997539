"""Benchmark of tokenising and aligning against the plain recipe: words per second and peak memory.

The plain recipe is `datasets.map(batched=True)` with the function of the Hugging Face course, chapter "Token
classification": tokenise the words, then label the sub-words in a loop over `word_ids()`. Both read the same sentences
from disk and write to disk, each in its own process. Starting Python and importing libraries is measured separately.

    python benchmarks/tokenize_align.py                                  data/sample, once
    python benchmarks/tokenize_align.py --data FOLDER --words 1000000    column files, repeated to a million words

Ends with one line of JSON; `ratio` is the speed relative to the plain recipe.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from host import describe_host
from sides import (
    TASK,
    align,
    data_parser,
    measure,
    measured,
    parse_or_run,
    read_columns,
    save_data_set,
    save_tokenizer,
    tokenization,
    write_raw,
)

MAX_LENGTH = 128


def main() -> None:
    parser = data_parser("Measure tokenising and aligning against the plain recipe.")
    parser.add_argument("--words", type=int, default=0, help="repeat the data to at least this number of words")
    arguments = parse_or_run(parser, {"prepare": prepare, "ours": ours, "plain": plain})
    with tempfile.TemporaryDirectory() as folder:
        options = ("--data", str(arguments.data.resolve()), "--words", str(arguments.words))
        words = measure(__file__, "prepare", folder, *options)["words"]
        found = {side: measure(__file__, side, folder, *options) for side in ("plain", "ours")}
    for side, numbers in found.items():
        print(
            f"{side}: {words:,} words in {numbers['seconds']:.2f} s ({numbers['total']:.2f} s with start-up), "
            f"{words / numbers['seconds']:,.0f} words/s, peak {numbers['peak'] / 2**20:,.0f} MiB"
        )
    print(json.dumps(summary(words, found) | {"host": describe_host()}, allow_nan=False))


def summary(words: int, found: dict[str, dict[str, float]]) -> dict[str, object]:
    """Return the last line."""
    result: dict[str, object] = {"name": "tokenize_align", "unit": "words/s", "words": words}
    for side, numbers in found.items():
        result[side] = round(words / numbers["seconds"])
        result[f"{side}_with_startup"] = round(words / numbers["total"])
        result[f"{side}_peak_mib"] = round(numbers["peak"] / 2**20)
    result["ratio"] = round(found["plain"]["seconds"] / found["ours"]["seconds"], 2)
    result["ratio_with_startup"] = round(found["plain"]["total"] / found["ours"]["total"], 2)
    return result


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """Write data/raw and the tokenizer as the stage download does, and the plain recipe's data set."""
    splits = read_columns(arguments.data)
    once = sum(len(row["words"]) for rows in splits.values() for row in rows)
    times = max(1, -(-arguments.words // once))
    repeated: dict[str, Iterator[dict[str, list[str]]]] = {
        split: chain.from_iterable(repeat(rows, times)) for split, rows in splits.items()
    }
    write_raw(folder / "raw", repeated)
    save_data_set(folder / "plain-raw", splits, times)
    save_tokenizer(folder / "tokenizer")
    return {"words": once * times}


def ours(folder: Path, _: argparse.Namespace) -> dict[str, float]:
    """Measure this project."""
    from tagline.tokenization.stage import tokenize_align

    params = tokenization(MAX_LENGTH)
    start = time.perf_counter()
    tokenize_align(folder / "raw", folder / "tokenizer", params, folder / "ours", folder / "tests")
    return measured(start)


def plain(folder: Path, _: argparse.Namespace) -> dict[str, float]:
    """Measure the plain recipe."""
    import datasets
    from transformers import AutoTokenizer

    datasets.disable_progress_bars()
    start = time.perf_counter()
    raw = datasets.load_from_disk(str(folder / "plain-raw"))
    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
    names = raw["train"].features[TASK].feature.names
    inside = {name: "I" + name[1:] if name.startswith("B-") else name for name in names}
    continued = [names.index(inside[name] if inside[name] in names else name) for name in names]

    def tokenize_and_align_labels(examples: Any) -> Any:
        return align(tokenizer, examples, MAX_LENGTH, range(len(names)), continued)

    # For a data set on disk, map writes its result to disk too.
    raw.map(tokenize_and_align_labels, batched=True, remove_columns=raw["train"].column_names)
    return measured(start)


if __name__ == "__main__":
    main()
