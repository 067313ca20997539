"""Checks before training that the data fit the model."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import torch
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split, column
from tagline.labels import AnyInts, Ints, Labels
from tagline.model.batches import pad, rounded_up
from tagline.model.classifier import longest_window, padding_id
from tagline.terminal import UserError
from tagline.training.training_batches import TrainingBatches

# Sub-words of a window for a check. Every encoder reads twice as many, the least `tokenize_align.max_length`.
CHECKED = 4
# Larger differences of logits, as a share of the highest, are not rounding: up to 1e-6 was seen, without masks 4e-3.
ROUNDING = 1e-3


def check_fit(model: PreTrainedModel, split: Split, tokenized: Path, source: str, multiple: int = 1) -> None:
    """Raise a `UserError` if a sub-word id or the length of a window is out of the model's range.

    Args:
        source: the param and the folder of the model, for messages.
    """
    ids = column(split.windows, "input_ids")
    highest = pc.max(pc.list_flatten(ids)).as_py()
    longest = pc.max(pc.list_value_length(ids)).as_py()
    vocabulary = model.config.vocab_size
    most = longest_window(model)
    if highest >= vocabulary:
        raise UserError(
            f"{source}: a vocabulary of {vocabulary} sub-words; {tokenized} has ids up to {highest}; expected a model "
            "with its own tokenizer"
        )
    if most is not None and longest > most:
        raise UserError(
            f"{source}: reads at most {most} sub-words; {tokenized} has windows of up to {longest}; lower "
            "tokenize_align.max_length in params.yaml, or choose another model"
        )
    padded = rounded_up(longest, multiple)
    if most is not None and padded > most:
        raise UserError(
            f"train.pad_to_multiple_of: {multiple} pads windows of {longest} sub-words to {padded}; the encoder reads "
            f"at most {most}; choose a divisor of {most}, or null"
        )


def check_fallback_is_known(labels: Labels, split: Split, tokenized: Path) -> None:
    """Raise a `UserError` if words have unknown labels and no word is known to be O: O can't be learnt then."""
    if labels.sets and labels.label2id[labels.fallback] not in split.gold():
        raise UserError(
            f"{tokenized}: no word of train is known to be {labels.fallback}; expected some, or a model that knows "
            "such words (train.start_from, train.teacher); if all types are annotated, list them in "
            "download.dataset.annotated_types"
        )


def check_mask(model: PreTrainedModel) -> None:
    """Raise a `UserError` if padding changes the logits: labels would depend on the batch."""
    with torch.no_grad():
        alone = _logits(model, CHECKED)
        padded = _logits(model, 2 * CHECKED)
    if (alone - padded).abs().max() > ROUNDING * alone.abs().max():
        raise UserError(
            f"{model.name_or_path}: {model.config.model_type} ignores the padding mask, so that labels would depend on "
            "the batch; expected an encoder that respects it, such as BERT, RoBERTa or DeBERTa"
        )


def freeze_unused(model: PreTrainedModel) -> None:
    """Freeze weights that no logit depends on, such as a pooler: processes would wait for their gradients."""
    _logits(model, CHECKED).sum().backward()
    for weight in model.parameters():
        weight.requires_grad_(weight.grad is not None)
    model.zero_grad()


def _logits(model: PreTrainedModel, length: int) -> torch.Tensor:
    """The logits of `CHECKED` sub-words padded to a length, on the CPU."""
    attention = model.config._attn_implementation
    model.set_attn_implementation("eager")  # others may need a GPU
    ids, mask = map(torch.from_numpy, pad([np.arange(CHECKED)], padding_id(model), length))
    logits: torch.Tensor = model(input_ids=ids, attention_mask=mask).logits[0, :CHECKED]
    model.set_attn_implementation(attention)
    return logits


def used_ids(train: Split, padding: int) -> AnyInts:
    """The sorted ids of the sub-words of a split, and of the padding."""
    ids = pc.unique(pc.list_flatten(column(train.windows, "input_ids"))).to_numpy()
    return np.union1d(ids, padding)


def only_for_teachers(labelled: Ints) -> str | None:
    """Describe how many windows have no known label, given the number in each."""
    unlabelled = int(np.count_nonzero(labelled == 0))
    if unlabelled == 0:
        return None
    return (
        f"train: {unlabelled:,} of {len(labelled):,} windows have no known label; only train.teacher learns from them"
    )


def repeated_passes(batches: TrainingBatches, steps: int) -> str | None:
    """Describe how often the epochs of a run repeat the training split."""
    if batches.passes == batches.epochs:
        return None
    return f"train.min_steps: {batches.passes} passes over train in all, so that the run has {steps:,} steps"
