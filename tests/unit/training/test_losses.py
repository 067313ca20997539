"""Losses of training steps, in order."""

from __future__ import annotations

import pytest
import torch

from tagline.training.losses import LossReader


@pytest.mark.parametrize(("device", "late"), [("cpu", 0), ("xla", 1)])
def test_losses_in_order_and_at_most_one_step_late(device: str, late: int) -> None:
    reader = LossReader[int](torch.device(device))
    seen = []
    for step in range(1, 5):
        seen += reader.push(step, torch.tensor(step / 2))
        assert [number for number, _ in seen] == list(range(1, step + 1 - late))
    seen += reader.flush()
    assert seen == [(1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    assert list(reader.flush()) == []
