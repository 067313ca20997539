"""Training batches: each window once per epoch, within the limit, a function of seed and epoch."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.model.batches import rounded_up
from tagline.training.train_params import Batches
from tagline.training.training_batches import TrainingBatches

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=80).map(lambda row: np.array(row, dtype=np.int64))


def by_length(tokens):
    return Batches(order="by_length", subwords_per_batch=tokens, batch_size=1)


def at_random(size):
    return Batches(order="random", subwords_per_batch=1, batch_size=size)


ORDERS = st.one_of(st.builds(by_length, st.integers(1, 300)), st.builds(at_random, st.integers(1, 20)))


def listed(epoch):
    return [batch.tolist() for batch in epoch]


@given(LENGTHS, ORDERS, st.integers(0, 2**32 - 1), st.integers(0, 5), st.integers(1, 9))
def test_each_window_is_in_one_batch(lengths, order, seed, epoch, multiple):
    batches = TrainingBatches(lengths, order, seed, multiple)
    batch_list = batches.epoch(epoch)
    assert sorted(index for batch in batch_list for index in batch.tolist()) == list(range(len(lengths)))
    assert len(batch_list) == batches.steps_per_pass
    for batch in batch_list:
        if order.order == "random":
            assert len(batch) <= order.batch_size
        else:
            padded = rounded_up(lengths[batch], multiple)
            assert len(batch) == 1 or padded.max() * len(batch) <= order.subwords_per_batch
            assert padded.sum() >= 0.9 * padded.max() * len(batch)
    assert listed(TrainingBatches(lengths, order, seed, multiple).epoch(epoch)) == listed(batch_list)
    empty_last = TrainingBatches(np.append(lengths, 0), order, seed, multiple)
    assert listed(empty_last.epoch(epoch)) == listed(batch_list), "a window without sub-words is left out"


def test_epochs_share_the_fewest_passes_that_reach_the_min_steps():
    lengths = np.repeat(np.arange(4, 14), 6)
    once = TrainingBatches(lengths, by_length(64), 1, epochs=3)
    steps = once.steps_per_pass
    more = TrainingBatches(lengths, by_length(64), 1, min_steps=6 * steps + 1, epochs=3)
    assert (once.passes, more.passes) == (3, 7)
    assert [more.steps_before(epoch) for epoch in range(4)] == [0, 2 * steps, 4 * steps, 7 * steps]
    assert (once.steps_param, more.steps_param) == ("epochs", "min_steps")
    # Each pass has all windows in an order of its own, so none is twice in a batch.
    assert listed(more.epoch(2)) == [batch for epoch in (4, 5, 6) for batch in listed(once.epoch(epoch))]


@pytest.mark.parametrize("order", [by_length(64), at_random(4)])
def test_order_changes_with_each_epoch_and_seed(order):
    lengths = np.repeat(np.arange(4, 14), 6)
    keys = product(range(3), range(3))
    epochs = {(seed, epoch): listed(TrainingBatches(lengths, order, seed).epoch(epoch)) for seed, epoch in keys}
    assert len({str(batches) for batches in epochs.values()}) == 9
    # Not only the order of the batches changes: windows of equal length are shuffled too.
    together = {frozenset(batch) for epoch in range(3) for batch in epochs[0, epoch]}
    assert len(together) > 2 * len(epochs[0, 0])


@given(LENGTHS, ORDERS, st.integers(1, 9), st.data())
def test_padding_is_of_all_steps(lengths, order, multiple, data):
    batches = TrainingBatches(lengths, order, 1, multiple)
    steps = data.draw(st.integers(1, 3 * batches.steps_per_pass + 1))
    done = [batch for epoch in range(4) for batch in batches.epoch(epoch)][:steps]
    computed = sum(rounded_up(int(lengths[batch].max()), multiple) * len(batch) for batch in done)
    assert batches.padding(steps) == 1 - sum(int(lengths[batch].sum()) for batch in done) / computed
