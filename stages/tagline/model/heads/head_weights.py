"""A head's own weights as a part of the model that is trained, so that optimizer and checkpoints include them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from tagline.model.heads.head import Head, Weights

# The attribute of the model; no model of transformers has one of this name.
ATTRIBUTE = "tagger_head"


class HeadWeights(nn.Module):
    """The own weights of a head, by name, float32."""

    def __init__(self, head: str, weights: Weights) -> None:
        super().__init__()
        self.head = head
        for name, values in weights.items():
            self.register_parameter(name, nn.Parameter(torch.tensor(values)))


def attach(model: nn.Module, head: Head) -> None:
    """Add the untrained own weights of a head to a model, if it has any."""
    if weights := head.new_weights():
        setattr(model, ATTRIBUTE, HeadWeights(head.name, weights))


def attached(model: nn.Module) -> HeadWeights | None:
    """The own weights of the head of a model, which no wrapper encloses."""
    return getattr(model, ATTRIBUTE, None)


def tensors(model: nn.Module) -> dict[str, Tensor]:
    """The own weights of the head by name, as tensors in training; empty if it does not have any."""
    weights = attached(model)
    return {} if weights is None else dict(weights.named_parameters())


def arrays(tensors: Mapping[str, Tensor]) -> Weights:
    """Copy weights to the CPU."""
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in tensors.items()}


def take_head(state: dict[str, Tensor]) -> Weights:
    """Remove the own weights of the head from a model's state, and return them."""
    prefix = f"{ATTRIBUTE}."
    return arrays({name.removeprefix(prefix): state.pop(name) for name in sorted(state) if name.startswith(prefix)})
