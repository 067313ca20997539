"""Coverage: of a pool that no model knows, choose texts that together have as many different words as possible.

Names are mostly rare words, so such texts have more of them than random ones.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def choose(texts: Sequence[Sequence[str]], budget: int) -> list[int]:
    """Choose texts, each with the largest share of words that no text before it has.

    This is the greedy solution of maximum coverage. Case and words without letters do not count.

    Args:
        texts: the words of each text; of equal shares the first text is chosen.
        budget: most words together; texts that do not fit are passed over.

    Returns:
        Indices of texts, in the order of the choice.
    """
    different = [{word.casefold() for word in words if any(map(str.isalpha, word))} for words in texts]
    covered: set[str] = set()
    # Shares only fall, so the largest one is final if it is still larger than the others were.
    heap = [(-len(words) / len(texts[index]), index) for index, words in enumerate(different)]
    heapq.heapify(heap)
    chosen = []
    while heap:
        _, index = heapq.heappop(heap)
        now = (-len(different[index] - covered) / len(texts[index]), index)
        if heap and now > heap[0]:
            heapq.heappush(heap, now)
        elif len(texts[index]) <= budget:
            chosen.append(index)
            covered |= different[index]
            budget -= len(texts[index])
    return chosen
