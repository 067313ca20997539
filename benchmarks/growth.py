"""Benchmark of growth: processor time per word and peak memory of the stages, for corpora of several sizes.

Each corpus repeats column files with every tenth word varied: the training split gets the given number of words, and
so do validation and test together. `download` reads the files, `tokenize_align` follows, `batches` makes the training
rows and the batches of an epoch, and `evaluate` predicts, also altered forms of test, scores and writes the report,
with a table of label frequencies per sub-word instead of the model. Each part runs in its own process; time does not
include imports.

    python benchmarks/growth.py                                          data/sample
    python benchmarks/growth.py --data FOLDER --words 1000000 10000000   column files, tags last

Ends with one line of JSON; `ratio` is the largest growth of a part's time per word from the first size to the last.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from host import describe_host
from sides import (
    TASK,
    data_parser,
    last_line,
    measure,
    measured,
    parse_or_run,
    read_columns,
    save_tokenizer,
    tokenization,
)

# What each part works on: all words, those of train, or those of validation and test.
PARTS = {"download": "all", "tokenize_align": "all", "batches": "train", "evaluate": "others"}
MAX_LENGTH = 128
SUBWORDS_PER_BATCH = 512
SHARES = {"train": 1.0, "validation": 0.5, "test": 0.5}


def main() -> None:
    parser = data_parser("Measure how time and memory grow with the corpus.")
    parser.add_argument("--words", type=int, nargs="+", default=[100_000, 1_000_000], help="of train, ascending")
    parts = (prepare, download, tokenize_align, batches, evaluate)
    arguments = parse_or_run(parser, {part.__name__: part for part in parts})
    sizes = {words: _measure_parts(arguments.data, words) for words in arguments.words}
    print(json.dumps(summary(sizes) | {"host": describe_host()}, allow_nan=False))


def _measure_parts(data: Path, words: int) -> dict[str, dict[str, float]]:
    """Measure all parts with one size: µs per word and peak MiB."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        options = ("--data", str(data.resolve()), "--words", str(words))
        written = measure(__file__, "prepare", folder, *options)
        for part, of in PARTS.items():
            numbers = measure(__file__, part, folder, *options)
            seconds, peak = numbers["seconds"], round(numbers["peak"] / 2**20)
            found[part] = {"us_per_word": round(1e6 * seconds / written[of], 3), "peak_mib": peak}
            print(f"{part}: {written[of]:,} words in {seconds:.1f} s, peak {peak:,} MiB", flush=True)
    return found


