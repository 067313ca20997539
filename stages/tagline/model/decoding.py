"""Decoding: choose the labels of a sentence from the scores of its words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tagline.labels import Doubles, Ints, Labels
from tagline.labels.windows import AnyFloats

# Maximum size of an array (sentences, labels, labels).
BLOCK = 2**20


def decode(scores: AnyFloats, lengths: Ints, labels: Labels, transitions: Doubles | None = None) -> Ints:
    """Choose the labels of each sentence: the best sequence, of spans the best that IOB2 allows.

    Args:
        scores: (words, labels), summed over a sequence; -inf forbids a label.
        lengths: int64, the number of words of each sentence.
        transitions: (labels, labels), added for a label (column) after another one (row); None: 0.

    Returns:
        int64 (words,), label ids; the lowest id on ties.
    """
    if transitions is None and labels.kind == "tags":
        return scores.argmax(-1)
    rules = _rules(labels) if labels.kind == "spans" else _Rules(np.empty(0, np.int64), np.empty((0, 2), np.int64))
    if transitions is None:
        size = scores.shape[1]
        return _viterbi(scores, lengths, rules.inside, rules.best_before, np.zeros((size, size)))
    allowed = rules.apply(transitions)
    return _viterbi(scores, lengths, rules.inside, lambda earlier: _best_before(earlier, allowed), allowed)


def words_by_index(lengths: Ints) -> list[Ints]:
    """Group the words of all sentences by their index in the sentence.

    The sentences are in the same order in each array, longest first, so that the words before those of ``words[i + 1]``
    are the first of ``words[i]``. Lengths [1, 3]: [[1, 0], [2], [3]].
    """
    order = np.argsort(-lengths, kind="stable")
    starts = (np.cumsum(lengths) - lengths)[order]
    words = []
    for index in range(int(lengths.max(initial=0))):
        count = np.count_nonzero(lengths > index)
        words.append(starts[:count] + index)
    return words


class _Rules(NamedTuple):
    """The restricted labels, I-X, and the two labels that may precede each, B-X and I-X.

    O and B- may follow any label. No sentence begins with a restricted label.

    Attributes:
        inside: int64 (restricted,), label ids.
        before: int64 (restricted, 2), label ids, ascending.
    """

    inside: Ints
    before: Ints

    def best_before(self, earlier: Doubles) -> Ints:
        """The best label before each label, int64 (sentences, labels), given the scores of the same shape."""
        best = np.repeat(earlier.argmax(-1)[:, None], earlier.shape[1], axis=1)
        first, second = self.before.T
        best[:, self.inside] = np.where(earlier[:, second] > earlier[:, first], second, first)
        return best

    def apply(self, transitions: Doubles) -> Doubles:
        """Copy transitions, with -inf for forbidden ones."""
        allowed = transitions.astype(np.float64)
        allowed[:, self.inside] = -np.inf
        for label, before in zip(self.inside, self.before, strict=True):
            allowed[before, label] = transitions[before, label]
        return allowed


def _rules(labels: Labels) -> _Rules:
    ids = labels.label2id
    inside = []
    before = []
    for name, label in ids.items():
        if name.startswith("I-"):
            # Label lists contain B-X for each I-X. An I-X without it could only follow itself, so it is never chosen.
            begin = ids.get(name.replace("I-", "B-", 1), label)
            inside.append(label)
            before.append(sorted((begin, label)))
    return _Rules(np.array(inside, np.int64), np.array(before, np.int64).reshape(-1, 2))


def _best_before(earlier: Doubles, transitions: Doubles) -> Ints:
    """As `_Rules.best_before`, for any transitions."""
    rows = max(1, BLOCK // transitions.size)
    blocks = [earlier[start : start + rows] for start in range(0, len(earlier), rows)]
    return np.concatenate([(block[:, :, None] + transitions).argmax(1) for block in blocks])


def _viterbi(
    scores: AnyFloats, lengths: Ints, inside: Ints, best_before: Callable[[Doubles], Ints], transitions: Doubles
) -> Ints:
    """Find the best sequence of each sentence (Viterbi, 1967), word by word over all sentences at once."""
    words_at = words_by_index(lengths)
    best = scores.astype(np.float64)  # the score of the best sequence that ends with each label
    previous = np.zeros(scores.shape, dtype=np.int64)  # the label before it in that sequence
    for words in words_at[:1]:
        best[np.ix_(words, inside)] = -np.inf
    columns = np.arange(scores.shape[1])
    for words in words_at[1:]:
        earlier = best[words - 1]
        before = best_before(earlier)
        best[words] += np.take_along_axis(earlier, before, axis=1) + transitions[before, columns]
        previous[words] = before
    return _trace_back(best, previous, words_at)


def _trace_back(best: Doubles, previous: Ints, words_at: Sequence[Ints]) -> Ints:
    labels = np.zeros(len(best), dtype=np.int64)
    longer = 0  # the number of sentences with a next word
    for words in reversed(words_at):
        lasts = words[longer:]  # of their sentences
        labels[lasts] = best[lasts].argmax(-1)
        after = words[:longer] + 1
        labels[words[:longer]] = previous[after, labels[after]]
        longer = len(words)
    return labels
