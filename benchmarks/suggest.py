"""Simulation of annotation: how many words are needed for nearly the F1 of all of them, by which texts are chosen.

Each strategy starts with the same random texts of the train split. In each round a model is trained on the chosen ones,
as the stage train does with the params of presets/sample.yaml, scored on the test split, and the strategy chooses more
texts by this model. A strategy ends when it reaches the target, a share of the F1 of the model of all texts. Small sets
are repeated within an epoch, since eight epochs of a hundred sentences are a few steps.

    ours        suggest.py: uncertain texts that differ from each other
    uncertain   the most uncertain texts, without clustering
    longest     the longest texts first
    random      random texts: the plain side

    python benchmarks/suggest.py --data FOLDER --seeds 1 2 3 --runs FILE
        rounds that FILE contains are not repeated, so the command continues after an interruption
    python benchmarks/suggest.py --sentences 500 --strategies ours random
        a small pool

Ends with one line of JSON: the mean number of words until the target, and `ratio` of plain to ours.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from host import about
from sides import MODEL, PACKAGE, ROOT, TASK, FinishedRuns, read_columns, tokenization, write_pretrained, write_raw
from tabulate import tabulate
from training import committed_params

from tagline.artifacts import exported, tokenized
from tagline.artifacts.exported import Exported
from tagline.inference import Document, Tagger
from tagline.labels.entities import entities
from tagline.sources import encoders
from tagline.tokenization.dataset import tokenize_align
from tagline.tools.predict.readers import Source
from tagline.tools.suggestion.diversity import mean_vectors
from tagline.tools.suggestion.selection import Selector
from tagline.training.run import Inputs, Outputs, run
from tagline.training.train_params import Train

STRATEGIES = ("ours", "uncertain", "longest", "random")
ALL = "all"
MODEL_FOLDER = "export"
# Sentences of the validation split that choose the epoch; more would take longer than training on a few.
VALIDATION = 200
# About as many as in English text.
SUBWORDS_PER_WORD = 1.4
Rows = list[dict[str, list[str]]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate which texts to annotate.")
    parser.add_argument("--data", type=absolute, default=ROOT / "data/sample", help="folder of column files, tags last")
    parser.add_argument("--encoder", type=absolute, help="folder of an encoder with its tokenizer (default: packaged)")
    parser.add_argument("--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--sentences", type=int, help="use only this number of sentences of train")
    parser.add_argument("--start", type=float, default=0.04, help="share of the words of train in the first round")
    parser.add_argument("--growth", type=float, default=1.5, help="words of a round as a multiple of the round before")
    parser.add_argument("--target", type=float, default=0.95, help="share of the F1 with all words")
    parser.add_argument("--epochs", type=int, default=8, help="of each training")
    parser.add_argument("--steps", type=int, default=300, help="least number of training steps of a model")
    parser.add_argument("--runs", type=absolute, help="file to which rounds are appended; those in it are not repeated")
    arguments = parser.parse_args()
    os.environ["TAGLINE_PROCESSES"] = "1"  # training must not start this script on other devices
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(Path(folder), arguments)
        curves = {
            strategy: [simulation.curve(strategy, seed) for seed in arguments.seeds]
            for strategy in arguments.strategies
        }
        full = [simulation.full(seed)["f1"] for seed in arguments.seeds]
    print(table(curves))
    print(json.dumps(result(curves, full, arguments.target), allow_nan=False))


def absolute(path: str) -> Path:
    return Path(path).absolute()  # training has its own current folder


class Simulation:
    """Trains on chosen sentences of a train split and chooses more.

    Args:
        folder: an empty folder to work in.
        arguments: of the command line.

    Attributes:
        words: the number of words of the train split.
    """

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self.folder, self.arguments = folder, arguments
        self.splits = read_columns(arguments.data)
        self.pool: Rows = self.splits["train"][: arguments.sentences]
        self.words = count(self.pool, range(len(self.pool)))
        source = arguments.encoder or encoders.find_in_package(PACKAGE, MODEL)[0]
        self.max_length = min(128, write_pretrained(folder, source).model_max_length)
        self.finished = FinishedRuns(arguments.runs)

    def curve(self, strategy: str, seed: int) -> list[dict[str, Any]]:
        """The rounds of a strategy until it reaches the target."""
        goal = self.arguments.target * self.full(seed)["f1"]
        order = np.random.default_rng(seed).permutation(len(self.pool)).tolist()
        size = self.arguments.start * self.words
        chosen, rounds = fitting(self.pool, order, size), []
        while True:
            size *= self.arguments.growth
            rounds.append(self.round(strategy, seed, chosen, round(size)))
            chosen = rounds[-1]["next"]
            if rounds[-1]["f1"] >= goal or rounds[-1]["words"] == self.words:
                return rounds

    def full(self, seed: int) -> dict[str, Any]:
        """The model of all sentences."""
        return self.round(ALL, seed, list(range(len(self.pool))), self.words)

    def round(self, strategy: str, seed: int, chosen: list[int], size: int) -> dict[str, Any]:
        """Train on the chosen sentences, and choose more until they have ``size`` words, unless the file has it."""
        settings = {name: getattr(self.arguments, name) for name in ("start", "epochs", "steps")}
        settings["sentences"] = len(self.pool)
        wanted = {"data": self.arguments.data.name, "strategy": strategy, "seed": seed, **settings, "size": size}
        if finished := self.finished.find(wanted):
            return finished
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as folder,
            self.trained(Path(folder), seed, [self.pool[index] for index in chosen]) as tagger,
        ):
            f1 = self.f1(tagger)
            model = Path(folder) / MODEL_FOLDER
            complete = len(chosen) == len(self.pool)
            more = [] if complete else self.more(strategy, seed, chosen, size, model, tagger)
        found = wanted | {"words": count(self.pool, chosen), "f1": f1, "next": [*chosen, *more]}
        print(f"{strategy}, seed {seed}: {found['words']:,} words, F1 {f1:.4f}", flush=True)
        self.finished.add(found)
        return found

    def trained(self, folder: Path, seed: int, rows: Rows) -> Tagger:
        """Train on some sentences, and open the model."""
        step = math.ceil(len(self.splits["validation"]) / VALIDATION)
        splits = {"train": rows, "validation": self.splits["validation"][::step], "test": self.splits["test"][:1]}
        with contextlib.chdir(folder):  # the work folder of training is below the current one
            inputs = Inputs(Path("tokenized"), self.folder / "encoder", self.folder / "tokenizer")
            outputs = Outputs(Path(MODEL_FOLDER), Path("train.json"), Path("train_loss.csv"), Path("validation.csv"))
            params = committed_params() | {"seed": seed, "epochs": self.arguments.epochs}
            words_per_step = params["batches"]["subwords_per_batch"] / SUBWORDS_PER_WORD
            steps = params["epochs"] * count(rows, range(len(rows))) / words_per_step
            splits["train"] = rows * math.ceil(self.arguments.steps / steps)
            write_raw(Path("raw"), splits)
            tokenize_align(Path("raw"), inputs.tokenizer, tokenization(self.max_length), inputs.tokenized)
            run(Train.model_validate(params), ROOT / "stages/train.py", inputs, outputs)
            labels, cut = tokenized.load_labels(inputs.tokenized), tokenized.read_windowing(inputs.tokenized)
            rule = Exported(labels, params["head"], "constrained", cut.max_length, cut.stride, 0, cut.one_by_one)
            exported.write(rule, outputs.finetuned)
        return Tagger(folder / MODEL_FOLDER, "torch", verify=False)

    def f1(self, tagger: Tagger) -> float:
        """The F1 of a model on the test split."""
        rows = self.splits["test"]
        tagged = tagger.tag([Document.of_words(row["words"]) for row in rows])
        gold = {(index, *entity) for index, row in enumerate(rows) for entity in entities(row[TASK])}
        found = {(index, *entity) for index, each in enumerate(tagged) for entity in each.predicted_entities}
        return round(2 * len(gold & found) / max(1, len(gold) + len(found)), 4)

    def more(self, strategy: str, seed: int, chosen: list[int], size: int, model: Path, tagger: Tagger) -> list[int]:
        """Choose sentences beside the chosen ones until all have ``size`` words together."""
        left = sorted(set(range(len(self.pool))) - set(chosen))
        words = size - count(self.pool, chosen)
        if strategy == "random":
            return fitting(self.pool, np.random.default_rng([seed, size]).permutation(left).tolist(), words)
        if strategy == "longest":
            return fitting(self.pool, sorted(left, key=lambda index: -len(self.pool[index]["words"])), words)
        vectors = partial(mean_vectors, model) if strategy == "ours" else None
        documents = (Document.of_words(self.pool[index]["words"], str(index)) for index in left)
        suggestions = Selector(words, 0.0, seed, vectors).select(Source("train", documents), tagger)
        return [int(each.document.name) for each in suggestions]


def count(pool: Rows, chosen: Iterable[int]) -> int:
    """The number of words of some sentences."""
    return sum(len(pool[index]["words"]) for index in chosen)


def fitting(pool: Rows, order: Sequence[int], words: float) -> list[int]:
    """Take sentences in an order, without those that no longer fit into a number of words."""
    chosen = []
    for index in order:
        if len(pool[index]["words"]) <= words:
            chosen.append(index)
            words -= len(pool[index]["words"])
    return chosen


def words_until(rounds: Sequence[dict[str, Any]], goal: float) -> float:
    """The number of words at which the F1 reaches a goal, between two rounds by a straight line."""
    points = [(0, 0.0), *((each["words"], each["f1"]) for each in rounds)]
    for (words, f1), (more_words, higher) in pairwise(points):
        if higher >= goal > f1:
            return words + (more_words - words) * (goal - f1) / (higher - f1)
    return float(points[-1][0])


def table(curves: dict[str, list[list[dict[str, Any]]]]) -> str:
    """The mean F1 of each round and strategy."""
    rows: dict[int, dict[str, Any]] = {}
    for strategy, of_seeds in curves.items():
        for rounds in of_seeds:
            for number, each in enumerate(rounds):
                row = rows.setdefault(number, {"words": each["words"]})
                row.setdefault(strategy, []).append(each["f1"])
    for row in rows.values():
        row |= {key: f"{mean(value):.3f}" for key, value in row.items() if key != "words"}
    return tabulate(rows.values(), headers="keys")


def result(curves: dict[str, list[list[dict[str, Any]]]], full: Sequence[float], target: float) -> dict[str, Any]:
    """Return the last line."""
    words = {
        strategy: round(mean(words_until(rounds, target * f1) for rounds, f1 in zip(of_seeds, full, strict=True)))
        for strategy, of_seeds in curves.items()
    }
    ours, plain = words.get("ours"), words.get("random")
    ratio = round(plain / ours, 2) if ours and plain else None
    found = {"name": "suggest", "unit": "words", "ours": ours, "plain": plain, "ratio": ratio}
    return {**found, "target": target, "full_f1": full, "strategies": words, "host": about()}


if __name__ == "__main__":
    main()
