"""Attention masks: the same results as when transformers reads the padding mask, and nothing is read."""

from __future__ import annotations

import pytest
import torch
from helpers.architectures import new_model
from torch import Tensor
from transformers import PreTrainedModel

from tagline.model.attention_masks import known_padding

ENCODERS = ("albert", "bert", "deberta-v2", "distilbert", "longformer", "modernbert", "mpnet")


def batch(padded: bool) -> tuple[Tensor, Tensor]:
    ids = torch.arange(3, 33).view(3, 10)
    mask = torch.ones_like(ids)
    if padded:
        ids[1, 6:], mask[1, 6:] = 0, 0
    return ids, mask


def logits_and_gradients(model: PreTrainedModel, ids: Tensor, mask: Tensor) -> list[Tensor]:
    model.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=model.config.model_type == "mpnet"):
        logits = model(input_ids=ids, attention_mask=mask).logits
    (logits.float() ** 2).sum().backward()
    return [logits.detach(), *(weight.grad for weight in model.parameters() if weight.grad is not None)]


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize(("architecture", "attention"), [*((name, None) for name in ENCODERS), ("bert", "eager")])
def test_logits_and_gradients_have_the_same_bytes(architecture: str, attention: str | None, padded: bool) -> None:
    model = new_model(architecture, attn_implementation=attention)
    ids, mask = batch(padded)
    expected = logits_and_gradients(model, ids, mask)
    with known_padding(mask, padded):
        found = logits_and_gradients(model, ids, mask)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