def summary(sizes: dict[int, dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Return the last line."""
    first, last = sizes[min(sizes)], sizes[max(sizes)]
    growth = {
        part: {key: round(last[part][key] / first[part][key], 2) for key in ("us_per_word", "peak_mib")}
        for part in PARTS
    }
    worst = max(PARTS, key=lambda part: growth[part]["us_per_word"])
    ours, plain = (size[worst]["us_per_word"] for size in (last, first))
    return last_line("growth", "us/word", ours, plain, part=worst, growth=growth, sizes=sizes)


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, int]:
    """Write the column files and the tokenizer; return the number of words of all splits, of train, and of others."""
    written = {}
    for split, rows in read_columns(arguments.data).items():
        with (folder / f"{split}.conll").open("w", encoding="utf-8") as file:
            written[split] = 0
            for words, tags in _repeated(rows, int(SHARES[split] * arguments.words[0])):
                file.write("".join(f"{word}\t{tag}\n" for word, tag in zip(words, tags, strict=True)) + "\n")
                written[split] += len(words)
    save_tokenizer(folder / "tokenizer")
    everything = sum(written.values())
    return {"all": everything, "train": written["train"], "others": everything - written["train"]}


def _repeated(rows: Sequence[dict[str, list[str]]], most: int) -> Iterator[tuple[list[str], list[str]]]:
    """Repeat sentences up to a number of words; every tenth word of a copy gets its number."""
    words, copy = 0, 0
    while True:
        for row in rows:
            if words >= most:
                return
            numbered = enumerate(row["words"], words)
            yield [f"{word}{copy or ''}" if index % 10 == 0 else word for index, word in numbered], row[TASK]
            words += len(row["words"])
        copy += 1


def download(folder: Path, _: argparse.Namespace) -> dict[str, float]:
    """Read and check the files and write data/raw."""
    from tagline.sources.formats.registry import FORMATS
    from tagline.sources.stage import write_dataset

    files = {split: f"{split}.conll" for split in SHARES}
    keys = {"source": "files", "format": "conll", "columns": ["words", TASK]}
    dataset = FORMATS["conll"].model_validate({**keys, **files})
    start = time.process_time()
    write_dataset(folder, dataset, folder / "raw")
    return measured(start, time.process_time)


def tokenize_align(folder: Path, _: argparse.Namespace) -> dict[str, float]:
    """Write data/tokenized."""
    from tagline.core.provenance import write_sealed
    from tagline.tokenization import stage

    params = tokenization(MAX_LENGTH)
    start = time.process_time()
    report = stage.tokenize_align(folder / "raw", folder / "tokenizer", params, folder / "tokenized", folder / "tests")
    write_sealed(folder / "data.json", report)
    return measured(start, time.process_time)


def batches(folder: Path, _: argparse.Namespace) -> dict[str, float]:
    """Load the training rows, put them into batches and pad each batch of an epoch."""
    from tagline.artifacts import tokenized
    from tagline.training.gradients import micro_batch
    from tagline.training.train_params import Batches
    from tagline.training.training_batches import TrainingBatches

    start = time.process_time()
    windows = tokenized.load_split(folder / "tokenized", "train").mapped_windows
    sizes = Batches(order="by_length", subwords_per_batch=SUBWORDS_PER_BATCH, batch_size=1)
    for batch in TrainingBatches(windows.lengths, sizes, seed=1).epoch(0):
        micro_batch(windows, batch, padding=0)
    return measured(start, time.process_time)


def evaluate(folder: Path, _: argparse.Namespace) -> dict[str, float]:
    """Label validation and test with the most frequent label of each sub-word, score them, and write the report."""
    from tagline.artifacts import predictions, tokenized
    from tagline.evaluation.evaluate_params import Evaluate
    from tagline.evaluation.inputs import EvaluationInputs, read_counts
    from tagline.evaluation.measurements.order import measurements_of
    from tagline.evaluation.stage import Evaluation, label, measure
    from tagline.model.heads import make_head
    from tagline.model.prediction import Predictor
    from tagline.report.evaluation_page import render

    labels = tokenized.load_labels(folder / "tokenized")
    start = time.process_time()
    counts = read_counts(folder / "data.json")
    inputs = EvaluationInputs(
        folder / "raw", folder / "tokenized", folder / "tests", folder / "tokenizer", labels, counts
    )
    table = _LabelTable(inputs.loaded["train"].windows, len(labels.names))
    predictor = Predictor(table, make_head("linear", labels), labels, 4096)
    params = Evaluate(subwords_per_batch=4096, precision="fp32")
    measurements = measurements_of(params, labels)
    labelled = label(inputs, predictor, predictions.Settings("fp32"), measurements)
    metrics = {name: measure(split, measurements) for name, split in labelled.splits.items()}
    evaluation = Evaluation(labels, labelled.splits, metrics, 1, labelled.settings)
    page = render(evaluation, [{"step": 1, "loss": 1}], [{"epoch": 1, "f1": 0, "loss": 1}])
    for name, split in labelled.splits.items():
        predictions.write(folder, name, split.sentences, split.altered)
    (folder / "evaluate.html").write_text(page, encoding="utf-8")
    return measured(start, time.process_time)


class _LabelTable:
    """A backend whose logits are those of each sub-word's label frequencies in some windows of the training split."""

    def __init__(self, windows: Any, labels: int, most_windows: int = 10_000) -> None:
        import numpy as np

        some = windows.select(range(min(len(windows), most_windows)))
        ids, gold = (np.concatenate(some[name][:]) for name in ("input_ids", "labels"))
        frequencies = np.full((ids.max() + 1, labels), 0.1)
        np.add.at(frequencies, (ids[gold >= 0], gold[gold >= 0]), 1)
        self.table = np.log(frequencies).astype(np.float32)

    def logits(self, rows: Sequence[Any], positions: Sequence[Any]) -> Any:
        import numpy as np

        chosen = [row[of_row] for row, of_row in zip(rows, positions, strict=True)]
        return self.table[np.concatenate(chosen).clip(max=len(self.table) - 1)]


if __name__ == "__main__":
    main()
