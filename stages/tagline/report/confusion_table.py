"""Confusion table: words by gold and predicted type, with rare types in one row and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tagline.metrics.confusion import NO_TYPE

# Maximum number of types with a row and column of their own.
LARGEST = 30
REST = "all others"


@dataclass(frozen=True)
class Confusion:
    """Words by gold type (rows) and predicted type (columns).

    Attributes:
        names: the types: NO_TYPE first if it occurs, REST last if there is one.
        rows: the number of words of each gold type (outer list) with each predicted type.
        folded: the number of types in REST.
    """

    names: list[str]
    rows: list[list[int]]
    folded: int


def confusion_table(counts: Mapping[tuple[str, str], int]) -> Confusion:
    """Build the table from the counts of `tagline.metrics.confusion`."""
    sizes: Counter[str] = Counter()
    for pair, number in counts.items():
        for name in set(pair):
            sizes[name] += number
    by_size = sorted(sizes, key=lambda name: (-sizes[name], name))
    # REST never has only one type, which would not save a row.
    shown = sorted(by_size[: LARGEST if len(by_size) > LARGEST + 1 else None], key=lambda name: (name != NO_TYPE, name))
    folded = len(by_size) - len(shown)
    index = {name: position for position, name in enumerate(shown)}
    numbers: Counter[tuple[int, int]] = Counter()
    for (gold, predicted), number in counts.items():
        numbers[index.get(gold, len(shown)), index.get(predicted, len(shown))] += number
    size = len(shown) + bool(folded)
    rows = [[numbers[row, column] for column in range(size)] for row in range(size)]
    return Confusion(shown + [REST] * bool(folded), rows, folded)
