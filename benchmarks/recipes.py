"""The sides of training.py, which runs each in its own process, with the same encoder and data/tokenized."""

from __future__ import annotations

import argparse
import functools
import json
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import made
import torch
from sides import MODEL, PACKAGE, ROOT, measured, parse_or_run, read_columns, write_inputs

# Of the Hugging Face course, chapter "Token classification".
BATCH_SIZE, WEIGHT_DECAY = 8, 0.01
# The first steps select algorithms and allocate memory.
WARM_UP = 3


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--random-weights")
    parser.add_argument("--settings", type=json.loads, default={})
    parser.add_argument("--no-validation", action="store_true")
    parser.add_argument("--warm-up", type=int, default=WARM_UP)
    parse_or_run(parser, {"prepare": prepare, "ours": ours, "plain": plain, "evaluate": evaluated})


def prepare(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write data/tokenized and models/pretrained as the stages do."""
    from tagline.artifacts import tokenized
    from tagline.sources import encoders

    flop = None
    if arguments.random_weights:
        source, splits = folder / "made", made.sentences(arguments.random_weights)
        flop = made.save_encoder(arguments.random_weights, source)
    else:
        source = arguments.encoder or encoders.find_in_package(PACKAGE, MODEL)[0]
        splits = read_columns(arguments.data)
    write_inputs(folder, splits, source)
    train = tokenized.load_split(folder / "data/tokenized", "train")
    return {
        "sentences": len(train.sentences),
        "windows": len(train.windows),
        "sub_words": sum(map(len, train.windows["input_ids"])),
        "flop": flop,
    }


def ours(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train as the stage does, with the given section ``train``."""
    import pandas as pd
    from accelerate import Accelerator

    from tagline.training.gradients import Gradients, Step
    from tagline.training.history import SCORES
    from tagline.training.progress_lines import ProgressLines
    from tagline.training.stage import Inputs, Outputs, run
    from tagline.training.train_params import Train
    from tagline.training.training import Training
    from tagline.training.validation import Validation

    clock, shares = Clock(arguments.warm_up), Shares()
    before(ProgressLines, "begin_epoch", clock.begin_epoch)
    before(ProgressLines, "end_steps", clock.end_epoch)

    def after_step(training: Training, step: Step, *_: Any) -> None:
        clock.after_step(int(training.rows.lengths[step.batch].sum()))

    before(Training, "after_step", after_step)
    if arguments.no_validation:
        Validation.scores = lambda *_: dict.fromkeys((*SCORES, "loss"), 0.0)  # type: ignore[method-assign]
    epochs: list[dict[str, float]] = []
    before(ProgressLines, "close", lambda lines: epochs.extend(lines.seconds))
    if not torch.cuda.is_available():  # which computes asynchronously
        shares.of(Gradients, "add", "forward")
        shares.of(Accelerator, "backward", "backward")
        shares.of(Gradients, "step", "data")
        shares.of(Accelerator, "clip_grad_norm_", "clipping")
        shares.of(torch.optim.AdamW, "step", "optimizer")
        shares.of(Validation, "scores", "validation")
    os.chdir(folder)  # the work folder of training is below the current one
    pretrained = Path("models/pretrained")
    inputs = Inputs(Path("data/tokenized"), pretrained / "encoder", pretrained / "tokenizer")
    outputs = Outputs(Path("finetuned"), Path("train.json"), Path("train_loss.csv"), Path("validation.csv"))
    run(Train.model_validate(arguments.settings), ROOT / "stages/train.py", inputs, outputs)
    f1 = [] if arguments.no_validation else pd.read_csv(outputs.validation)["f1"].tolist()
    report = json.loads(outputs.report.read_text(encoding="utf-8"))
    kept = {name: report[name] for name in ("precision", "padding", "steps")}
    return result(clock, f1) | kept | {"shares": shares.shares(), "epochs": epochs}


def before(owner: type, function: str, call: Any) -> None:
    """Make a method of a class call a function first, with the same arguments."""
    original = getattr(owner, function)

    def both(*args: Any, **kwargs: Any) -> Any:
        call(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(owner, function, both)


def plain(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train with transformers' Trainer as in the course: random batches, all sub-words labelled, single precision."""
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainerCallback,
        TrainingArguments,
        set_seed,
    )

    from tagline.artifacts import tokenized
    from tagline.model.heads import make_head
    from tagline.training.validation import Validation

    settings = arguments.settings
    labels = tokenized.load_labels(folder / "data/tokenized")
    train, split = (tokenized.load_split(folder / "data/tokenized", name) for name in ("train", "validation"))
    set_seed(settings["seed"])
    model = AutoModelForTokenClassification.from_pretrained(
        folder / "models/pretrained/encoder", id2label=labels.id2label, label2id=labels.label2id
    )
    tokenizer = AutoTokenizer.from_pretrained(folder / "models/pretrained/tokenizer")
    clock = Clock()
    f1: list[float] = []
    sizes: deque[int] = deque()
    collate = DataCollatorForTokenClassification(tokenizer)

    def collate_and_count(rows: list[dict[str, Any]]) -> Any:
        # Batches are collated ahead, so their sizes are queued until their step.
        sizes.append(sum(len(row["input_ids"]) for row in rows))
        return collate(rows)

    class Watch(TrainerCallback):
        def on_epoch_begin(self, *_: Any, **__: Any) -> None:
            clock.begin_epoch()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.after_step(sizes.popleft())

        def on_epoch_end(self, *_: Any, **__: Any) -> None:
            clock.end_epoch()
            if not arguments.no_validation:
                # With the same word-level scorer as the other side.
                scores = Validation(split, make_head("linear", labels), "fp32", None).scores(trainer.accelerator, model)
                f1.append(scores["f1"])

    trainer = Trainer(
        model,
        TrainingArguments(
            str(folder / "plain"),
            learning_rate=settings["learning_rate"],
            num_train_epochs=settings["epochs"],
            max_steps=settings["max_steps"] or -1,
            weight_decay=WEIGHT_DECAY,
            seed=settings["seed"],
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=train.windows.select_columns(["input_ids", "labels"]),
        data_collator=collate_and_count,
        callbacks=[Watch()],
    )
    trainer.train()
    return result(clock, f1) | {"precision": "fp32", "steps": clock.steps}


def evaluated(folder: Path, _: argparse.Namespace) -> dict[str, Any]:
    """Load the trained model, label and score validation and test, as the stage does."""
    from tagline.core.params import read_section
    from tagline.evaluation.evaluate_params import Evaluate
    from tagline.evaluation.stage import evaluate

    params = read_section("evaluate", Evaluate, ROOT / "presets/sample.yaml")
    start = time.perf_counter()
    data = folder / "data"
    tests, report, finetuned = data / "tokenized_tests", data / "report.json", folder / "finetuned"
    splits = evaluate(folder / "raw", data / "tokenized", tests, report, finetuned, (), params).splits
    return measured(start) | {"sentences": sum(len(split.sentences) for split in splits.values())}


def result(clock: Clock, f1: list[float]) -> dict[str, Any]:
    """Return the measurements of a side; the peak is that of GPU memory if there is a GPU."""
    gpu = torch.cuda.is_available()
    return {
        "sub_words": clock.sub_words,
        "seconds": clock.seconds,
        "cpu_seconds": clock.cpu_seconds,
        "f1": f1,
        "peak": torch.cuda.max_memory_allocated() if gpu else measured(0)["peak"],
        "device": torch.cuda.get_device_name() if gpu else "cpu",
    }


def now() -> float:
    """Return the time in seconds, after waiting for the GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


class Clock:
    """Counts trained sub-words and the time they take, without validation and the first steps.

    Args:
        warm_up: number of the first steps.

    Attributes:
        seconds: elapsed time.
        cpu_seconds: CPU time of all threads, which depends little on other load.
    """

    def __init__(self, warm_up: int = WARM_UP) -> None:
        self.warm_up, self.steps, self.sub_words = warm_up, 0, 0
        self.seconds = self.cpu_seconds = 0.0

    def begin_epoch(self, *_: Any) -> None:
        self._start = now(), time.process_time()

    def after_step(self, sub_words: int) -> None:
        self.steps += 1
        if self.steps <= self.warm_up:
            self.begin_epoch()
        else:
            self.sub_words += sub_words

    def end_epoch(self, *_: Any) -> None:
        start, cpu_start = self._start
        self.seconds += now() - start
        self.cpu_seconds += time.process_time() - cpu_start


class Shares:
    """Time by category, of all threads; the time of a nested category counts only for that one."""

    def __init__(self) -> None:
        self.seconds: Any = Counter()
        self._thread = threading.local()

    def of(self, owner: Any, function: str, name: str) -> None:
        """Count the time of a method of a class for a category."""
        original: Callable[..., Any] = getattr(owner, function)

        @functools.wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.time(name):
                return original(*args, **kwargs)

        setattr(owner, function, timed)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        nested: list[float] = self._thread.__dict__.setdefault("nested", [0.0])
        start = time.perf_counter()
        nested.append(0.0)
        yield
        took = time.perf_counter() - start
        self.seconds[name] += took - nested.pop()
        nested[-1] += took

    def shares(self) -> dict[str, float]:
        """Return the share of each category in the total."""
        total = sum(self.seconds.values())
        return {name: round(seconds / total, 4) for name, seconds in self.seconds.most_common()}


if __name__ == "__main__":
    main()
