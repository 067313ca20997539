"""Tagged sentences from label names, for tests of metrics, the report and comparisons."""

from itertools import chain

import numpy as np
from hypothesis import strategies as st

from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences


def sentences(
    gold,
    predicted,
    kind="spans",
    words=None,
    scores=None,
    ids=None,
):
    """Build sentences with a common label list.

    Args:
        gold: label names of each sentence: a list, or a string that is split at spaces.
        predicted: likewise, as many per sentence.
        kind: how the labels are read.
        words: the words of each sentence; by default w0, w1, ...
        scores: one per word; by default 1.
        ids: one per sentence; by default s-0, s-1, ...
    """
    gold, predicted = list(map(_items, gold)), list(map(_items, predicted))
    lengths = [len(row) for row in gold]
    assert [len(row) for row in predicted] == lengths, "as many predicted as gold labels per sentence"
    words = [[f"w{index}" for index in range(length)] for length in lengths] if words is None else map(_items, words)
    scores = [[1.0] * length for length in lengths] if scores is None else scores
    names = tuple(sorted({*chain(*gold), *chain(*predicted)}))
    labels = Labels("", kind, names, "")
    flat = _label_ids(predicted, names), np.array(list(chain(*scores)), np.float32), _label_ids(gold, names)
    ids = [f"s-{index}" for index in range(len(gold))] if ids is None else ids
    return list(TaggedSentences(labels, lengths, *flat, ids, list(words)))


def sides(rows):
    """Split sentences of (gold, predicted) pairs into gold rows and predicted rows."""
    return [[gold for gold, _ in row] for row in rows], [[predicted for _, predicted in row] for row in rows]


def corpora(tags):
    """Sentences with a gold and a predicted label per word."""
    return st.lists(st.lists(st.tuples(*[st.sampled_from(tags)] * 2), min_size=1, max_size=8), min_size=1, max_size=6)


def _items(row):
    return row.split() if isinstance(row, str) else list(row)


def _label_ids(rows, names):
    return np.array([names.index(name) for name in chain(*rows)], np.int64)


def in_scheme(spans, scheme):
    """Write spans, each a type (or "" outside) and a number of words, in a scheme, straight from its definition."""
    tags = []
    last = ""
    for kind, length in spans:
        if not kind:
            tags += ["O"] * length
        elif scheme == "IOB1":
            tags += [("B-" if last == kind else "I-") + kind] + ["I-" + kind] * (length - 1)
        elif scheme == "IOB2":
            tags += ["B-" + kind] + ["I-" + kind] * (length - 1)
        elif scheme == "IO":
            tags += ["I-" + kind] * length
        else:
            begin, inside, end, single = ("B", "I", "E", "S") if scheme == "BIOES" else ("B", "I", "L", "U")
            body = [begin, *[inside] * (length - 2), end] if length > 1 else [single]
            tags += [f"{prefix}-{kind}" for prefix in body]
        last = kind
    return tags
