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

    Raises:
        Fault: the folder is missing, or its encoder is none that transformers can put a token classifier on.
    """
    require(encoder, "download")
    return _load(encoder, id2label=labels.id2label, label2id=labels.label2id, num_labels=len(labels.names))


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
    model = _load(folder, dtype=dtype or "auto")
    names = tuple(name for _, name in sorted((model.config.id2label or {}).items()))
    if names != labels.names:
        raise Fault(
            f"{folder} was trained for other labels than the data of task {labels.task} has: "
            f"{_short(names)}, expected {_short(labels.names)}; run `dvc repro train`"
        )
    model.eval()
    return model


def _load(folder: Path, **options: object) -> PreTrainedModel:
    try:
        model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise Fault(f"{folder} holds no model for token classification: {str(error).splitlines()[0]}") from None
    return model


def _short(names: Sequence[str]) -> str:
    return f"{len(names)} labels ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})"
