"""Decoding: choose the labels of a sentence from the scores of its words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.label_list import Decoding, Labels

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]


def decode(scores: Floats, lengths: Ints, labels: Labels, decoding: Decoding) -> Ints:
    """Choose a label for each word, given independent scores.

    Plain tags have no illegal sequences, so both kinds of decoding give the same labels.

    Args:
        scores: (words, labels), of all sentences; a sequence's score is their sum, -inf forbids a label.
        lengths: int64, the number of words of each sentence.
        labels: the label list of the columns.
        decoding: greedy or constrained.

    Returns:
        int64 (words,), label ids; the lowest id on ties.
    """
    if decoding == "constrained" and labels.kind == "spans":
        return _viterbi(scores, lengths, _rules(labels))
    chosen: Ints = scores.argmax(-1)
    return chosen


class _Rules(NamedTuple):
    """The restricted labels, I-X, and the two labels that may precede each of them, B-X and I-X.

    Attributes:
        inside: int64 (restricted,), label ids.
        before: int64 (restricted, 2), label ids, ascending.
    """

    inside: Ints
    before: Ints


def _rules(labels: Labels) -> _Rules:
    ids = labels.label2id
    inside = [name for name in labels.names if name.startswith("I-")]
    # Label lists contain B-X for each I-X. An I-X without it could only follow itself, so it is never chosen.
    pairs = [sorted((ids.get("B" + name[1:], ids[name]), ids[name])) for name in inside]
    return _Rules(np.array([ids[name] for name in inside], dtype=np.int64), np.array(pairs, np.int64).reshape(-1, 2))


def _viterbi(scores: Floats, lengths: Ints, rules: _Rules) -> Ints:
    """Find the best legal sequence of each sentence (Viterbi, 1967), word by word over all sentences at once.

    O and B- may follow any label, so only transitions to I- are restricted.
    """
    order = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[order]
    longest = int(lengths.max(initial=0))
    # Sentences come longest first, so those with a word at an index are the first remaining[index] of them. Lengths
    # [1, 3]: order [1, 0], starts [1, 0], remaining [2, 1, 1].
    remaining = [int(np.count_nonzero(lengths > index)) for index in range(longest)]
    best = scores.astype(np.float64)  # the score of the best sequence that ends with each label
    previous = np.zeros(scores.shape, dtype=np.int64)  # the label before it in that sequence
    if longest:
        best[np.ix_(starts[: remaining[0]], rules.inside)] = -np.inf
    for index in range(1, longest):
        words = starts[: remaining[index]] + index
        earlier = best[words - 1]
        rows = np.arange(len(words))
        chosen_before = np.repeat(earlier.argmax(-1)[:, None], scores.shape[1], axis=1)
        pair = earlier[:, rules.before]
        chosen_before[:, rules.inside] = np.where(pair[..., 1] > pair[..., 0], rules.before[:, 1], rules.before[:, 0])
        best[words] += earlier[rows[:, None], chosen_before]
        previous[words] = chosen_before
    chosen = np.zeros(len(scores), dtype=np.int64)
    for index in reversed(range(longest)):
        words = starts[: remaining[index]] + index
        longer = remaining[index + 1] if index + 1 < longest else 0
        chosen[words[longer:]] = best[words[longer:]].argmax(-1)  # the last word of its sentence
        after = words[:longer] + 1
        chosen[words[:longer]] = previous[after, chosen[after]]
    return chosen
