"""Checks that data and model fit, and batches and device: a mismatch would be noticed hours into a run, or never."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import torch
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split, column
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model.batches import rounded_up
from tagline.model.classifier import longest_window
from tagline.training.training_batches import TrainingBatches

# With fewer sub-words per step, a GPU updates weights for longer than it multiplies them. AdamW moves 28 bytes per
# weight, the products are 6 FLOP per weight and sub-word; an A100 has 153 FLOP in bf16 per byte of its memory's
# bandwidth, and 28 / 6 * 153 = 714. An H100 has 295, and needs twice as many.
FEW_SUBWORDS = 700
# A preset with batches for a GPU.
FOR_GPU = Path("presets/conll2003-gpu.yaml")


def check_fit(model: PreTrainedModel, split: Split, labels: Labels, tokenized: Path, multiple: int = 1) -> None:
    """Raise a `UserError` if a label, a sub-word or the length of a window is out of the model's range.

    Args:
        model: the classifier to train.
        split: its windows.
        labels: the task's labels.
        tokenized: the folder of the split, for messages.
        multiple: windows are padded to a multiple of it.
    """
    columns = {name: column(split.windows, name) for name in ("labels", "input_ids")}
    highest = {name: pc.max(pc.list_flatten(columns[name])).as_py() for name in columns}
    longest = pc.max(pc.list_value_length(columns["input_ids"])).as_py()
    known, vocabulary, most = model.config.num_labels, model.config.vocab_size, longest_window(model)
    if known != len(labels.names) or highest["labels"] >= known:
        raise UserError(
            f"{tokenized}: {len(labels.names)} label names and label ids up to {highest['labels']}; "
            f"the classifier has {known} labels; run `dvc repro tokenize-align`"
        )
    if highest["input_ids"] >= vocabulary:
        raise UserError(
            f"{tokenized}: sub-word ids up to {highest['input_ids']}; the encoder's vocabulary has {vocabulary}; "
            "use an encoder with its own tokenizer"
        )
    if most is not None and longest > most:
        raise UserError(
            f"{tokenized}: windows of up to {longest} sub-words; the encoder reads at most {most}; "
            "lower tokenize_align.max_length in params.yaml"
        )
    if most is not None and rounded_up(longest, multiple) > most:
        raise UserError(
            f"train.pad_to_multiple_of: {multiple} pads windows of {longest} sub-words to "
            f"{rounded_up(longest, multiple)}; the encoder reads at most {most}; choose a divisor of {most}, or null"
        )


def small_batches(batches: TrainingBatches, device: torch.device, processes: int) -> str | None:
    """Describe batches that are far too small for a GPU; None: they are not, or the device is another one.

    Args:
        batches: those of the run.
        device: of each process.
        processes: number of processes, which share each batch.
    """
    each = batches.lengths.sum() / batches.steps_per_epoch / processes
    if device.type != "cuda" or each >= FEW_SUBWORDS:
        return None
    return (
        f"train.batches: {each:.0f} sub-words per step and GPU; with fewer than about {FEW_SUBWORDS}, updating the "
        "weights takes longer than computing the gradients; set order: by_length and a larger subwords_per_batch with "
        f"a learning rate to match, as in {FOR_GPU}"
    )
