"""The runs of a learning curve: stages on a part of train, each in a folder of its own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from tagline.artifacts import raw_data
from tagline.core import DOCUMENT, read_json, reported_split, verify, write_hashes
from tagline.core.params import PARAMS, read_section
from tagline.project.crossval_pipeline import require_script
from tagline.project.sections import SECTIONS
from tagline.sources.formats.json_objects import rows_in
from tagline.sources.formats.lines import read_lines
from tagline.terminal import BY_DVC, UserError, quoted

CODE = Path(__file__).parents[3]
RAW, PRETRAINED = Path("data/raw"), Path("models/pretrained")
STAGES = ("tokenize_align", "train", "evaluate")
# Sizes below all sentences: with fewer, the law of the smaller ones has no interval worth its name.
LEAST_SIZES = 4
# Without --sizes: these; of less data a sixteenth to a half, or of fewer than FEW sentences a quarter to seven tenths.
SIZES = (100, 200, 400, 800, 1600)
FEW = 400
# The fewest sentences of which the smallest part is large enough.
LEAST_SENTENCES = 60


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
        self.finished = self._read_runs(file) if file and file.exists() else {}

    def _read_runs(self, file: Path) -> dict[tuple[int, int], float]:
        """The F1 of the finished runs with these params and data, by sentences and seed."""
        runs: dict[tuple[Any, Any], float] = {}
        for location, run in rows_in(read_lines(file), str(file)):
            if run.get("settings") != self.settings:
                continue
            f1: Any = run.get(self._f1)
            if type(f1) not in (int, float) or not 0 <= f1 <= 1:
                raise UserError(
                    f"{location}: {self._f1} is {quoted(f1)}; expected a number from 0 to 1; remove the line, and its "
                    "run is repeated"
                )
            runs[run.get("sentences"), run.get("seed")] = float(f1)
        return runs

    def measure(self, sizes: Collection[int], seeds: Collection[int]) -> dict[int, list[float]]:
        """Run each size and all sentences with each seed.

        Returns:
            For each size, ascending, the F1 of each seed.

        Raises:
            UserError: a stage fails or its script is missing, or fewer than four sizes are below the number of all
                sentences.
        """
        require_script(CODE / f"{STAGES[0]}.py")
        total = self.raw.sentences["train"]
        below = sorted(size for size in set(sizes) if size < total)
        if len(below) < LEAST_SIZES:
            raise UserError(
                f"--sizes: {len(below)} below the {total:,} training sentences; expected at least {LEAST_SIZES}, such "
                "as 100 200 400 800"
            )
        return {size: [self._run(size, seed) for seed in seeds] for size in (*below, total)}

    def _run(self, sentences: int, seed: int) -> float:
        if (sentences, seed) in self.finished:
            return self.finished[sentences, seed]
        run: dict[str, Any] = {"settings": self.settings, "sentences": sentences, "seed": seed}
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
        print(f"{sentences:,} sentences, seed {seed}: F1 {run[self._f1]:.4f}", file=sys.stderr)
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
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise UserError(ended.stderr.strip())


def default_sizes(total: int) -> list[int]:
    """The sizes of parts of ``total`` sentences: `SIZES`, or of less data equal steps of the logarithm.

    Raises:
        UserError: there are too few.
    """
    if total < LEAST_SENTENCES:
        raise UserError(f"train has {total} sentences; expected at least {LEAST_SENTENCES} for a curve; annotate more")
    below = [size for size in SIZES if size < total]
    if len(below) >= LEAST_SIZES:
        return below
    factor = 2 if total >= FEW else 2**0.5
    return [int(total / factor**times + 1e-9) for times in range(LEAST_SIZES, 0, -1)]
