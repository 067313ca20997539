"""Dropout on a CPU: the distribution of PyTorch's dropout, from the same generator."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tagline.training import torch_settings
from tagline.training.torch_settings import Dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_share_of_dropped_values_and_mean_are_those_of_p(dtype: torch.dtype, p: float) -> None:
    torch.manual_seed(1)
    dropped = Dropout(p)(torch.ones(500, 401, dtype=dtype))
    kept = dropped != 0
    # Five standard deviations of the mean of 200,500 draws.
    assert kept.double().mean().item() == pytest.approx(1 - p, abs=5 * (p * (1 - p) / dropped.numel()) ** 0.5)
    # The values that stay are scaled, up to the rounding of the number format.
    scaled = torch.full_like(dropped[kept], 1 / (1 - p)).double()
    torch.testing.assert_close(dropped[kept].double(), scaled, rtol=0.004, atol=0)


def test_dropout_gradients_pass_through_the_values_that_stay() -> None:
    torch.manual_seed(3)
    values = torch.randn(7, 5, requires_grad=True)
    dropped = Dropout(0.4)(values)
    dropped.sum().backward()
    assert values.grad is not None
    torch.testing.assert_close(dropped, values * values.grad)
    assert 0 < values.grad.count_nonzero() < 35


def test_nothing_or_all_is_dropped_at_the_ends_and_nothing_in_evaluation() -> None:
    ones = torch.ones(3, 3)
    for p in (0.0, 1.0):
        torch.testing.assert_close(Dropout(p)(ones), torch.full((3, 3), 1 - p))
    assert Dropout(0.5).eval()(ones) is ones


def test_replace_changes_dropout_layers_and_nothing_else() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.25), nn.Sequential(nn.Dropout(0.5)), nn.Dropout2d(0.1))
    weights = model.state_dict()
    torch_settings.replace(model)
    assert [type(module) for module in model.modules() if hasattr(module, "p")] == [Dropout, Dropout, nn.Dropout2d]
    assert [model[1].p, model[2][0].p] == [0.25, 0.5]
    assert model.state_dict().keys() == weights.keys()
