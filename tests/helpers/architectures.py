"""Small token classifiers of several architectures, with random weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from transformers import (
    AlbertConfig,
    AlbertForTokenClassification,
    BertConfig,
    BertForTokenClassification,
    DistilBertConfig,
    DistilBertForTokenClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForTokenClassification,
)

Architecture = Callable[[], PreTrainedModel]

SIZES = {"vocab_size": 40, "num_labels": 3}
LAYERS = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def bert() -> PreTrainedModel:
    return BertForTokenClassification(BertConfig(**SIZES, **LAYERS, max_position_embeddings=64))


def roberta() -> PreTrainedModel:
    """RoBERTa computes positions from the ids, starting after the padding index."""
    return RobertaForTokenClassification(
        RobertaConfig(**SIZES, **LAYERS, max_position_embeddings=66, type_vocab_size=1, pad_token_id=1)
    )


def distilbert() -> PreTrainedModel:
    return DistilBertForTokenClassification(
        DistilBertConfig(**SIZES, dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=64)
    )


def albert() -> PreTrainedModel:
    """All layers have the same weights."""
    config = AlbertConfig(
        **SIZES,
        hidden_size=16,
        embedding_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    return AlbertForTokenClassification(config)


def new_model(architecture: Architecture) -> PreTrainedModel:
    torch.manual_seed(0)
    model = architecture().eval()
    # With the small random weights of a new model, all logits are nearly equal.
    for weight in model.parameters():
        weight.data += 0.3 * torch.randn_like(weight)
    return model
