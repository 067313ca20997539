"""Label schemes: how the tags of words mark spans, and the one that all later stages see, IOB2.

Ramshaw and Marcus (1995) for IOB1, Tjong Kim Sang and Veenstra (1999) for the variants. A prefix is read from the
label's name, never from its place in a list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from tagline.core.errors import UserError

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
        UserError: labels with and without a prefix are mixed.
    """
    prefixes = {name: split_tag(name)[0] for name in names}
    plain = sorted(name for name, prefix in prefixes.items() if not prefix)
    spans = sorted(name for name, prefix in prefixes.items() if prefix not in ("", OUTSIDE))
    if plain and spans:
        raise UserError(
            f"labels with and without a prefix are mixed: {', '.join(spans[:3])} beside {', '.join(plain[:3])}; "
            "expected all as B-TYPE, I-TYPE and O, or none"
        )
    return bool(spans)


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
        UserError: the scheme has no such tag.
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
        raise UserError(f"{scheme} has no tag {tag}: expected {allowed} or O")
    return prefix, kind


def label_names(tags: Iterable[str]) -> list[str]:
    """The label list for a set of IOB2 tags, in an order that depends on nothing but their names.

    O, then B- and I- of each type: both, whichever the data holds, since a word of several sub-words needs I- of a
    type that only ever spans one word.
    """
    types = sorted({kind for _, kind in map(split_tag, tags) if kind})
    return [OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in "BI")]
