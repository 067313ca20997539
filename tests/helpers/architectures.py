"""Small token classifiers of several architectures, with random weights."""

from collections.abc import Callable
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForTokenClassification, PreTrainedModel

SIZES = {
    **{"vocab_size": 40, "num_labels": 3, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 32, "max_position_embeddings": 64, "pad_token_id": 0},
}
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 32},  # all layers have the same weights
    "bert": {},
    "biogpt": {},  # scales its embeddings
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},  # fails in bf16
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},  # uses the padding mask itself
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "longformer": {"attention_window": [8, 8]},  # pads the batch to a multiple of 8
    "modernbert": {"local_attention": 4, "global_attn_every_n_layers": 2},  # every second layer has a sliding window
    "mpnet": {},  # has eager attention only
    "roberta": {"pad_token_id": 1, "max_position_embeddings": 66},  # counts positions from the padding's id on
    "t5": {"d_model": 16, "d_kv": 8, "d_ff": 8, "num_layers": 1, "num_heads": 2},  # shares its embeddings
}


def new_model(architecture: str | Callable[[], PreTrainedModel], **options: Any) -> PreTrainedModel:
    """A model of one of `ARCHITECTURES`, or the one that is built, in evaluation mode."""
    torch.manual_seed(0)
    if isinstance(architecture, str):
        config = AutoConfig.for_model(architecture, **SIZES | ARCHITECTURES[architecture])
        model = AutoModelForTokenClassification.from_config(config, **options).eval()
    else:
        model = architecture().eval()
    # With the small random weights of a new model, all logits are nearly equal.
    for weight in model.parameters():
        weight.data += 0.3 * torch.randn_like(weight)
    return model
