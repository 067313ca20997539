"""Label schemes: how the tags of words mark spans, and the one that all later stages see, IOB2.

Ramshaw and Marcus (1995) for IOB1, Tjong Kim Sang and Veenstra (1999) for the variants. A prefix is read from the
label's name, never from its place in a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagging.faults import Fault

OUTSIDE = "O"
_TO_IOB2 = {"B": "B", "I": "I", "E": "I", "L": "I", "S": "B", "U": "B"}


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


def detect(sentences: Iterable[Sequence[str]]) -> str:
    """Name the scheme of a column of one split: ``IOB1``, ``IOB2``, ``BIOES`` or ``BILOU``.

    B- and I- alone are ambiguous word by word, but not over a split: IOB1 writes B- only to divide two spans of one
    type that touch, so it is taken where no B- stands anywhere else. IO without any B- reads the same.
    """
    prefixes: set[str] = set()
    b_elsewhere = False
    for tags in sentences:
        before = ("", "")
        for tag in map(split_tag, tags):
            prefixes.add(tag[0])
            b_elsewhere |= tag[0] == "B" and before[1] != tag[1]
            before = tag
    if prefixes & {"E", "S"}:
        return "BIOES"
    if prefixes & {"L", "U"}:
        return "BILOU"
    return "IOB2" if b_elsewhere or "I" not in prefixes else "IOB1"


def to_iob2(tags: Sequence[str], scheme: str) -> tuple[list[str], int]:
    """Rewrite the tags of a sentence as IOB2.

    An I- that continues nothing starts a span, as conlleval reads it; in IOB1 that is the rule of the scheme.

    Returns:
        The IOB2 tags, and how many of them were illegal in the scheme and were repaired.
    """
    converted: list[str] = []
    repaired = 0
    before = (OUTSIDE, "")
    for tag in tags:
        prefix, kind = split_tag(tag)
        new = _TO_IOB2.get(prefix, OUTSIDE)
        if scheme in ("BIOES", "BILOU"):
            # In these a span must be closed by E, L, S or U before another tag may follow it.
            open_span = before[1] if before[0] in ("B", "I") else ""
            continues = prefix in ("I", "E", "L")
            repaired += (open_span != kind) if continues else bool(open_span)
            starts = continues and open_span != kind
        else:
            starts = new == "I" and before[1] != kind
            repaired += starts and scheme == "IOB2"
        converted.append(OUTSIDE if new == OUTSIDE else f"{'B' if starts else new}-{kind}")
        before = (prefix, kind)
    left_open = scheme in ("BIOES", "BILOU") and before[0] in ("B", "I")
    return converted, repaired + left_open


def label_names(tags: Iterable[str]) -> list[str]:
    """The label list for a set of IOB2 or plain tags, in an order that depends on nothing but their names.

    Spans get O, then B- and I- of each type: both, whichever the data holds, since a word of several sub-words needs
    I- of a type that only ever spans one word.
    """
    names = set(tags)
    if not is_spans(names):
        return sorted(names)
    types = sorted({kind for _, kind in map(split_tag, names) if kind})
    return [OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in "BI")]
