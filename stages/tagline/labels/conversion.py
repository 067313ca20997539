"""Conversion: recognise the label scheme of a split, and convert its tags to IOB2.

In every scheme a tag's meaning depends only on the tag and the one before it, so counts and tables of pairs suffice.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from tagline.labels import schemes
from tagline.labels.label_list import ANY
from tagline.labels.schemes import OUTSIDE, Scheme, is_spans, label_names, split_tag, standard_names, to_iob2
from tagline.labels.windows import Bools, Ints
from tagline.terminal import UserError, shortened

# The share of O in a column without prefixes between which `are_span_types` does not decide. Entity columns leave most
# words as O (CoNLL-2003: 83 %, WNUT-17: 95 %; but documents of GUM 46 %), chunk columns some (CoNLL-2000: 13 %), and
# tag sets for every word that have a tag O use it for less (pronouns in tweets: 7 %).
AMBIGUOUS = (0.1, 0.7)
# Tags that may stand for O, with _ for other marks; and those that are parts of speech of fewer words.
_LIKE_OUTSIDE = {"OTHER", "OTHERS", "OUT", "OUTSIDE", "0", "_", "*", "NA", "N_A", "NIL", "NONE", "NULL", "NO_LABEL"}
_LIKE_OUTSIDE_IF_MOST = {"N", "X"}
# What would be an odd name of a type, and an odd beginning of most names.
_BARE = {"B", "I", "E", "M", "L"}
_BEGINNING = re.compile(r"[BIESLUMW][\W_]")


def are_span_types(counts: dict[str, int]) -> bool:
    """Whether tags without prefixes are types of spans (the scheme IO) and not plain tags: most words are O.

    Raises:
        UserError: the share of O is `AMBIGUOUS`, a tag may stand for an O that is missing, or types look like prefixes.
    """
    outside = [tag for tag in counts if tag.upper() == OUTSIDE]
    if len(counts) <= max(1, len(outside)):
        return False
    if not outside:
        _check_not_outside(counts)
        return False
    share = sum(counts[tag] for tag in outside) / sum(counts.values())
    low, high = AMBIGUOUS
    if low < share < high:
        raise UserError(
            f"{share:.0%} of the words have the tag {outside[0]} and no tag has a prefix, so they may mark spans (IO) "
            f"or each word by itself (tags); to recognise which, at most {low:.0%} or at least {high:.0%} must have "
            "it; set tokenize_align.scheme: IO or tags in params.yaml"
        )
    if share >= high:
        _check_no_prefixes([tag for tag in counts if tag not in outside])
    return share >= high


def _check_no_prefixes(types: Sequence[str]) -> None:
    begun = Counter(tag[:2] for tag in types if _BEGINNING.match(tag))
    beginning, count = max(begun.items(), key=itemgetter(1), default=("", 0))
    problems = [f"{tag} is a prefix without a type" for tag in types if tag in _BARE]
    if 2 * count > max(2, len(types)):
        problems.append(f"{count} of {len(types)} begin with {beginning}")
    if problems:
        raise UserError(
            f"the tags {shortened(', '.join(types))} are not all B-TYPE, I-TYPE or O, but {'; '.join(problems)}; "
            "correct those that differ, or set tokenize_align.scheme: IO in params.yaml if each is a type"
        )


def _check_not_outside(counts: dict[str, int]) -> None:
    """Check that the most frequent tag of a column without O does not look like one for O."""
    tag = max(counts, key=lambda tag: counts[tag])
    share = counts[tag] / sum(counts.values())
    others = [OUTSIDE if other == tag else other for other in counts]
    rest = "all others have a prefix"
    is_like_outside = is_spans(standard_names(others))
    if not is_like_outside:
        rest = "no tag has a prefix or is O"
        spelled = re.sub("[- /]", "_", tag.upper())
        least = AMBIGUOUS[0] if spelled in _LIKE_OUTSIDE else 0.5
        is_like_outside = spelled in _LIKE_OUTSIDE | _LIKE_OUTSIDE_IF_MOST and share > least
    if is_like_outside:
        raise UserError(
            f"{share:.0%} of the words have the tag {tag} and {rest}, so {tag} may stand for O or be a tag like "
            f'others; set tokenize_align.outside: "{tag}" or scheme: tags in params.yaml'
        )


def transitions(tags: Ints, ends: Ints, size: int) -> Ints:
    """Count the pairs of consecutive tags.

    Args:
        tags: int64 (words,), tag ids; ``size + 1`` where the tag is unknown.
        ends: int64 (sentences,), where each sentence ends in ``tags``, ascending.

    Returns:
        int64 (size + 2, size + 2): rows are the tags before, columns the tags after; row ``size`` counts tags that
        begin a sentence, column ``size`` tags that end one. Tags 0 1 1 of one sentence with size 2 give [[0, 1, 0, 0],
        [0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]].
    """
    pairs = before(tags, ends, size) * (size + 2) + tags
    counts = np.bincount(pairs, minlength=(size + 2) ** 2).reshape(size + 2, size + 2)
    lasts = tags[ends[np.diff(ends, prepend=0) > 0] - 1]
    counts[:, size] = np.bincount(lasts, minlength=size + 2)
    return counts


def before(tags: Ints, ends: Ints, size: int) -> Ints:
    """The tag before each tag, ``size`` at the beginning of a sentence, int64 (words,); see `transitions`.

    Tags 0 1 1 with ends 2 3 and size 2 give 2 0 2.
    """
    shifted = np.empty_like(tags)
    shifted[1:] = tags[:-1]
    starts = ends - np.diff(ends, prepend=0)
    shifted[starts[starts < len(tags)]] = size
    return shifted


def detect(names: Sequence[str], follow: Ints) -> Scheme:
    """Apply `schemes.detect` to the pairs that `transitions` counted."""
    lefts = [*names, OUTSIDE, None]
    pairs = np.argwhere(follow[:, : len(names)]).tolist()
    return schemes.detect((lefts[left], names[tag]) for left, tag in pairs)


@dataclass(frozen=True)
class Conversion:
    """How the tags of one split become labels.

    Attributes:
        labels: for each pair of tag ids that occurs, the possible labels of the second one, usually one; `ANY` if it is
            unknown, or all that do not continue a span which ends there.
        illegal: bool, of the shape of `transitions`: pairs that the scheme does not allow.
    """

    scheme: Scheme
    labels: dict[tuple[int, int], tuple[str, ...]]
    illegal: Bools

    def table(self, ids: Mapping[tuple[str, ...], int]) -> Ints:
        """Label ids by the tag before (rows) and the tag (columns); -1 for pairs that do not occur."""
        table = np.full(self.illegal.shape, -1, dtype=np.int64)
        for pair, labels in self.labels.items():
            table[pair] = ids[labels]
        return table


def convert(names: Sequence[str], follow: Ints, scheme: Scheme, ends_known: bool = False) -> Conversion:
    """Apply `to_iob2` to all pairs of tags that occur.

    Args:
        ends_known: whether an entity ends before an unknown tag.

    Raises:
        UserError: a tag is not in the scheme.
    """
    tags = [*names, None]
    labels: dict[tuple[int, int], tuple[str, ...]] = {}
    illegal = np.zeros(follow.shape, dtype=bool)
    unknown = len(tags)
    for i, j in np.argwhere(follow).tolist():
        if j == unknown:
            type_ = split_tag(names[i])[1] if ends_known and i < len(names) else ""
            labels[i, j] = ANY
            if type_:
                labels[i, j] = tuple(name for name in label_names(names) if name != f"I-{type_}")
        elif i == unknown:
            if j < len(names):
                labels[i, j] = _after_unknown(names[j], scheme)
        else:
            label, illegal[i, j] = to_iob2(tags[i], tags[j], scheme)
            if j < len(names):
                labels[i, j] = (label,)
    return Conversion(scheme, labels, illegal)


def _after_unknown(tag: str, scheme: Scheme) -> tuple[str, ...]:
    """The labels of a tag that the scheme allows at the beginning of a sentence, or after its type was begun."""
    type_ = split_tag(tag)[1]
    before: list[str | None] = [None]
    if type_:
        before.append(f"I-{type_}" if scheme in ("IOB1", "IO") else f"B-{type_}")
    labels: dict[str, None] = {}  # in order
    for left in before:
        label, illegal = to_iob2(left, tag, scheme)
        if not illegal:
            labels[label] = None
    return tuple(labels)
