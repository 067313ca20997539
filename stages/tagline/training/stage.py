"""A training run from its inputs to its outputs: devices, checks, engine, results, pushes."""

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from accelerate import PartialState

from tagline.artifacts import tokenized
from tagline.core.names import TOKENIZER_FILE
from tagline.core.outputs import replacing, write_json
from tagline.core.provenance import HASHES, PROVENANCE, copy_files, read_hashes, sha256, verify, versions, write_hashes
from tagline.hub.epoch_pushes import EpochPushes
from tagline.hub.push import Target
from tagline.labels.label_list import Labels
from tagline.model import classifier
from tagline.model.backends.torch_model import memory_errors
from tagline.model.fast_paths import replace_dropout, train_used_embeddings
from tagline.model.heads import continued, make_head
from tagline.model.precision import Resolved, resolve
from tagline.terminal.errors import UserError
from tagline.terminal.printing import show
from tagline.terminal.progress import quiet
from tagline.training import accelerate_loop, fit_check, processes, trainer_loop
from tagline.training.history import SCORES
from tagline.training.teacher import TeacherModel, Teaching
from tagline.training.torch_settings import be_deterministic, compile_forward, enable_cpu_fast_paths
from tagline.training.tracking import Trackers, requested
from tagline.training.train_params import Train
from tagline.training.training import Training
from tagline.training.validation import Validation
from tagline.training.work import fingerprint, work_folder

# Libraries that the weights depend on.
LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "datasets")
# The param that limits what a device computes at once.
SIZE = "train.subwords_per_device"
# Files of weights in a model's folder, its head's included.
WEIGHTS = "*.safetensors"
# Digits of curves in Git: more would differ between hosts of one precision.
DIGITS = 4
# What runs the training loop. Both take the same steps, and leave the weights of the best epoch in `training.best`.
ENGINES: dict[str, Callable[[Training], None]] = {"accelerate": accelerate_loop.run, "trainer": trainer_loop.run}


class Inputs(NamedTuple):
    """Folders that training reads.

    Attributes:
        tokenized: data/tokenized.
        encoder: weights and configuration of the pretrained encoder.
        tokenizer: the files of its tokenizer.
    """

    tokenized: Path
    encoder: Path
    tokenizer: Path

    def verify(self, models: Iterable[Path]) -> dict[str, dict[str, str]]:
        """Check all files, and those of earlier models, and return their hashes by folder.

        Raises:
            UserError: a file is missing or damaged, or an earlier model reads other sub-words.
        """
        made_by = {self.tokenized: "tokenize-align", self.encoder: "download", self.tokenizer: "download"}
        found = {folder.as_posix(): verify(folder, stage) for folder, stage in made_by.items()}
        return found | {model.as_posix(): self._verify_model(model) for model in models}

    def _verify_model(self, model: Path) -> dict[str, str]:
        if not model.is_dir():
            raise UserError(
                f"{model}: no such folder; expected a trained model; see train.start_from and "
                "train.teacher.models in params.yaml"
            )
        expected = read_hashes(model, made_by="") if (model / HASHES).is_file() else {}
        weights = {*fnmatch.filter(expected, WEIGHTS), *(path.name for path in model.glob(WEIGHTS))}
        read = sorted({"config.json", TOKENIZER_FILE, *weights})
        if lacking := [name for name in read if not (model / name).is_file()]:
            raise UserError(
                f"{model / lacking[0]} is missing; expected all files of a trained model; copy the folder again"
            )
        found = {name: sha256(model / name) for name in read}
        if changed := [name for name in read if expected and found[name] != expected.get(name)]:
            raise UserError(
                f"{model / changed[0]}: changed since it was written ({model / HASHES} has another SHA-256); expected "
                f"the files of one model; run `dvc checkout {model.as_posix()}`, or copy the folder again"
            )
        if found[TOKENIZER_FILE] != tokenized.read_windowing(self.tokenized).tokenizer_sha256:
            raise UserError(
                f"{model / TOKENIZER_FILE} differs from that of {self.tokenizer}; expected a model with the same "
                "sub-words; set download.encoder as in its training, or name another model in train.start_from and "
                "train.teacher.models"
            )
        return found


