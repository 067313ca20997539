"""Confusion: the number of words with each pair of gold and predicted type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag
from tagline.labels.tagged import TaggedSentence

# The type of words outside all entities. Not O, which may be the name of an entity type.
NO_TYPE = ""


def confusion(sentences: Iterable[TaggedSentence], kind: Kind) -> Counter[tuple[str, str]]:
    """Count words by gold and predicted type.

    Args:
        sentences: with gold labels.
        kind: spans: a word has the type of its label, or `NO_TYPE` outside entities; words outside in both are not
            counted, since they would outnumber all others. tags: a word's type is its label.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        counts.update(zip(sentence.gold_names, sentence.predicted_names, strict=True))
    if kind == "tags":
        return counts
    types: Counter[tuple[str, str]] = Counter()
    for (gold, predicted), number in counts.items():
        types[split_tag(gold)[1], split_tag(predicted)[1]] += number
    del types[NO_TYPE, NO_TYPE]
    return types
