"""Losses: sums that give the mean of a batch in any parts, and values in order."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from tagline.training.losses import LossReader, summed


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_parts_add_up_to_pytorchs_mean(smoothing: float) -> None:
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(5, 7, 4, generator=generator)
    labels = torch.randint(0, 4, (5, 7), generator=generator)
    labels[0, 2:] = labels[3] = -100
    expected = cross_entropy(logits.view(-1, 4), labels.view(-1), label_smoothing=smoothing)
    parts = sum(summed(logits[part], labels[part], smoothing) for part in (slice(0, 1), slice(1, 3), slice(3, 5)))
    torch.testing.assert_close(parts / (labels != -100).sum(), expected)


def test_without_labels_there_is_no_loss_and_no_gradient() -> None:
    logits = torch.ones(1, 2, 3, requires_grad=True)
    loss = summed(logits, torch.full((1, 2), -100), 0.1)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.count_nonzero() == 0


def test_half_precision_is_summed_in_float32() -> None:
    logits = torch.zeros(1, 4096, 2, dtype=torch.bfloat16)
    loss = summed(logits, torch.zeros(1, 4096, dtype=torch.int64), 0.0)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(4096 * torch.log(torch.tensor(2.0)).item(), rel=1e-5)


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
