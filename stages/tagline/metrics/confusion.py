"""Confusion: how many words of one type were labelled with another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag
from tagline.labels.tagged import TaggedSentence

# The type of words outside all entities: an entity type may be called O.
NO_TYPE = ""


def confusion(sentences: Iterable[TaggedSentence], kind: Kind) -> Counter[tuple[str, str]]:
    """Count words by gold and predicted type.

    Args:
        sentences: with gold labels.
        kind: spans: a label stands for its type, `NO_TYPE` for words outside; words that are outside in both are left
            out, as they would outnumber all others. tags: each label stands for itself.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        counts.update(zip(sentence.gold_names, sentence.predicted_names, strict=True))
    if kind == "tags":
        return counts
    types: Counter[tuple[str, str]] = Counter()
    for (a, b), number in counts.items():
        types[split_tag(a)[1], split_tag(b)[1]] += number
    del types[NO_TYPE, NO_TYPE]
    return types
