"""Stage 3, train: fine-tune the encoder under a new token classifier, keep the epoch that is best on validation.

Reads the section ``train`` of params.yaml, data/tokenized and models/pretrained.
Writes models/finetuned (weights, configuration with the labels, tokenizer), metrics/train.json and the learning curves
plots/train_loss.csv and plots/validation.csv.

    python stages/train.py
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import torch
from datasets import Dataset
from torch.utils.data import SequentialSampler
from transformers import (
    DataCollatorForTokenClassification,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)

from tagging import encoders, models, tokenized
from tagging.epochs import EpochLines
from tagging.faults import Fault, exit_with_message, take_no_arguments
from tagging.labels import Labels
from tagging.outputs import replacing, write_json
from tagging.params.reader import read_section
from tagging.params.train import Train
from tagging.progress import quiet
from tagging.scoring import score
from tagging.stitching import choose_windows, stitch
from tagging.tokenized import Split

TOKENIZED = Path("data/tokenized")
ENCODER = Path("models/pretrained/encoder")
TOKENIZER = Path("models/pretrained/tokenizer")
FINETUNED = Path("models/finetuned")
METRICS = Path("metrics/train.json")
TRAIN_LOSS = Path("plots/train_loss.csv")
VALIDATION = Path("plots/validation.csv")

# Checkpoints of the running training, a string so that it is not taken for an artifact of the stage.
WORK = ".work/train"
POINTS_PER_EPOCH = 10
SCORES = ("precision", "recall", "f1", "accuracy")


def main() -> None:
    take_no_arguments(__doc__)
    params = read_section("train", Train)
    quiet()
    labels = tokenized.load_labels(TOKENIZED)
    tokenized.check_tokenizer(TOKENIZED, TOKENIZER)
    train, validation = (tokenized.load_split(TOKENIZED, split) for split in ("train", "validation"))
    be_deterministic(params.seed)
    model = models.start(ENCODER, labels)
    for split in (train, validation):
        check_fit(model, split, labels)
    with replacing(FINETUNED, METRICS, TRAIN_LOSS, VALIDATION) as (finetuned, metrics, train_loss, validation_curve):
        trainer = fine_tune(model, load_tokenizer(), train, validation, labels, params)
        write_model(model, finetuned)
        write_results(trainer, metrics, train_loss, validation_curve)
    shutil.rmtree(WORK)


def be_deterministic(seed: int) -> None:
    """Seed every generator and choose algorithms that add in a fixed order: same seed and host kind, same weights."""
    # cuBLAS reads it when its first handle is made; PyTorch refuses to be deterministic on CUDA without it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    set_seed(seed, deterministic=True)


def load_tokenizer() -> PreTrainedTokenizerBase:
    """The tokenizer, for padding batches; on the right, since the places of words are counted from the left."""
    tokenizer = encoders.load_tokenizer(TOKENIZER)
    if tokenizer.pad_token is None:
        raise Fault(f"the tokenizer in {TOKENIZER} has no padding token, so windows can't share a batch: give it one")
    tokenizer.padding_side = "right"
    return tokenizer


def positions(model: PreTrainedModel) -> int | None:
    """The longest window that the encoder's table of positions has room for, None where it has no such table."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # RoBERTa and its kin count positions from behind the place of padding.
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    return None


def check_fit(model: PreTrainedModel, split: Split, labels: Labels) -> None:
    """Check data against the model before any step: a mismatch would end in an index error on the device.

    Raises:
        Fault: a label, a sub-word or a window's length is out of the model's range.
    """
    config, columns = model.config, split.windows.data
    highest = {name: pc.max(pc.list_flatten(columns[name])).as_py() for name in ("labels", "input_ids")}
    longest = pc.max(pc.list_value_length(columns["input_ids"])).as_py()
    most = positions(model)
    if config.num_labels != len(labels.names) or highest["labels"] >= config.num_labels:
        raise Fault(
            f"the classifier has {config.num_labels} labels, {TOKENIZED} holds ids up to {highest['labels']} "
            f"and names {len(labels.names)}: run `dvc repro tokenize-align`"
        )
    if highest["input_ids"] >= config.vocab_size:
        raise Fault(
            f"the encoder knows {config.vocab_size} sub-words, {TOKENIZED} holds ids up to {highest['input_ids']}: "
            "encoder and tokenizer do not belong together"
        )
    if most is not None and longest > most:
        raise Fault(
            f"the encoder reads at most {most} sub-words, {TOKENIZED} has windows of {longest}: "
            "lower tokenize_align.max_length in params.yaml"
        )


