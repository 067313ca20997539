"""Decoding: from what a model says of each word to the labels of a sentence."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tagline.labels.label_list import Decoding, Labels

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]


def decode(log_probabilities: Floats, lengths: Ints, labels: Labels, decoding: Decoding) -> Ints:
    """Choose a label for every word.

    Plain tags have no illegal sequences, so that both ways are the same for them.

    Args:
        log_probabilities: (words, labels), the words of all sentences one after the other; -inf forbids a label.
        lengths: int64, the words of each sentence.
        labels: what the columns stand for.
        decoding: how to choose.

    Returns:
        int64, the label id of each word; the lowest of equals.
    """
    if decoding == "constrained" and labels.kind == "spans":
        return _viterbi(log_probabilities.astype(np.float64), lengths, _rules(labels))
    chosen: Ints = log_probabilities.argmax(-1)
    return chosen


class _Rules(NamedTuple):
    """Which labels go on with an entity (I-X), and for each of them the two that may stand before it (B-X and I-X)."""

    inside: Ints
    before: Ints


def _rules(labels: Labels) -> _Rules:
    ids = labels.label2id
    inside = [name for name in labels.names if name.startswith("I-")]
    # Label lists hold I-X with each B-X; a lone I-X could only follow itself, so it can never begin.
    pairs = [sorted((ids.get("B" + name[1:], ids[name]), ids[name])) for name in inside]
    return _Rules(np.array([ids[name] for name in inside], dtype=np.int64), np.array(pairs, np.int64).reshape(-1, 2))


def _viterbi(scores: npt.NDArray[np.float64], lengths: Ints, rules: _Rules) -> Ints:
    """The best legal sequence of each sentence (Viterbi, 1967), word by word over all sentences at once.

    A label that starts or ends nothing may follow any other, so of all transitions only those into I- are looked at.
    """
    order = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[order]
    longest = int(lengths.max(initial=0))
    # How many of the sentences in that order are longer than each place.
    alive = [int(np.count_nonzero(lengths > place)) for place in range(longest)]
    best = np.array(scores)
    came_from = np.zeros(scores.shape, dtype=np.int64)
    if longest:
        best[np.ix_(starts[: alive[0]], rules.inside)] = -np.inf
    for place in range(1, longest):
        here = starts[: alive[place]] + place
        earlier = best[here - 1]
        rows = np.arange(len(here))
        likeliest = earlier.argmax(-1)
        came = np.repeat(likeliest[:, None], scores.shape[1], axis=1)
        pair = earlier[:, rules.before]
        came[:, rules.inside] = np.where(pair[..., 1] > pair[..., 0], rules.before[:, 1], rules.before[:, 0])
        best[here] += earlier[rows[:, None], came]
        came_from[here] = came
    chosen = np.zeros(len(scores), dtype=np.int64)
    for place in reversed(range(longest)):
        here = starts[: alive[place]] + place
        longer = alive[place + 1] if place + 1 < longest else 0
        chosen[here[longer:]] = best[here[longer:]].argmax(-1)
        after = here[:longer] + 1
        chosen[here[:longer]] = came_from[after, chosen[after]]
    return chosen
