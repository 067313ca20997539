"""Confusion: the number of words with each pair of gold and predicted type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tagline.labels.label_list import Kind
from tagline.labels.schemes import split_tag
from tagline.labels.tagged import TaggedSentence, flatten

# The type of words outside all entities. Not O, which may be the name of an entity type.
NO_TYPE = ""


def confusion(sentences: Sequence[TaggedSentence], kind: Kind) -> Counter[tuple[str, str]]:
    """Count words by gold and predicted type.

    Args:
        sentences: with gold labels.
        kind: spans: a word has the type of its label, or `NO_TYPE` outside entities; words outside in both are not
            counted, since they would outnumber all others. tags: a word's type is its label. Words of unknown gold
            label are not counted.
    """
    flat = flatten(sentences)
    names = flat.labels.names
    pairs = np.bincount((flat.known_gold * len(names) + flat.predicted)[flat.is_known])
    counts: Counter[tuple[str, str]] = Counter()
    for pair in np.flatnonzero(pairs).tolist():
        gold, predicted = (names[label] for label in divmod(pair, len(names)))
        types = (gold, predicted) if kind == "tags" else (split_tag(gold)[1], split_tag(predicted)[1])
        counts[types] += int(pairs[pair])
    if kind == "spans":
        del counts[NO_TYPE, NO_TYPE]
    return counts
