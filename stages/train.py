"""Stage 3, train: fine-tune the encoder under a new token classifier, keep the epoch that is best on validation.

Reads the section ``train`` of params.yaml, data/tokenized and models/pretrained.
Writes models/finetuned (weights, configuration with the labels, tokenizer, provenance), metrics/train.json and the
learning curves plots/train_loss.csv and plots/validation.csv. Pushes each epoch's model to the Hugging Face Hub where
``train.hub`` says so.

    python stages/train.py
"""

from __future__ import annotations

from tagline.core.signals import default_sigint

if __name__ == "__main__":
    default_sigint()

import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import torch
from transformers import PreTrainedModel, set_seed

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.core.errors import UserError, take_no_arguments
from tagline.core.outputs import replacing, write_json
from tagline.core.params import read_section
from tagline.core.progress import quiet
from tagline.core.provenance import PROVENANCE, versions
from tagline.hub.push import Target
from tagline.labels.label_list import Labels
from tagline.model import classifier
from tagline.model.batches import rounded_up
from tagline.model.heads import make_head
from tagline.model.precision import resolve
from tagline.training import dropout, own_launcher, processes
from tagline.training.engines import Engine, accelerate_loop, trainer
from tagline.training.epoch_pushes import EpochPushes
from tagline.training.fingerprint import fingerprint
from tagline.training.learning import SCORES
from tagline.training.params import Train
from tagline.training.training import Training
from tagline.training.validation import Validation
from tagline.training.work import work_folder

TOKENIZED = Path("data/tokenized")
ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")
FINETUNED = Path("models/finetuned")
METRICS = Path("metrics/train.json")
TRAIN_LOSS = Path("plots/train_loss.csv")
VALIDATION = Path("plots/validation.csv")

# Params that change no weight: when they change, an interrupted run goes on all the same.
WITHOUT_EFFECT = {"checkpoint_every", "hub"}
# Those that a model's weights depend on.
LIBRARIES = ("torch", "transformers", "accelerate", "tokenizers", "datasets")
ENGINES: dict[str, Engine] = {"accelerate": accelerate_loop.run, "trainer": trainer.run}


def main() -> None:
    """What a launcher that imports this script runs in each process (`accelerate launch` on TPUs)."""
    processes.exit_as_one(run)


def run() -> None:
    take_no_arguments(__doc__)
    enable_cpu_fast_paths()
    params = read_section("train", Train)
    quiet()
    own_launcher.relaunch_on_all_devices()
    state = processes.join()
    target = Target.of("train.hub", params.hub) if params.hub.push and state.is_main_process else None
    if target is not None:  # before any work
        target.check()
        target.create()
    precision = resolve(params.precision, state.device, "train.precision")
    labels = tokenized.load_labels(TOKENIZED)
    tokenized.check_tokenizer(TOKENIZED, TOKENIZER)
    train_split, validation_split = (tokenized.load_split(TOKENIZED, name) for name in ("train", "validation"))
    be_deterministic(params.seed)
    model = classifier.new_classifier(ENCODER, labels, params.attention, precision)
    dropout.replace(model)
    check_fit(model, train_split, labels, params.pad_to_multiple_of or 1)
    check_fit(model, validation_split, labels)
    made_of = fingerprint(params.model_dump(exclude=WITHOUT_EFFECT), Path(__file__), TOKENIZED, ENCODER, TOKENIZER)
    outs: AbstractContextManager[list[Path]] = nullcontext([])
    if state.is_main_process:
        outs = replacing(FINETUNED, METRICS, TRAIN_LOSS, VALIDATION)
    # The work goes when the outs are in place and all is pushed.
    with work_folder("train", made_of) as work, pushing(target, work) as pushes:
        with outs as made:
            validation = Validation(
                validation_split, make_head("linear", labels), labels, precision, params.subwords_per_device
            )
            training = Training(model, train_split, validation, params, precision, work)
            training.pushes = pushes
            if training.epochs_left:
                ENGINES[params.engine](training)
            elif made:
                print("training was over when it was interrupted: writing what it came to")
            if made:
                finetuned, metrics, train_loss, validation_curve = made
                write_model(training.best, finetuned)
                write_provenance(training, finetuned)
                write_results(training, metrics, train_loss, validation_curve)
        if pushes is not None:
            wait_for_pushes(pushes)
    processes.leave()


def pushing(target: Target | None, work: Path) -> AbstractContextManager[EpochPushes | None]:
    return nullcontext() if target is None else EpochPushes(target, work, TOKENIZER)


