"""The linear head: sums of losses that give the mean of a batch in any parts."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from tagline.labels.label_list import Labels
from tagline.model.heads import make_head

HEAD = make_head("linear", Labels("pos", "tags", ("A", "B", "C", "D"), "A"))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_parts_add_up_to_pytorchs_mean(smoothing: float) -> None:
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(5, 7, 4, generator=generator)
    labels = torch.randint(0, 4, (5, 7), generator=generator)
    labels[0, 2:] = labels[3] = -100
    expected = cross_entropy(logits.view(-1, 4), labels.view(-1), label_smoothing=smoothing)
    parts = sum(HEAD.loss(logits[part], labels[part], smoothing) for part in (slice(0, 1), slice(1, 3), slice(3, 5)))
    torch.testing.assert_close(parts / (labels != -100).sum(), expected)


def test_without_labels_there_is_no_loss_and_no_gradient() -> None:
    logits = torch.ones(1, 2, 3, requires_grad=True)
    loss = HEAD.loss(logits, torch.full((1, 2), -100), 0.1)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert logits.grad.count_nonzero() == 0


def test_half_precision_is_summed_in_float32() -> None:
    logits = torch.zeros(1, 4096, 2, dtype=torch.bfloat16)
    loss = HEAD.loss(logits, torch.zeros(1, 4096, dtype=torch.int64), 0.0)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(4096 * torch.log(torch.tensor(2.0)).item(), rel=1e-5)
