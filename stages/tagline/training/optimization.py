"""AdamW (Loshchilov and Hutter, 2019) and the schedule of its learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from tagline.model.heads.head_weights import tensors
from tagline.training.train_params import Train

# Devices on which PyTorch updates all weights of a group in one kernel, several times faster than one by one.
FUSED = ("cpu", "cuda", "mps", "xpu")
SCHEDULES: dict[str, Callable[..., LambdaLR]] = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
}


def groups(model: nn.Module, params: Train) -> list[dict[str, object]]:
    """The trainable weights in parameter groups: matrices with weight decay, biases and norms without.

    A third group has the head's own weights, if it has any, which need a higher learning rate than pretrained ones.
    """
    decaying: list[nn.Parameter] = []
    no_decay: list[nn.Parameter] = []
    own = tensors(model)
    of_head = set(map(id, own.values()))
    for name, weight in model.named_parameters():
        if weight.requires_grad and id(weight) not in of_head:
            # Weights of norms are vectors; those of linear layers and embeddings are matrices.
            without_decay = weight.ndim < 2 or "bias" in name.rpartition(".")[2]
            (no_decay if without_decay else decaying).append(weight)
    return [
        {"params": decaying, "weight_decay": params.weight_decay},
        {"params": no_decay, "weight_decay": 0.0},
        *([{"params": [*own.values()], "weight_decay": 0.0, "lr": params.head_learning_rate}] if own else []),
    ]


def adamw(model: nn.Module, params: Train, device: torch.device) -> torch.optim.AdamW:
    """The optimizer of a model.

    Args:
        model: the model to train.
        params: the section ``train``.
        device: where the weights are, or will be moved to.
    """
    return torch.optim.AdamW(groups(model, params), lr=params.learning_rate, fused=device.type in FUSED or None)


def schedule(optimizer: torch.optim.Optimizer, params: Train, steps: int) -> LambdaLR:
    """The learning rate of each step: from zero up during warm-up, then down to zero.

    Args:
        optimizer: its learning rate is the maximum.
        params: the section ``train``.
        steps: number of steps of the whole run.
    """
    warmup = math.ceil(params.warmup * steps)
    return SCHEDULES[params.schedule](optimizer, warmup, steps)
