"""What XLA devices need, as far as a CPU shows it."""

import torch
from safetensors.torch import save_file
from torch import nn

from tagline.model.backends.xla import load_weights


def layers():
    """Two layers that share their weights."""
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    return nn.Sequential(first, second)


def test_weights_are_loaded_under_all_their_names(tmp_path):
    model, other = layers(), layers()
    save_file({name: model.state_dict()[name] for name in ("0.bias", "1.bias", "1.weight")}, tmp_path / "weights")
    load_weights(other, tmp_path / "weights")
    assert all(torch.equal(weight, other.state_dict()[name]) for name, weight in model.state_dict().items())
    assert other[0].weight is other[1].weight