class Outputs(NamedTuple):
    """Paths that training writes, all of them or none.

    Attributes:
        finetuned: folder of the model.
        report: JSON, the scores of the best epoch and how it was computed.
        train_loss: CSV, the learning curve of the training loss.
        validation: CSV, scores and loss of each epoch on validation.
    """

    finetuned: Path
    report: Path
    train_loss: Path
    validation: Path


def run(params: Train, script: Path, inputs: Inputs, outputs: Outputs) -> None:
    """Train on all devices of the host, or in a launcher's processes; an interrupted run continues.

    Args:
        params: the section ``train``.
        script: the stage's file; an interrupted run continues only if it is unchanged.
        inputs: folders of earlier stages.
        outputs: written by the main process.

    Raises:
        UserError: inputs, params and host do not fit each other, or training or a push fails.
    """
    fine_tune(params, script, inputs, outputs, start())
    processes.leave()


def start() -> PartialState:
    """Prepare this process, on a host with several devices one process for each of them."""
    enable_cpu_fast_paths()
    quiet()
    processes.relaunch_on_all_devices()
    return processes.join()


def fine_tune(
    params: Train, script: Path, inputs: Inputs, outputs: Outputs, state: PartialState, stage: str = "train"
) -> None:
    """Train in the processes that are there; see `run`.

    Args:
        params: the section ``train``.
        script: the stage's file.
        inputs: folders of earlier stages.
        outputs: written by the main process.
        state: the processes.
        stage: name of the work folder.
    """
    trackers = Trackers(requested() if state.is_main_process else [])
    target = Target.of("train.hub", params.hub) if params.hub.push and state.is_main_process else None
    if target is not None:  # before any work
        target.check()
        target.create()
    verified = inputs.verify(params.models)
    precision = resolve(params.precision, state.device, "train.precision")
    labels = tokenized.load_labels(inputs.tokenized)
    tokenized.check_tokenizer(inputs.tokenized, inputs.tokenizer)
    head = make_head(params.head, labels, "constrained")
    train_split, validation_split = (tokenized.load_split(inputs.tokenized, name) for name in ("train", "validation"))
    learnt = tokenized.with_copies(train_split, inputs.tokenized)
    if labels.sets:
        _check_known(params, labels, train_split, inputs.tokenized)
    be_deterministic(params.seed)
    processes.override_configuration()
    of_models = {folder: classifier.read_labels(folder, labels) for folder in params.models}
    teachers = [TeacherModel.of(folder, of_models[folder], labels) for folder in params.teachers]
    folder = params.earlier or inputs.encoder
    old = of_models[folder] if params.earlier else None
    source = f"{'train.start_from' if old else 'download.encoder'}: {folder}"
    model = classifier.new_classifier(folder, labels, params.attention, precision, params.layers, old)
    if old:
        head = continued(head, folder, old)
    fit_check.check_fit(model, learnt, inputs.tokenized, source, params.pad_to_multiple_of or 1)
    fit_check.check_fit(model, validation_split, inputs.tokenized, source)
    train_used_embeddings(model, fit_check.used_ids(learnt, classifier.padding_id(model)))
    fit_check.check_mask(model)
    fit_check.freeze_unused(model)
    classifier.attach(model, head)
    if params.compile:
        compile_forward(model, state.device)
    else:  # PyTorch can't compile it
        replace_dropout(model)
    made_of = fingerprint(params.effective(), script, verified)
    _check_agreement(made_of, precision)
    # The work folder is removed once the outputs are in place and all epochs are pushed.
    with work_folder(stage, made_of) as work, ExitStack() as stack:
        pushes = stack.enter_context(EpochPushes(target, work, inputs.tokenizer)) if target is not None else None
        with replacing(*outputs) if state.is_main_process else nullcontext() as partials:
            partial = Outputs(*partials) if partials else None
            teaching = Teaching(teachers, params.teacher, labels, learnt, work) if teachers else None
            if teaching is not None:  # computed once per run
                with memory_errors(SIZE, params.subwords_per_device):
                    teaching.write_targets(train_split, inputs.tokenized, precision, params.subwords_per_device)
            validation = Validation(validation_split, head, precision, params.subwords_per_device)
            training = Training(model, learnt, validation, params, work, teaching)
            training.pushes, training.trackers = pushes, trackers
            if partial:
                sets_alone = labels.sets and teaching is None
                lines = [
                    fit_check.chosen_attention(model, params.attention),
                    fit_check.small_batches(training.batches, state.device, state.num_processes),
                    fit_check.only_for_teachers(training.gradients.labelled) if sets_alone else None,
                ]
                for line in filter(None, lines):
                    show(line)
            if training.epochs_left:
                with training.saved.thread, memory_errors(SIZE, params.subwords_per_device):
                    ENGINES[params.engine](training)
            elif partial:
                print("training had already finished; writing its results")
            if partial:
                _write_report(training, partial)
                models = {model.as_posix(): verified[model.as_posix()] for model in params.models}
                _write_model(training, inputs.tokenizer, models, partial, outputs)
        if pushes is not None:
            _wait_for_pushes(pushes, outputs.finetuned)


