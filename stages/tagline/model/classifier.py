"""Token classification models: loaded from a local folder, for a task's labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification, PreTrainedModel
from transformers.utils.import_utils import is_flash_attn_2_available, is_flash_attn_3_available

from tagline.core.errors import UserError, require
from tagline.labels.label_list import Labels
from tagline.model.precision import Resolved


def new_classifier(
    encoder: Path, labels: Labels, attention: str = "sdpa", precision: Resolved = "fp32"
) -> PreTrainedModel:
    """A pretrained encoder under a new classifier; set the seed first, since the classifier's weights are drawn here.

    Args:
        encoder: weights and configuration.
        labels: what the classifier is for.
        attention: transformers' name of the way to compute attention.
        precision: the number format that it will be computed in.

    Returns:
        The model in float32, whatever the encoder is stored in: an optimizer's small steps vanish in half precision.

    Raises:
        UserError: the folder is missing; its encoder is none that transformers can put a token classifier on, lacks
            weights, or has a classifier already, which would be kept in place of one that the seed draws; or this
            host, or transformers' code of the encoder, lacks that attention.
    """
    require(encoder, "download")
    names = {"id2label": labels.id2label, "label2id": labels.label2id, "num_labels": len(labels.names)}
    model, drawn = _load(encoder, dtype=torch.float32, **names)
    base = f"{model.base_model_prefix}."
    if lacking := sorted(name for name in drawn if name.startswith(base)):
        raise UserError(f"{encoder} lacks weights that its config.json asks for: {_short(lacking, 'tensors')}")
    if not drawn:
        raise UserError(
            f"{encoder} is a token classifier already: expected an encoder without one, "
            "as `AutoModel.from_pretrained(...).save_pretrained(...)` writes it"
        )
    _set_attention(model, attention, precision)
    return model


def load(folder: Path, labels: Labels, dtype: torch.dtype | None = None) -> PreTrainedModel:
    """A fine-tuned model, with dropout off.

    Args:
        folder: weights and configuration.
        labels: what it must have been trained for.
        dtype: number format of the weights, by default the stored one.

    Raises:
        UserError: the folder is missing or damaged, or the model's labels are others, or in another order.
    """
    require(folder, "train")
    model, lacking = _load(folder, dtype=dtype or "auto")
    if lacking:
        raise UserError(f"{folder} lacks weights that its config.json asks for: {_short(sorted(lacking), 'tensors')}")
    names = tuple(name for _, name in sorted((model.config.id2label or {}).items()))
    if names != labels.names:
        raise UserError(
            f"{folder} was trained for other labels than the data of task {labels.task} has: "
            f"{_short(names, 'labels')}, expected {_short(labels.names, 'labels')}; run `dvc repro train`"
        )
    model.eval()
    return model


def _load(folder: Path, **options: object) -> tuple[PreTrainedModel, set[str]]:
    """Load a model, and name the tensors that were drawn at random since the folder has none of that name and shape."""
    try:
        model, info = AutoModelForTokenClassification.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError, SafetensorError) as e:
        raise UserError(
            f"{folder} holds no model for token classification: {(str(e) or repr(e)).splitlines()[0]}"
        ) from None
    return model, set(info["missing_keys"]) | {mismatch[0] for mismatch in info["mismatched_keys"]}


# Those that are packages of their own, which need a GPU. transformers would ask a Hub for one that is not installed.
_PACKAGED = {"flash_attention_2": is_flash_attn_2_available, "flash_attention_3": is_flash_attn_3_available}


def _set_attention(model: PreTrainedModel, attention: str, precision: Resolved) -> None:
    if attention in _PACKAGED and not _PACKAGED[attention]():
        reason = "its package is not installed on this host, or finds no GPU"
    elif attention in _PACKAGED and precision == "fp32":
        reason = "it computes in bf16 and fp16 only, train.precision is fp32 here"
    else:
        try:
            model.set_attn_implementation(attention)
        except (ValueError, ImportError) as error:
            reason = str(error).splitlines()[0]
        else:
            if model.config._attn_implementation == attention:
                return
            reason = "the encoder's code in transformers knows none but its own"
    raise UserError(f"train.attention is {attention}, which can't be had ({reason}): use sdpa or eager")


def _short(names: Sequence[str], noun: str) -> str:
    return f"{len(names)} {noun} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
