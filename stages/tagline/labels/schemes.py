"""Label schemes: how tags mark spans, and their conversion to IOB2.

IOB1 is from Ramshaw and Marcus (1995), its variants from Tjong Kim Sang and Veenstra (1999). A prefix is read from the
label's name, never from its position in a list.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from tagline.terminal import UserError, shortened

Scheme = Literal["IOB1", "IOB2", "BIOES", "BILOU", "IO", "tags"]
Pair = tuple[str | None, str | None]
"""A tag and the one after it; None: unknown."""
OUTSIDE = "O"
# What `tagline inspect` writes before a number of whose label the file has no name.
PLACEHOLDER = "name of "
# The type of the spans of B, I and O without types, as in BioBERT's data sets of one type.
UNTYPED = "ENTITY"

_TO_IOB2 = {"B": "B", "I": "I", "E": "I", "L": "I", "S": "B", "U": "B"}
# The prefix of the last word of a span, by that of IOB2.
_LAST = {"BIOES": {"B": "S", "I": "E"}, "BILOU": {"B": "U", "I": "L"}}
_PREFIXES = {"IOB1": "BI", "IOB2": "BI", "BIOES": "BIES", "BILOU": "BILU", "IO": "I"}

# Other ways to write tags: the separator, and the side of the prefix. The first one has the standard separator.
_PREFIX = "(?P<prefix>[BIESLUMW])"
_SPELLINGS: list[tuple[re.Pattern[str], bool]] = []  # with whether the prefix is at the end
for _separator in "-_:":
    _at_start = rf"{_PREFIX}{_separator}(?P<type>.+)"
    _at_end = rf"(?P<type>.+){_separator}{_PREFIX}"
    _SPELLINGS.append((re.compile(_at_start, re.IGNORECASE | re.DOTALL), False))
    _SPELLINGS.append((re.compile(_at_end, re.IGNORECASE | re.DOTALL), True))
# Prefixes that occur together. BMES and BMEOW are BIOES with other letters (middle, whole).
_ALPHABETS = ("BIES", "BILU", "BMES", "BMEW")
_LABEL = re.compile("O|[BI]-.+|[BIESLUMWbieslumw]-[^a-z]+", re.DOTALL)
_STANDARD = {"M": "I", "W": "S"}


def respell(tags: Collection[str]) -> dict[str, str]:
    """Map tags whose prefixes are spelled in another way to their standard spelling.

    ``B_LOC``, ``B:LOC``, ``LOC-B``, ``LOC_B`` and ``b-LOC`` become ``B-LOC``, ``o`` becomes ``O``; ``M-`` and ``W-`` of
    BMES and BMEOW become ``I-`` and ``S-``. A spelling is recognised if all tags have it and one is O, or if a type has
    both a tag that begins spans and one that continues them. Prefixes at the end need a type with B and I (or M);
    prefixes without a separator (``BNEP``, ``INEP``) an O, B or I in front of all other tags, and a type with both.
    Bare prefixes get the type `UNTYPED`.

    Returns:
        The tags that change; none of plain tags.
    """
    outside = {tag for tag in tags if tag.upper() == OUTSIDE}
    others = [tag for tag in tags if tag not in outside]
    untyped = {tag: (tag.upper(), UNTYPED) for tag in others}
    if _mark_spans(untyped, continuing="IMEL"):
        return _standard(untyped, outside)
    if beside := _beside_standard(others):  # some files in another spelling than the rest
        return _standard(beside, outside)
    for spelling, at_end in _SPELLINGS:
        parsed = {}
        for tag in others:
            match = spelling.fullmatch(tag)
            if match:
                parsed[tag] = (match["prefix"].upper(), match["type"])
        # B_PER beside I, of no type, is left to `is_spans`, which refuses both together.
        bare = {*"IMELimel"}.intersection(others)
        complete = bool(outside) and len(parsed) + len(bare) == len(others) and not at_end
        if _mark_spans(parsed, continuing="IM" if at_end else "IMEL", complete=complete):
            return _standard(parsed, outside)
    glued = {}
    for tag in others:
        if tag.startswith(("B", "I")) and len(tag) > 1:
            glued[tag] = (tag[0], tag[1:])
    if outside and len(glued) == len(others) and _mark_spans(glued, continuing="I"):
        return _standard(glued, outside)
    return {}


def _beside_standard(tags: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Prefix and type of each tag in another spelling, if the standard tags have all their types."""
    types = {split_tag(tag)[1] for tag in tags if split_tag(tag)[0]}
    others = [tag for tag in tags if not split_tag(tag)[0]]
    for spelling, _ in _SPELLINGS[1:]:  # the first one only differs in letter case
        matches = {tag: match for tag in others if (match := spelling.fullmatch(tag))}
        if len(matches) == len(others) and {match["type"] for match in matches.values()} <= types:
            return {tag: (match["prefix"].upper(), match["type"]) for tag, match in matches.items()}
    return {}


def standard_names(tags: Collection[str]) -> list[str]:
    """The standard spelling of each tag of a column; see `respell`."""
    respelled = respell(tags)
    return [respelled.get(tag, tag) for tag in tags]


def _standard(parsed: Mapping[str, tuple[str, str]], outside: Collection[str]) -> dict[str, str]:
    standard = {tag: f"{_STANDARD.get(prefix, prefix)}-{type_}" for tag, (prefix, type_) in parsed.items()}
    standard |= dict.fromkeys(outside, OUTSIDE)
    return {tag: name for tag, name in standard.items() if tag != name}


