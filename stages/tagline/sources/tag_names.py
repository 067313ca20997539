"""The names of tags across sources: one spelling of prefixes, one name for each type."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise, starmap

from tagline.labels import OUTSIDE, split_tag
from tagline.labels.schemes import Pair, respell
from tagline.text.sentence import Sentence

# The standard spelling of each tag that a source spells differently.
Spelling = Mapping[str, str]


def spellings(tags: Sequence[Collection[str]], renamed: bool) -> list[Spelling]:
    """Find how to respell the tags of each source: by those of all or, if these do not fit, by its own.

    The tags of a single source stay as they are, unless types are renamed: the stage tokenize-align respells them.

    Args:
        tags: of a column in each source.
    """
    if len(tags) == 1 and not renamed:
        return [{}]
    of_all = set().union(*tags)
    common = respell(of_all)
    fits_all = all(split_tag(common.get(tag, tag))[0] for tag in of_all)
    of_sources: list[Spelling] = []
    for of_source in map(sorted, tags):
        if fits_all:
            of_sources.append({tag: common[tag] for tag in of_source if tag in common})
        else:
            of_sources.append(respell(of_source))
    return of_sources


def rename(tags: Iterable[str | None], types: Mapping[str, str]) -> list[str | None]:
    """Rename the types of a sentence's tags.

    Neighbouring entities whose types get one name stay two: ``I-GPE I-LOC`` becomes ``I-LOC B-LOC``.
    """
    result: list[str | None] = []
    for left, tag in pairwise([None, *tags]):
        left_type = split_tag(left or OUTSIDE)[1]
        prefix, type_ = split_tag(tag or OUTSIDE)
        name = types.get(type_, type_)
        if prefix == "I" and left_type != type_ and types.get(left_type, left_type) == name:
            prefix = "B"
        if not type_:
            result.append(tag)
        else:
            result.append(f"{prefix}-{name}" if prefix else name)
    return result


def entity_marks(tags: Sequence[str | None]) -> list[tuple[bool, str | None]]:
    """Whether each tag begins an entity, and its type; the same in all schemes with prefixes."""
    return list(starmap(_mark, pairwise([None, *tags])))


class EntityCounts:
    """Counts entities by pairs of neighbouring tags, since only all tags of a column show its spelling."""

    def __init__(self, unknown_tag: str | None = None) -> None:
        self.splits: set[str] = set()
        self._unknown = unknown_tag
        self._pairs: defaultdict[str, defaultdict[str, Counter[tuple[str | None, str | None]]]]
        self._pairs = defaultdict(lambda: defaultdict(Counter))

    def add(self, split: str, sentence: Sentence) -> None:
        self.splits.add(split)
        for column, tags in sentence.tags.items():
            self._pairs[column][split].update(pairwise([OUTSIDE, *tags]))

    def pairs(self, column: str) -> dict[str, set[Pair]]:
        """By split, the different pairs of neighbouring tags; None: unknown; the first follows O."""
        unknown = {self._unknown: None}
        different = {}
        for split, pairs in self._pairs[column].items():
            different[split] = {(unknown.get(left, left), unknown.get(tag, tag)) for left, tag in pairs}
        return different

    def types(self, column: str, *splits: str) -> Counter[str]:
        """The number of entities of each type in some splits, or in all."""
        standard = self.standard(column)
        types = Counter[str]()
        for split in splits or self.splits:
            for (left, tag), number in self._pairs[column][split].items():
                begins, type_ = _mark(standard.get(left), standard.get(tag))
                if begins and type_:
                    types[type_] += number
        return types

    def standard(self, column: str) -> dict[str | None, str]:
        """The standard spelling of each tag: I-PER for PER if most words are O; plain tags stay."""
        numbers = Counter[str]()
        for pairs in self._pairs[column].values():
            for (_, tag), number in pairs.items():
                if tag is not None and tag != self._unknown:
                    numbers[tag] += number
        respelt = respell(numbers)
        standard: dict[str | None, str] = {tag: respelt.get(tag, tag) for tag in numbers}
        has_prefix = any(split_tag(name)[0] not in ("", OUTSIDE) for name in standard.values())
        if has_prefix or 2 * numbers[OUTSIDE] <= numbers.total():
            return standard
        return {tag: tag if tag == OUTSIDE else f"I-{tag}" for tag in numbers}


def _mark(left: str | None, tag: str | None) -> tuple[bool, str | None]:
    """Whether a tag begins an entity, given the one before, and its type."""
    prefix, dash, type_ = (tag or "").partition("-")
    if not dash or prefix not in tuple("BIESLU"):
        return False, tag
    continues = prefix in tuple("IEL") and left in (f"B-{type_}", f"I-{type_}")
    return not continues, type_
