"""What surrounds the steps: batches prepared one ahead, losses read one step late."""

import threading

import numpy as np
import pytest
import torch

from tagline.training.gradients import Step
from tagline.training.training import LossReader, one_ahead


def test_error_of_an_item_is_raised_in_its_turn_and_no_thread_is_left():
    before = threading.active_count()
    halves = one_ahead(lambda number: 6 // number, [3, 2, 0, 1])
    assert [next(halves), next(halves)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(halves)
    assert threading.active_count() == before


@pytest.mark.parametrize(("device", "late"), [("cpu", 0), ("xla", 1)])
def test_losses_come_in_order_and_at_most_one_step_late(device, late):
    reader, seen = LossReader(torch.device(device)), []
    for number in range(1, 5):
        seen += reader.push(Step(number, np.arange(0), 1, []), torch.tensor(number / 2))
        assert [step.number for step, _ in seen] == list(range(1, number + 1 - late))
    seen += reader.flush()
    assert [(step.number, loss) for step, loss in seen] == [(1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    assert list(reader.flush()) == []
