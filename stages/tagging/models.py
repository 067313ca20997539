"""Token classification models: loaded from a local folder, for a task's labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForTokenClassification, PreTrainedModel

from tagging.faults import Fault, require
from tagging.labels import Labels


def start(encoder: Path, labels: Labels) -> PreTrainedModel:
    """A pretrained encoder under a new classifier; set the seed first, since the classifier's weights are drawn here.

    Returns:
        The model in float32, whatever the encoder is stored in: an optimizer's small steps vanish in half precision.

    Raises:
        Fault: the folder is missing; its encoder is none that transformers can put a token classifier on, lacks
            weights, or has a classifier already, which would be kept in place of one that the seed draws.
    """
    require(encoder, "download")
    names = {"id2label": labels.id2label, "label2id": labels.label2id, "num_labels": len(labels.names)}
    model, drawn = _load(encoder, dtype=torch.float32, **names)
    base = f"{model.base_model_prefix}."
    if lacking := sorted(name for name in drawn if name.startswith(base)):
        raise Fault(f"{encoder} lacks weights that its config.json asks for: {_short(lacking, 'tensors')}")
    if not drawn:
        raise Fault(
            f"{encoder} is a token classifier already: expected an encoder without one, "
            "as `AutoModel.from_pretrained(...).save_pretrained(...)` writes it"
        )
    return model


def load(folder: Path, labels: Labels, dtype: torch.dtype | None = None) -> PreTrainedModel:
    """A fine-tuned model, with dropout off.

    Args:
        folder: weights and configuration.
        labels: what it must have been trained for.
        dtype: number format of the weights, by default the stored one.

    Raises:
        Fault: the folder is missing or damaged, or the model's labels are others, or in another order.
    """
    require(folder, "train")
    model, lacking = _load(folder, dtype=dtype or "auto")
    if lacking:
        raise Fault(f"{folder} lacks weights that its config.json asks for: {_short(sorted(lacking), 'tensors')}")
    names = tuple(name for _, name in sorted((model.config.id2label or {}).items()))
    if names != labels.names:
        raise Fault(
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
        raise Fault(
            f"{folder} holds no model for token classification: {(str(e) or repr(e)).splitlines()[0]}"
        ) from None
    return model, set(info["missing_keys"]) | {mismatch[0] for mismatch in info["mismatched_keys"]}


def _short(names: Sequence[str], noun: str) -> str:
    return f"{len(names)} {noun} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
