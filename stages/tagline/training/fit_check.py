"""Check that data and model fit: a mismatch would end in an index error on the device, hours into a run."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split, column
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model.batches import rounded_up
from tagline.model.classifier import longest_window


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