def _check_known(params: Train, labels: Labels, split: tokenized.Split, folder: Path) -> None:
    """Raise a `UserError` if words of unknown label do not allow the params, or leave nothing to learn O from."""
    if not params.models and labels.label2id[labels.fallback] not in split.gold():
        raise UserError(
            f"{folder}: no word of train is known to be {labels.fallback}; expected some, or a model that knows such "
            "words (train.start_from, train.teacher); if all types are annotated, list them in "
            "download.dataset.annotated_types"
        )


def _check_agreement(made_of: str, precision: Resolved) -> None:
    """Check that all hosts train the same model on the same data: averages of different ones would look like a result.

    Raises:
        UserError: they don't.
    """
    if not processes.agree(made_of):
        raise UserError(
            "params.yaml, code, data/tokenized or models/pretrained differ between the hosts of this run; expected the "
            "same commit and data; run `git pull` and `dvc pull` on each"
        )
    if not processes.agree(precision):
        raise UserError(
            f"train.precision: auto is {precision} on this host and another format on another host of this run; set "
            "fp32, or a format that all of them support"
        )


def _write_model(
    training: Training, tokenizer: Path, models: Mapping[str, Mapping[str, str]], partial: Outputs, outputs: Outputs
) -> None:
    """Write a folder that transformers loads, and how the model was made.

    Args:
        training: a finished run.
        tokenizer: folder of the tokenizer's files.
        models: the hashes of the files of earlier models that it learnt from.
        partial: the temporary paths; the folder gets weights, configuration, tokenizer, provenance.json, hashes.json.
        outputs: their final paths; hashes.json lists the learning curves too, which are written.
    """
    target = partial.finetuned
    target.mkdir()
    copy_files(training.best, target)
    copy_files(tokenizer, target)
    write_json(
        target / PROVENANCE,
        {
            "params": training.params.effective(),
            "precision": ", ".join(training.saved.precisions),
            "best_epoch": training.history.best["epoch"],
            "steps": training.history.steps,
            "versions": versions(*LIBRARIES),
            **({"models": models} if models else {}),
        },
    )
    write_hashes(target, others={outputs.train_loss: partial.train_loss, outputs.validation: partial.validation})


def _write_report(training: Training, partial: Outputs) -> None:
    """Write the scores of the best epoch as JSON, and the learning curves as CSV.

    Args:
        training: a finished run.
        partial: paths of the report, ``{best_epoch, steps, precision, padding, validation: {precision, recall, f1,
            accuracy, loss}}``, and of the curves, with the columns step, loss and epoch, precision, recall, f1,
            accuracy, loss.
    """
    history = training.history
    pd.DataFrame(history.losses).round(DIGITS).to_csv(partial.train_loss, index=False, lineterminator="\n")
    pd.DataFrame(history.epochs).round(DIGITS).to_csv(partial.validation, index=False, lineterminator="\n")
    best = history.best
    write_json(
        partial.report,
        {
            "best_epoch": best["epoch"],
            "steps": history.steps,
            "precision": ", ".join(training.saved.precisions),
            "padding": round(training.batches.padding(history.steps), 6),
            "validation": {name: best[name] for name in (*SCORES, "loss")},
        },
    )


def _wait_for_pushes(pushes: EpochPushes, finetuned: Path) -> None:
    try:
        pushes.wait()
    except UserError as error:
        raise UserError(
            f"{finetuned} is complete, but {error}; `dvc repro` pushes what is missing without training again"
        ) from None
    show(f"{pushes.target}: all epochs are pushed")
