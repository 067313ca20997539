"""How well a ranking of words or entities finds known label errors."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from corruption import Error

# The first items whose precision is measured, and the share of the sentences that somebody reviews.
FIRST, REVIEWED = 100, 0.05


class Item(NamedTuple):
    """What a ranking suggests to review: some words of a sentence; a larger score comes first."""

    score: float
    sentence: int
    start: int
    end: int


def findings(items: Sequence[Item], errors: Sequence[Error], sentences: int) -> dict[str, float]:
    """Measure a ranking.

    An item that overlaps an error finds it. Further items of an error that is found already are passed over, so that a
    ranking of words is not punished for entities of several words.

    Args:
        items: what the ranking suggests.
        errors: all errors.
        sentences: number of sentences.

    Returns:
        - ``average_precision``: the mean over all errors of the precision at the item that finds it, or 0;
        - ``precision_at_100``: the share of the first 100 items that find errors;
        - ``recall_at_5_percent``: the share of the errors in the first 5 % of the sentences, ranked by their best item.
    """
    ranked = sorted(items, key=lambda item: -item.score)
    of_sentence: dict[int, list[Error]] = {}
    for error in errors:
        of_sentence.setdefault(error.sentence, []).append(error)
    found: set[Error] = set()
    true, precisions = [], []
    for item in ranked:
        here = [each for each in of_sentence.get(item.sentence, []) if each.start < item.end and item.start < each.end]
        if here and found.issuperset(here):
            continue
        true.append(bool(here))
        precisions += [sum(true) / len(true)] * len(set(here) - found)
        found |= set(here)
    reviewed = list(dict.fromkeys(item.sentence for item in ranked))[: ceil(REVIEWED * sentences)]
    return {
        "average_precision": sum(precisions) / len(errors),
        f"precision_at_{FIRST}": sum(true[:FIRST]) / FIRST,
        f"recall_at_{REVIEWED:.0%}".replace("%", "_percent"): sum(len(of_sentence.get(each, [])) for each in reviewed)
        / len(errors),
    }
