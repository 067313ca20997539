"""Tiny encoders and token classifiers of any architecture, with random weights."""

import torch
from transformers import AutoConfig, AutoModelForTokenClassification

SIZES = {
    **{"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 32, "max_position_embeddings": 64, "pad_token_id": 0},
}
ARCHITECTURES = {
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


def config_of(architecture, **changed):
    """The configuration of a tiny model, with some values changed."""
    return AutoConfig.for_model(architecture, **SIZES | ARCHITECTURES.get(architecture, {}) | changed)


def new_model(architecture, **changed):
    """A token classifier of three labels, in evaluation mode, with some values of its configuration changed."""
    torch.manual_seed(0)
    model = AutoModelForTokenClassification.from_config(config_of(architecture, num_labels=3, **changed)).eval()
    # With the small random weights of a new model, all logits are nearly equal.
    for weight in model.parameters():
        weight.data += 0.3 * torch.randn_like(weight)
    return model
