"""The best items of a stream, in bounded memory."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Best(Generic[Item]):
    """Keeps the items with the highest priorities: as few as have a number of words together.

    Equal items are kept once without a list of all that were seen: one that was dropped would be dropped again, since
    items never leave for those of lower priority.

    Args:
        words: the number of words; 0 keeps nothing.
    """

    def __init__(self, words: int) -> None:
        self.words, self.kept = words, 0
        self._heap: list[tuple[float, bytes]] = []  # the lowest priority first
        self._items: dict[bytes, tuple[int, Item]] = {}

    def admits(self, priority: float, key: bytes) -> bool:
        """Whether `add` would keep an item."""
        if key in self._items:
            return False
        return self.kept < self.words or (self.words > 0 and (priority, key) > self._heap[0])

    def add(self, priority: float, key: bytes, words: int, item: Item) -> None:
        """Add an item that `admits` admits.

        Args:
            priority: higher is better.
            key: equal for equal items; decides between equal priorities.
            words: the number of words of the item.
            item: to keep.
        """
        heapq.heappush(self._heap, (priority, key))
        self._items[key] = (words, item)
        self.kept += words
        while self.kept - self._items[self._heap[0][1]][0] >= self.words:
            _, worst = heapq.heappop(self._heap)
            self.kept -= self._items.pop(worst)[0]

    def items(self) -> list[tuple[float, bytes, Item]]:
        """Priority, key and item of each, the best first."""
        return [(priority, key, self._items[key][1]) for priority, key in sorted(self._heap, reverse=True)]
