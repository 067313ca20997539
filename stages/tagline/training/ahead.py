"""Work that is done one item ahead, in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
Made = TypeVar("Made")


def one_ahead(make: Callable[[T], Made], items: Iterable[T]) -> Iterator[Made]:
    """Make something of each item, in order; the next one is made while the caller uses the last.

    Args:
        make: runs in a thread; what it raises is raised here, when its item's turn has come.
        items: may be endless.
    """
    with ThreadPoolExecutor(1) as thread:
        made: Future[Made] | None = None
        for item in items:
            following = thread.submit(make, item)
            if made is not None:
                yield made.result()
            made = following
        if made is not None:
            yield made.result()
