"""Work one item ahead: the order stays, errors arrive in their turn, and no thread is left."""

from __future__ import annotations

import threading

import pytest

from tagline.training.ahead import one_ahead


def test_each_item_in_order() -> None:
    assert list(one_ahead(lambda number: number * 2, range(5))) == [0, 2, 4, 6, 8]
    assert list(one_ahead(str, [])) == []


def test_the_next_item_is_made_while_one_is_used() -> None:
    made = [threading.Event() for _ in range(4)]
    for number in one_ahead(lambda number: made[number].set() or number, range(4)):
        assert made[min(number + 1, 3)].wait(60)
        assert not any(event.is_set() for event in made[number + 2 :])


def test_an_error_comes_in_its_turn() -> None:
    halves = one_ahead(lambda number: 6 // number, [3, 2, 0, 1])
    assert [next(halves), next(halves)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(halves)


def test_no_thread_is_left_when_the_caller_stops() -> None:
    before = threading.active_count()
    items = one_ahead(abs, range(100))
    next(items)
    assert threading.active_count() == before + 1
    items.close()
    assert threading.active_count() == before