def _mark_spans(parsed: Mapping[str, tuple[str, str]], continuing: str, complete: bool = False) -> bool:
    prefixes = {prefix for prefix, _ in parsed.values()}
    if not parsed or not any(prefixes <= set(alphabet) for alphabet in _ALPHABETS):
        return False
    begun = {type_ for prefix, type_ in parsed.values() if prefix == "B"}
    return complete or any(prefix in continuing and type_ in begun for prefix, type_ in parsed.values())


def split_tag(tag: str) -> tuple[str, str]:
    """Split ``B-PER`` into ``("B", "PER")``; ``O`` gives ``("O", "")``, any other tag ``("", tag)``."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, type_ = tag.partition("-")
    if type_ and prefix in _TO_IOB2:
        return prefix, type_
    return "", tag


def is_type(name: str) -> bool:
    """Whether a name can be a type of entities: printed on one line, and no label; E-mail can, E-PER can't."""
    is_printed = name.strip() and all(unicodedata.category(character) != "Cc" for character in name)
    return bool(is_printed) and not _LABEL.fullmatch(name)


def is_spans(names: Iterable[str]) -> bool:
    """Whether a label list marks spans: each label is O or has a prefix, and not all are O.

    Raises:
        UserError: labels with and without a prefix are mixed.
    """
    prefixes = {name: split_tag(name)[0] for name in names}
    plain = sorted(name for name, prefix in prefixes.items() if not prefix)
    spans = sorted(name for name, prefix in prefixes.items() if prefix not in ("", OUTSIDE))
    if plain and spans:
        raise UserError(
            f"labels with and without a prefix are mixed: {', '.join(map(shortened, spans[:3]))} beside "
            f"{', '.join(map(shortened, plain[:3]))}; expected all as B-TYPE, I-TYPE and O, or none"
        )
    return bool(spans)


def detect(pairs: Iterable[Pair]) -> Scheme:
    """Recognise the scheme of tags that mark spans.

    IOB1 uses B- only between two adjacent spans of one type: tags are in IOB1 if every B- follows a tag of its type.
    Without any B- they are in IO.

    Args:
        pairs: the different pairs of neighbouring tags; the first tag of a sentence follows O.
    """
    tags = [(left, *split_tag(tag)) for left, tag in pairs if tag is not None]
    prefixes = {prefix for _, prefix, _ in tags}
    if prefixes & {"E", "S"}:
        return "BIOES"
    if prefixes & {"L", "U"}:
        return "BILOU"
    if "I" not in prefixes:
        return "IOB2"
    if "B" not in prefixes:
        return "IO"
    for left, prefix, type_ in tags:
        # An unknown tag may have the type of a B- of IOB1 after it.
        if prefix == "B" and left is not None and split_tag(left)[1] != type_:
            return "IOB2"
    return "IOB1"


def to_iob2(left: str | None, tag: str | None, scheme: Scheme) -> tuple[str, bool]:
    """Convert a tag to IOB2 by conlleval's rule: a tag that continues nothing starts a span.

    Args:
        left: the previous tag, None at the start of a sentence.
        tag: None after the last word.

    Returns:
        The tag in IOB2, and whether the scheme forbids it there.

    Raises:
        UserError: the scheme does not have such a tag.
    """
    prefix, type_ = _read(tag, scheme)
    left_prefix, left_type = _read(left, scheme)
    if scheme in ("BIOES", "BILOU"):
        is_open = left_prefix in ("B", "I")
        continues = prefix in ("I", "E", "L")
        starts = continues and not (is_open and type_ == left_type)
        illegal = starts or (is_open and not continues)
    else:
        starts = prefix == "I" and type_ != left_type
        illegal = (scheme == "IOB2" and starts) or (scheme == "IOB1" and prefix == "B" and type_ != left_type)
    if prefix == OUTSIDE:
        return OUTSIDE, illegal
    if starts:
        return f"B-{type_}", illegal
    return f"{_TO_IOB2[prefix]}-{type_}", illegal


def in_iob2(tags: Sequence[str | None], scheme: Scheme) -> list[str]:
    return [to_iob2(left, tag, scheme)[0] for left, tag in pairwise([None, *tags])]


def from_iob2(labels: Sequence[str], scheme: Scheme) -> list[str]:
    """Write IOB2 labels in another scheme; for IO as in IOB1, which reads the tags of IO alike."""
    tags = []
    for left, label, right in zip([OUTSIDE, *labels], labels, [*labels[1:], OUTSIDE], strict=False):
        prefix, type_ = split_tag(label)
        if right != f"I-{type_}":
            prefix = _LAST.get(scheme, {}).get(prefix, prefix)
        if scheme in ("IO", "IOB1") and split_tag(left)[1] != type_:
            prefix = "I"
        tags.append(OUTSIDE if label == OUTSIDE else f"{prefix}-{type_}")
    return tags


def _read(tag: str | None, scheme: Scheme) -> tuple[str, str]:
    prefix, type_ = split_tag(OUTSIDE if tag is None else tag)
    if scheme == "IO" and not prefix:
        return "I", type_
    if prefix != OUTSIDE and (not prefix or prefix not in _PREFIXES[scheme]):
        allowed = ", ".join(f"{letter}-" for letter in _PREFIXES[scheme])
        raise UserError(f"{scheme} has no tag {shortened(str(tag))}: expected {allowed} or O")
    return prefix, type_


def label_names(tags: Iterable[str]) -> list[str]:
    """List the labels for IOB2 tags: O, then B- and I- of each type, sorted by type.

    Both, even if the data has one: the second sub-word of a word needs I-.
    """
    names = [OUTSIDE]
    for type_ in sorted({split_tag(tag)[1] for tag in tags} - {""}):
        names += (f"B-{type_}", f"I-{type_}")
    return names