def wait_for_pushes(pushes: EpochPushes) -> None:
    """Wait for the pushes.

    Raises:
        UserError: some have failed.
    """
    try:
        pushes.wait()
    except UserError as fault:
        raise UserError(
            f"{FINETUNED} is complete, but {fault}; `dvc repro` pushes what is missing, and trains nothing anew"
        ) from None
    print(f"{pushes.target}: no epoch is left to push")


def be_deterministic(seed: int) -> None:
    """Seed every generator and choose algorithms that add in a fixed order: same seed and host kind, same weights."""
    # cuBLAS reads it when its first handle is made; PyTorch refuses to be deterministic on CUDA without it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    set_seed(seed, deterministic=True)
    # Else every new tensor is filled first: a help to find reads of memory that nobody wrote, at 5 % of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def enable_cpu_fast_paths() -> None:
    """Switch on what PyTorch has for speed on a CPU; to be called before its first tensor is made."""
    # Linux then backs tensors by large pages, which saves a twentieth of a step.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    # Attention with dropout has no kernel of its own on a CPU. Of matrices in half precision it would be computed in
    # single precision, in twice the time; softmax adds up in single precision either way.
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)


def positions(model: PreTrainedModel) -> int | None:
    """The longest window that the encoder's table of positions has room for, None where it has no such table."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # RoBERTa and its kin count positions from behind the place of padding.
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    return None


def check_fit(model: PreTrainedModel, split: Split, labels: Labels, multiple: int = 1) -> None:
    """Check data against the model before any step: a mismatch would end in an index error on the device.

    Args:
        model: the classifier to train.
        split: the windows that it will read.
        labels: their labels.
        multiple: what windows are padded to a multiple of.

    Raises:
        UserError: a label, a sub-word or a window's length is out of the model's range.
    """
    config, columns = model.config, split.windows.data
    highest = {name: pc.max(pc.list_flatten(columns[name])).as_py() for name in ("labels", "input_ids")}
    longest = pc.max(pc.list_value_length(columns["input_ids"])).as_py()
    most = positions(model)
    if config.num_labels != len(labels.names) or highest["labels"] >= config.num_labels:
        raise UserError(
            f"the classifier has {config.num_labels} labels, {TOKENIZED} holds ids up to {highest['labels']} "
            f"and names {len(labels.names)}: run `dvc repro tokenize-align`"
        )
    if highest["input_ids"] >= config.vocab_size:
        raise UserError(
            f"the encoder knows {config.vocab_size} sub-words, {TOKENIZED} holds ids up to {highest['input_ids']}: "
            "encoder and tokenizer do not belong together"
        )
    if most is not None and longest > most:
        raise UserError(
            f"the encoder reads at most {most} sub-words, {TOKENIZED} has windows of {longest}: "
            "lower tokenize_align.max_length in params.yaml"
        )
    if most is not None and rounded_up(longest, multiple) > most:
        raise UserError(
            f"the encoder reads at most {most} sub-words, train.pad_to_multiple_of = {multiple} makes "
            f"{rounded_up(longest, multiple)} of {longest}: choose a divisor of {most}, or null"
        )


def write_model(best: Path, target: Path) -> None:
    """Write weights, configuration and the tokenizer's files, which make a folder that transformers loads."""
    shutil.copytree(best, target)
    for file in sorted(TOKENIZER.iterdir()):
        shutil.copyfile(file, target / file.name)


def write_provenance(training: Training, target: Path) -> None:
    """Write down how the model was made, which stays with it on its way to a machine of another kind."""
    write_json(
        target / PROVENANCE,
        {
            "params": training.params.model_dump(exclude=WITHOUT_EFFECT),
            "precision": ", ".join(training.saved.precisions),
            "best_epoch": training.learning.best["epoch"],
            "steps": training.learning.steps,
            "versions": versions(*LIBRARIES),
        },
    )


def write_results(training: Training, metrics: Path, train_loss: Path, validation: Path) -> None:
    """Write the learning curves and the scores of the best epoch."""
    learning = training.learning
    pd.DataFrame(learning.losses).to_csv(train_loss, index=False, lineterminator="\n")
    pd.DataFrame(learning.epochs).to_csv(validation, index=False, lineterminator="\n")
    best = learning.best
    write_json(
        metrics,
        {
            "best_epoch": best["epoch"],
            "steps": learning.steps,
            "precision": ", ".join(training.saved.precisions),
            "padding": round(training.batches.padding(learning.steps), 6),
            "validation": {name: best[name] for name in (*SCORES, "loss")},
        },
    )


if __name__ == "__main__":
    main()
