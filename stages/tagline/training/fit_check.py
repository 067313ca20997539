"""Check that data and model fit: a mismatch would end in an index error on the device, hours into a run."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.compute as pc
from torch import nn
from transformers import PreTrainedModel

from tagline.artifacts.tokenized import Split, column
from tagline.core.errors import UserError
from tagline.labels.label_list import Labels
from tagline.model.batches import rounded_up

# Names of learned or sinusoidal tables of absolute positions: embeddings.position_embeddings in BERT, wpe in GPT-2,
# embed_positions in BioGPT. Tables of relative positions (rel_embeddings, relative_attention_bias) set no limit.
_POSITION_TABLE = re.compile(r"(^|\.)((\w+_)?position_embeddings?|embed_positions|pos_embeddings?|wpe)$")


def longest_window(model: PreTrainedModel) -> int | None:
    """The most sub-words that an encoder reads, special tokens included; None if it has no limit.

    A table of absolute positions sets the limit, together with ``config.max_position_embeddings`` (n_positions in
    GPT-2). Encoders with rotary or relative positions also have that key, but read longer windows.
    """
    tables = [
        module
        for name, module in model.named_modules()
        if _POSITION_TABLE.search(name) and "vision" not in name and isinstance(module.weight, nn.Parameter)
    ]
    # RoBERTa and its relatives count positions from padding_idx + 1: of 514 rows they use 512.
    limits = [
        table.weight.shape[0] - (0 if getattr(table, "padding_idx", None) is None else table.padding_idx + 1)
        for table in tables
    ]
    declared = getattr(model.config, "max_position_embeddings", None)
    if limits and declared is not None:
        limits.append(declared)  # BioGPT's table has more rows than positions
    if model.config.model_type == "mpt":
        limits.append(model.config.max_seq_len)  # the size of its table of linear biases
    return min(limits, default=None)


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
