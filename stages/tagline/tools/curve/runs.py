"""The runs of a learning curve: stages on a part of train, each in a folder of its own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from tagline.artifacts import raw_data
from tagline.core import DOCUMENT, read_json, reported_split, verify, write_hashes
from tagline.core.params import PARAMS, read_section
from tagline.sources.formats.json_objects import rows_in
from tagline.sources.formats.lines import read_lines
from tagline.terminal import BY_DVC, UserError, quoted, show
from tagline.tools.settings.created_pipelines import require_script
from tagline.tools.settings.sections import SECTIONS

CODE = Path(__file__).parents[3]
RAW, PRETRAINED = Path("data/raw"), Path("models/pretrained")
STAGES = ("tokenize_align", "train", "evaluate")
# Sizes below all sentences: with fewer, the law of the smaller ones has no interval worth its name.
LEAST_SIZES = 4
# Without --sizes: these; of less data a sixteenth to a half, or a quarter to seven tenths, if the smallest part is at
# least as large.
SIZES = (100, 200, 400, 800, 1600)
FACTORS = ((2.0, 25), (2**0.5, 15))
# The fewest sentences of which the smallest part is large enough.
LEAST_SENTENCES = 60
# Without --more, as many as train has, but at most so many.
MOST_MORE = 500


def _read_runs(file: Path) -> list[dict[str, Any]]:
    runs = []
    for location, run in rows_in(read_lines(file), str(file)):
        name = "test.f1" if "test.f1" in run or "validation.f1" not in run else "validation.f1"
        f1: Any = run.get(name)
        sentences: Any = run.get("sentences")
        if type(f1) not in (int, float) or not 0 <= f1 <= 1 or type(sentences) is not int or sentences < 1:
            raise UserError(
                f"{location}: {name} is {quoted(f1)}, sentences {quoted(sentences)}; expected numbers, from 0 to 1 and "
                "from 1; remove the line, and its run is repeated"
            )
        runs.append(run)
    return runs


class Curve:
    """The runs with params.yaml, data/raw and models/pretrained of the current folder.

    Args:
        file: JSON Lines to which runs are appended; those in it are not repeated.

    Raises:
        UserError: params.yaml has errors; what download writes is missing or damaged; or the file has other lines than
            runs.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.finished = _read_runs(file) if file and file.exists() else []
        self.params = {stage: read_section(stage, SECTIONS[stage]).model_dump(mode="json") for stage in STAGES}
        self.params["tokenize_align"]["limits"] = dict.fromkeys(self.params["tokenize_align"]["limits"])
        hashes = [verify(path, "download") for path in (RAW, PRETRAINED)]
        train = self.params["train"]
        del train["seed"]  # each run has its own
        train["hub"]["push"] = False
        decisive = json.dumps([self.params, *hashes], sort_keys=True)
        self.settings = hashlib.sha256(decisive.encode()).hexdigest()[:12]
        train["folder"] = str(Path(train["folder"]).absolute())
        self.raw = raw_data.load(RAW)
        self.split = reported_split(self.raw.sentences)
        self._f1 = f"{self.split}.f1"
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def f1_by_size(self) -> dict[int, list[float]]:
        """The F1 of the finished runs with these params and data, by the number of sentences, ascending."""
        f1 = defaultdict(list)
        for run in self.finished:
            if run.get("settings") == self.settings:
                f1[run["sentences"]].append(run[self._f1])
        return dict(sorted(f1.items()))

    def measure(self, sizes: Collection[int], seeds: Collection[int], jobs: int) -> dict[int, list[float]]:
        """Run each size and all sentences with each seed, some at the same time.

        Returns:
            For each size, ascending, the F1 of each seed.

        Raises:
            UserError: a stage fails or its script is missing, or fewer than four sizes are below the number of all
                sentences.
        """
        require_script(CODE / f"{STAGES[0]}.py")
        total = self.raw.sentences["train"]
        if total < LEAST_SENTENCES and not sizes:
            raise UserError(
                f"train has {total} sentences; expected at least {LEAST_SENTENCES} for a curve; annotate more"
            )
        below = sorted(size for size in set(sizes) if size < total)
        if len(below) < LEAST_SIZES:
            raise UserError(
                f"--sizes: {len(below)} below the {total:,} training sentences; expected at least {LEAST_SIZES}, such "
                "as 100 200 400 800"
            )
        sizes = [*below, total]
        with ThreadPoolExecutor(jobs) as pool:
            runs = {size: [pool.submit(self._run, size, seed) for seed in seeds] for size in sizes}
            try:
                return {size: [run.result() for run in of_size] for size, of_size in runs.items()}
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._end()
                raise

    def _run(self, sentences: int, seed: int) -> float:
        run: dict[str, Any] = {"settings": self.settings, "sentences": sentences, "seed": seed}
        for finished in self.finished:
            if run.items() <= finished.items():
                return float(finished[self._f1])
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            params = self.params | {"train": self.params["train"] | {"seed": seed}}
            (folder / PARAMS).write_text(json.dumps(params), encoding="utf-8")  # which is YAML
            for path in (RAW, PRETRAINED):
                shutil.copytree(path, folder / path)
            if sentences < self.raw.sentences["train"]:
                shutil.rmtree(folder / RAW / "train")
                part = {"train": self._part(sentences, seed)}
                raw_data.write(folder / RAW, part, self.raw.tag_columns, self.raw.annotated, self.raw.spans)
                write_hashes(folder / RAW)
            for stage in STAGES:
                self._run_stage(stage, folder)
            run[self._f1] = read_json(folder / "metrics/evaluate.json", "evaluate")[self._f1]
        show(f"{sentences:,} sentences, seed {seed}: F1 {run[self._f1]:.4f}")
        if self.file:
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")
        return float(run[self._f1])

    def _part(self, sentences: int, seed: int) -> list[dict[str, Any]]:
        """Draw documents in random order until they have enough sentences; the last one may be cut."""
        rows = (row for batch in self.raw.batches("train") for row in batch.to_pylist())
        documents = [list(document) for _, document in groupby(rows, key=lambda row: row[DOCUMENT])]
        part: list[dict[str, Any]] = []
        for index in np.random.default_rng(seed).permutation(len(documents)):
            part += documents[index]
        return part[:sentences]

    def _run_stage(self, stage: str, folder: Path) -> None:
        """Run a script of stages/ in a folder on one thread; raise a `UserError` with its message if it fails."""
        command = [sys.executable, str(CODE / f"{stage}.py")]
        # A stage that seems to be DVC's ends with this process, even if that is killed.
        environment = os.environ | {BY_DVC: stage, "OMP_NUM_THREADS": "1", "TAGLINE_PROCESSES": "1"}
        with subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            self._running.add(process)
            if self._ended:  # before `_end` could see this process
                process.terminate()
            error = process.communicate()[1]
            self._running.remove(process)
        if process.returncode:
            raise UserError(error.strip())

    def _end(self) -> None:
        """End the running stages; the threads that wait for them remove their folders."""
        self._ended = True
        for process in list(self._running):
            process.terminate()


def default_sizes(total: int) -> list[int]:
    """The sizes of parts of ``total`` sentences, at least `LEAST_SIZES`; none if there are too few sentences."""
    below = [size for size in SIZES if size < total]
    if len(below) >= LEAST_SIZES:
        return below
    for factor, least in FACTORS:
        parts = [int(total / factor**times + 1e-9) for times in range(LEAST_SIZES, 0, -1)]
        if parts[0] >= least:
            return parts
    return []


def default_more(total: int) -> int:
    """How many sentences to add to ``total``."""
    return min(total, MOST_MORE)
