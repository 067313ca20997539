"""A training run from its inputs to its outputs."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from tagline.core import PROVENANCE, copy_files, replacing, verify, versions, write_hashes, write_json
from tagline.hub.epoch_pushes import pushing
from tagline.hub.push import reach_target
from tagline.model.backends.torch_model import memory_errors
from tagline.terminal import quiet
from tagline.training import accelerate_loop, earlier_models, processes, trainer_loop
from tagline.training.epoch_choice import remarks
from tagline.training.history import SCORES
from tagline.training.parts import parts_of_run
from tagline.training.preparation import objectives_of_run, prepare, show_advice
from tagline.training.torch_settings import enable_cpu_fast_paths
from tagline.training.tracking import Trackers, requested
from tagline.training.train_params import SIZE, Train
from tagline.training.training import Training
from tagline.training.work import fingerprint, work_folder

# Libraries that the weights depend on.
LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "datasets")
# Digits of curves in Git: more would differ between hosts of one precision.
DIGITS = 4
# What runs the training loop. Both take the same steps, and leave the weights of the best epoch in `training.best`.
ENGINES: dict[str, Callable[[Training], None]] = {"accelerate": accelerate_loop.run, "trainer": trainer_loop.run}


class Inputs(NamedTuple):
    """Folders that training reads."""

    tokenized: Path
    encoder: Path
    tokenizer: Path

    def verify(self, models: Iterable[Path]) -> dict[str, dict[str, str]]:
        """Check all files, earlier models' too, and return their hashes by folder.

        Raises:
            UserError: a file is missing or damaged, or an earlier model has another tokenizer.
        """
        made_by = {self.tokenized: "tokenize-align", self.encoder: "download", self.tokenizer: "download"}
        hashes = {folder.as_posix(): verify(folder, stage) for folder, stage in made_by.items()}
        for model in models:
            hashes[model.as_posix()] = earlier_models.verify(model, self.tokenized, self.tokenizer)
        return hashes


class Outputs(NamedTuple):
    """Paths that training writes, all of them or none.

    Attributes:
        report: JSON, the scores of the best epoch and how it was computed.
        validation: CSV, scores and loss of each epoch.
    """

    finetuned: Path
    report: Path
    train_loss: Path
    validation: Path


def run(params: Train, script: Path, inputs: Inputs, outputs: Outputs) -> None:
    """Train on all devices of the host, or in a launcher's processes; an interrupted run continues.

    Args:
        script: the stage's file; a changed one starts a new run.

    Raises:
        UserError: inputs, params and host do not fit each other, or training or a push fails.
    """
    enable_cpu_fast_paths()
    quiet()
    processes.relaunch_on_all_devices()
    state = processes.join()
    is_main = state.is_main_process
    # First what is outside of this host, where a run must not fail after hours.
    trackers = Trackers(requested() if is_main else [])
    target = reach_target("train.hub", params.hub) if is_main else None
    verified = inputs.verify(params.models)
    prepared = prepare(params, inputs.tokenized, inputs.encoder, inputs.tokenizer, state.device)
    # Here, where all modules are loaded whose code counts.
    run_name = fingerprint(params.effective(), script, verified)
    processes.check_agreement(run_name, prepared.validation.precision)
    # Left in reverse: the outputs are put in place, all epochs are pushed, and the work folder is removed.
    with (
        work_folder("train", run_name) as work,
        pushing(target, work, inputs.tokenizer, outputs.finetuned) as pushes,
        replacing(*outputs) if is_main else nullcontext() as partials,
    ):
        objectives = objectives_of_run(params, prepared, inputs.tokenized, work)
        parts = parts_of_run(params, trackers, pushes)
        training = Training(prepared.model, prepared.learnt, prepared.validation, params, work, objectives, parts)
        if is_main:
            show_advice(training, bool(prepared.teachers))
        if training.epochs_left:
            with memory_errors(SIZE, params.subwords_per_device):
                ENGINES[params.engine](training)
        elif is_main:
            print("training had already finished; writing its results")
        if partials:
            _show_remarks(training)
            partial = Outputs(*partials)
            _write_report(training, partial)
            _write_model(training, inputs.tokenizer, verified, partial, outputs)
    processes.leave()


def _show_remarks(training: Training) -> None:
    key = training.batches.steps_param if training.params.max_steps is None else None
    validation = training.validation
    line = remarks(training.history, validation.number, validation.head.labels.unit, key)
    if line is not None:
        print(line)


def _write_model(
    training: Training, tokenizer: Path, verified: Mapping[str, Mapping[str, str]], partial: Outputs, outputs: Outputs
) -> None:
    """Write a folder that transformers loads; its hashes.json lists the curves too."""
    folder = partial.finetuned
    folder.mkdir()
    copy_files(training.best, folder)
    copy_files(tokenizer, folder)
    provenance: dict[str, Any] = {
        "params": training.params.effective() | {"learning_rate": training.peak_rate},
        "precision": ", ".join(training.saved.precisions),
        "best_epoch": training.history.best["epoch"],
        "steps": training.history.steps,
        "versions": versions(*LIBRARIES),
    }
    if training.history.steps == training.steps < training.planned_steps:
        provenance["planned_steps"] = training.planned_steps  # max_steps ended training before
    models = {model.as_posix(): verified[model.as_posix()] for model in training.params.models}
    if models:
        provenance["models"] = models
    write_json(folder / PROVENANCE, provenance)
    write_hashes(folder, others={outputs.train_loss: partial.train_loss, outputs.validation: partial.validation})


def _write_report(training: Training, partial: Outputs) -> None:
    history = training.history
    pd.DataFrame(history.losses).round(DIGITS).to_csv(partial.train_loss, index=False, lineterminator="\n")
    pd.DataFrame(history.epochs).round(DIGITS).to_csv(partial.validation, index=False, lineterminator="\n")
    best = history.best
    report: dict[str, Any] = {
        "best_epoch": best["epoch"],
        "steps": history.steps,
        "precision": ", ".join(training.saved.precisions),
        "padding": round(training.batches.padding(history.steps), 6),
        "validation": {name: best[name] for name in (*SCORES, "loss")},
    }
    if training.params.learning_rate == "auto":
        report["learning_rate"] = training.peak_rate
    write_json(partial.report, report)