def fine_tune(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    train: Split,
    validation: Split,
    labels: Labels,
    params: Train,
) -> Trainer:
    """Train with the Trainer API; afterwards its model is the one of the best epoch."""
    shutil.rmtree(WORK, ignore_errors=True)
    steps_per_epoch = -(-len(train.windows) // params.batch_size)
    arguments = TrainingArguments(
        output_dir=WORK,
        num_train_epochs=params.epochs,
        per_device_train_batch_size=share(params.batch_size),
        per_device_eval_batch_size=64,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        warmup_steps=params.warmup,
        lr_scheduler_type="linear",
        seed=params.seed,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_only_model=True,
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="f1",
        greater_is_better=True,
        train_sampling_strategy="group_by_length",
        logging_nan_inf_filter=False,
        logging_steps=max(1, steps_per_epoch // POINTS_PER_EPOCH),
        disable_tqdm=True,
        report_to="none",
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    trainer = OrderedValidation(
        model=model,
        args=arguments,
        train_dataset=train.windows,
        eval_dataset=validation.windows,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
        preprocess_logits_for_metrics=likeliest,
        compute_metrics=word_scorer(validation, labels),
        callbacks=[EpochLines()],
    )
    trainer.remove_callback(PrinterCallback)  # it prints every log entry as a dictionary; EpochLines says it better
    trainer.train()
    return trainer


class OrderedValidation(Trainer):
    """Trainer that reads the validation windows in their order, since their words are stitched by it.

    With batches of like length Trainer sorts them for validation too (huggingface/transformers#33514).
    """

    def _get_eval_sampler(self, eval_dataset: Dataset) -> SequentialSampler:
        return SequentialSampler(eval_dataset)


def share(batch_size: int) -> int:
    """One device's part of a global batch.

    Raises:
        Fault: the devices can't have equal parts, or a launcher started several processes.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise Fault("train is one process for now, which uses all GPUs that it sees: start it without a launcher")
    devices = max(1, torch.cuda.device_count())
    if batch_size % devices:
        raise Fault(
            f"train.batch_size is {batch_size}, which {devices} devices can't share: use a multiple of {devices}"
        )
    return batch_size // devices


def likeliest(logits: torch.Tensor, _labels: torch.Tensor) -> torch.Tensor:
    """Reduce logits to label ids on the device, so that validation does not gather a float for every label."""
    return logits.argmax(-1)


def word_scorer(split: Split, labels: Labels) -> Callable[[EvalPrediction], dict[str, float]]:
    """Make Trainer's ``compute_metrics``: it stitches the windows and scores every word of the split."""
    gold = split.gold(labels)
    chosen = choose_windows(split.lengths(), split.windows["sentence"][:], split.windows["word_ids"][:])
    fallback = labels.label2id[labels.fallback]

    def compute(prediction: EvalPrediction) -> dict[str, float]:
        ids = stitch(chosen, list(np.asarray(prediction.predictions)), fallback)
        predicted = [[labels.names[number] for number in row] for row in ids]
        overall = score(gold, predicted, labels.kind)["overall"]
        return {name: overall[name] for name in SCORES}

    return compute


def write_model(model: PreTrainedModel, target: Path) -> None:
    """Write weights, configuration and the tokenizer's files, which make a folder that transformers loads."""
    model.save_pretrained(target)
    for file in sorted(TOKENIZER.iterdir()):
        shutil.copyfile(file, target / file.name)


def write_results(trainer: Trainer, metrics: Path, train_loss: Path, validation: Path) -> None:
    """Write the learning curves and the scores of the best epoch."""
    history = trainer.state.log_history
    losses = [{"step": entry["step"], "loss": round(entry["loss"], 6)} for entry in history if "loss" in entry]
    epochs = [validation_row(entry) for entry in history if "eval_loss" in entry]
    # max() takes the first of equals, as Trainer does: it wants a later epoch to be better.
    best = max(epochs, key=lambda row: row["f1"])
    pd.DataFrame(losses).to_csv(train_loss, index=False, lineterminator="\n")
    pd.DataFrame(epochs).to_csv(validation, index=False, lineterminator="\n")
    write_json(
        metrics,
        {
            "best_epoch": best["epoch"],
            "steps": trainer.state.global_step,
            "validation": {name: best[name] for name in (*SCORES, "loss")},
        },
    )


def validation_row(entry: dict[str, Any]) -> dict[str, Any]:
    scores = {name: entry[f"eval_{name}"] for name in SCORES}
    return {"epoch": round(entry["epoch"]), **scores, "loss": round(entry["eval_loss"], 6)}


if __name__ == "__main__":
    exit_with_message(main)
