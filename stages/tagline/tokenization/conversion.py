"""Conversion: the tags of a split become labels, once the scheme that they are written in is recognised.

Whatever a scheme says of a tag, it says of the tag and the one before it. So what there is to know about a split is how
often which tag follows which, and a split is rewritten by a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tagline.labels.schemes import OUTSIDE, Scheme, split_tag, to_iob2


def is_io(counts: dict[str, int]) -> bool:
    """Whether labels without prefixes are the types of spans all the same: O is among them, on most of the words.

    Some tag sets know a tag O too, but none gives it to every second word.

    Args:
        counts: how many words have each label.
    """
    return len(counts) > 1 and 2 * counts.get(OUTSIDE, 0) >= sum(counts.values())


def transitions(tags: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """Count which tag follows which.

    Args:
        tags: the tag ids of all words, one sentence after the other.
        ends: where each sentence ends in ``tags``, ascending.
        size: the number of tags.

    Returns:
        int64 of shape (size + 1, size + 1): rows are the tags before, columns the tags after; the last row counts
        the tags that begin a sentence, the last column those that end one.
    """
    pairs = before(tags, ends, size) * (size + 1) + tags
    counts = np.bincount(pairs, minlength=(size + 1) ** 2).reshape(size + 1, size + 1)
    lasts = tags[ends[np.diff(ends, prepend=0) > 0] - 1]
    counts[:size, size] = np.bincount(lasts, minlength=size)
    return counts


def before(tags: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int64]:
    """The tag before each tag, ``size`` where a sentence begins."""
    shifted = np.empty_like(tags)
    shifted[1:] = tags[:-1]
    starts = ends - np.diff(ends, prepend=0)
    shifted[starts[starts < len(tags)]] = size
    return shifted


def detect(names: Sequence[str], follow: npt.NDArray[np.int64]) -> Scheme:
    """Name the scheme of a column of spans in one split.

    B- and I- alone are ambiguous word by word, but not over a split: IOB1 writes B- only to divide two spans of one
    type that touch, so it is taken where no B- stands anywhere else. Without any B- it is IO.

    Args:
        names: the tag names.
        follow: what `transitions` counted.
    """
    tags = [split_tag(name) for name in names] + [("", "")]
    seen = [(tags[i], tags[j]) for i, j in np.argwhere(follow[:, : len(names)]).tolist()]
    prefixes = {tag[0] for _, tag in seen}
    if prefixes & {"E", "S"}:
        return "BIOES"
    if prefixes & {"L", "U"}:
        return "BILOU"
    if "I" not in prefixes:
        return "IOB2"
    if "B" not in prefixes:
        return "IO"
    return "IOB2" if any(tag[0] == "B" and left[1] != tag[1] for left, tag in seen) else "IOB1"


@dataclass(frozen=True)
class Conversion:
    """How the tags of one split become labels.

    Attributes:
        scheme: how they are written.
        labels: for each pair of tag ids that occurs (`transitions`) the label of the second one.
        illegal: bool, of the shape of `transitions`: what the scheme forbids.
    """

    scheme: Scheme
    labels: dict[tuple[int, int], str]
    illegal: npt.NDArray[np.bool_]

    def table(self, ids: dict[str, int]) -> npt.NDArray[np.int64]:
        """Label ids by the tag before (rows) and the tag (columns); -1 for pairs that do not occur."""
        table = np.full(self.illegal.shape, -1, dtype=np.int64)
        for pair, label in self.labels.items():
            table[pair] = ids[label]
        return table


def convert(names: Sequence[str], follow: npt.NDArray[np.int64], scheme: Scheme) -> Conversion:
    """Apply `to_iob2` to all pairs of tags that occur.

    Raises:
        UserError: a tag is none of the scheme.
    """
    tags = [*names, None]
    labels = {}
    illegal = np.zeros(follow.shape, dtype=bool)
    for i, j in np.argwhere(follow).tolist():
        label, illegal[i, j] = to_iob2(tags[i], tags[j], scheme)
        if j < len(names):
            labels[i, j] = label
    return Conversion(scheme, labels, illegal)
