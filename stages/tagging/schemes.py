"""Label schemes: how the tags of words mark spans, and the one that all later stages see, IOB2.

Ramshaw and Marcus (1995) for IOB1, Tjong Kim Sang and Veenstra (1999) for the variants. A prefix is read from the
label's name, never from its place in a list. Whatever a scheme says of a tag, it says of the tag and the one before
it; so what there is to know about a split is how often which tag follows which, and a split is rewritten by a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from tagging.faults import Fault

Scheme = Literal["IOB1", "IOB2", "BIOES", "BILOU", "IO", "tags"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
OUTSIDE = "O"

_TO_IOB2 = {"B": "B", "I": "I", "E": "I", "L": "I", "S": "B", "U": "B"}
_PREFIXES = {"IOB1": "BI", "IOB2": "BI", "BIOES": "BIES", "BILOU": "BILU", "IO": "I"}


def split_tag(tag: str) -> tuple[str, str]:
    """``B-PER`` as ``("B", "PER")``, ``O`` as ``("O", "")``, any other tag as ``("", tag)``."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, dash, kind = tag.partition("-")
    return (prefix, kind) if dash and kind and prefix in _TO_IOB2 else ("", tag)


def is_spans(names: Iterable[str]) -> bool:
    """Whether a label list marks spans (every label is O or has a prefix) rather than tagging each word by itself.

    Raises:
        Fault: labels with and without a prefix are mixed.
    """
    prefixes = {name: split_tag(name)[0] for name in names}
    plain = sorted(name for name, prefix in prefixes.items() if not prefix)
    spans = sorted(name for name, prefix in prefixes.items() if prefix not in ("", OUTSIDE))
    if plain and spans:
        raise Fault(
            f"labels with and without a prefix are mixed: {', '.join(spans[:3])} beside {', '.join(plain[:3])}; "
            "expected all as B-TYPE, I-TYPE and O, or none"
        )
    return bool(spans)


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
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
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


def to_iob2(left: str | None, tag: str | None, scheme: Scheme) -> tuple[str, bool]:
    """Rewrite a tag that follows another one, by conlleval's rule.

    A tag that continues nothing (I-, E-, L- at the beginning, after O or after another type) starts a span. A span
    that nothing closed, in a scheme that closes them, ends where the next tag does not continue it.

    Args:
        left: the tag before it in the sentence, None at the beginning.
        tag: the tag, None behind the last word.
        scheme: how both are meant.

    Returns:
        The tag in IOB2, and whether the scheme forbids it there.

    Raises:
        Fault: the scheme has no such tag.
    """
    prefix, kind = _read(tag, scheme)
    prefix_before, kind_before = _read(left, scheme)
    if scheme in ("BIOES", "BILOU"):
        is_open = prefix_before in ("B", "I")
        continues = prefix in ("I", "E", "L")
        starts = continues and not (is_open and kind == kind_before)
        illegal = starts or (is_open and not continues)
    else:
        starts = prefix == "I" and kind != kind_before
        illegal = (scheme == "IOB2" and starts) or (scheme == "IOB1" and prefix == "B" and kind != kind_before)
    if prefix == OUTSIDE:
        return OUTSIDE, illegal
    return f"{'B' if starts else _TO_IOB2[prefix]}-{kind}", illegal


def _read(tag: str | None, scheme: Scheme) -> tuple[str, str]:
    prefix, kind = split_tag(OUTSIDE if tag is None else tag)
    if scheme == "IO" and not prefix:
        return "I", kind
    if prefix != OUTSIDE and (not prefix or prefix not in _PREFIXES[scheme]):
        allowed = ", ".join(f"{letter}-" for letter in _PREFIXES[scheme])
        raise Fault(f"{scheme} has no tag {tag}: expected {allowed} or O")
    return prefix, kind


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


def conversion(names: Sequence[str], follow: npt.NDArray[np.int64], scheme: Scheme) -> Conversion:
    """Apply `to_iob2` to all pairs of tags that occur.

    Raises:
        Fault: a tag is none of the scheme.
    """
    tags = [*names, None]
    labels = {}
    illegal = np.zeros(follow.shape, dtype=bool)
    for i, j in np.argwhere(follow).tolist():
        label, illegal[i, j] = to_iob2(tags[i], tags[j], scheme)
        if j < len(names):
            labels[i, j] = label
    return Conversion(scheme, labels, illegal)


def label_names(tags: Iterable[str]) -> list[str]:
    """The label list for a set of IOB2 tags, in an order that depends on nothing but their names.

    O, then B- and I- of each type: both, whichever the data holds, since a word of several sub-words needs I- of a
    type that only ever spans one word.
    """
    types = sorted({kind for _, kind in map(split_tag, tags) if kind})
    return [OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in "BI")]
