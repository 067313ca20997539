"""Confusion: how many words of one type were labelled with another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag

# Of words outside of all entities: a type may be called O.
NO_TYPE = ""


def confusion(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kind: Kind
) -> Counter[tuple[str, str]]:
    """Count words by gold and predicted type.

    Args:
        gold: label names, a list a sentence, one a word.
        predicted: the same shape.
        kind: spans: a label stands for its type, `NO_TYPE` for words outside, and words that are outside in both are
            left out: they would drown the rest. tags: each label stands for itself.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for rows in zip(gold, predicted, strict=True):
        counts.update(zip(*rows, strict=True))
    if kind == "tags":
        return counts
    types: Counter[tuple[str, str]] = Counter()
    for (a, b), number in counts.items():
        types[split_tag(a)[1], split_tag(b)[1]] += number
    del types[NO_TYPE, NO_TYPE]
    return types
