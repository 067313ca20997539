"""Draw validation and test from train, for a data set without files for them."""

import hashlib
import json
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

TRAIN = "train"
Tag = tuple[str, str | None]
"""A tag column and one of its tags."""


class Drawn(NamedTuple):
    """A document with its draw, the same for equal documents, its split, and its types."""

    number: int
    split: str
    types: frozenset[str]


class Draws:
    """Draws the documents of train while their sentences are read; 12 bytes for each stay in memory."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._numbers = array("Q")
        # The index of each document's tags among the different ones.
        self._kinds = array("L")
        self._different: dict[frozenset[Tag], int] = {}
        self._document: str | int | None = None
        self._draw: Draw | None = None
        self._tags: set[Tag] = set()

    def add(self, document: str | int | None, words: Sequence[str], tags: Iterable[Tag]) -> None:
        """Add a sentence; one of no document is one by itself."""
        if document is None or document != self._document:
            self._end()
        self._document = document
        self._draw = self._draw or Draw(self.seed)
        self._draw.add(words)
        self._tags.update(tags)

    @property
    def is_one(self) -> bool:
        """Whether all sentences so far are of one document."""
        return not self._numbers and self._document is not None

    def documents(self, types: Callable[[Tag], str], shares: Mapping[str, float]) -> list[Drawn]:
        """The documents, given the type of each tag; "" for none."""
        self._end()
        by_kind = [frozenset(filter(None, map(types, tags))) for tags in self._different]
        drawn = zip(self._numbers, self._kinds, strict=True)
        return [Drawn(number, split_of(number, shares), by_kind[kind]) for number, kind in drawn]

    def _end(self) -> None:
        if self._draw is not None:
            self._numbers.append(self._draw.number())
            self._kinds.append(self._different.setdefault(frozenset(self._tags), len(self._different)))
        self._draw = None
        self._tags = set()


def draw(words: Sequence[str], seed: int) -> int:
    """Draw a number for a document, often a single sentence, from a hash of its words and the seed; see `split_of`.

    Additional documents do not move others between splits (but see `moves`), the order of documents and files has no
    effect, and a repeated document is never in two splits. A larger share of the last split moves documents from train
    only.
    """
    drawn = Draw(seed)
    drawn.add(words)
    return drawn.number()


class Draw:
    """The `drawn_number` of the seed and the words, which come one after the other."""

    def __init__(self, seed: int) -> None:
        self._hash = hashlib.blake2b(f"[{seed}".encode(), digest_size=8)

    def add(self, words: Sequence[str]) -> None:
        self._hash.update("".join(f", {json.dumps(word)}" for word in words).encode())

    def number(self) -> int:
        """The draw, once all words are added."""
        self._hash.update(b"]")
        return int.from_bytes(self._hash.digest())


def split_of(number: int, shares: Mapping[str, float]) -> str:
    """The split of a document, by its draw.

    Args:
        number: what `draw` returned.
        shares: split name to its expected share; train gets the rest.
    """
    left = number / 2**64  # uniform in [0, 1)
    for split, share in shares.items():
        if left < share:
            return split
        left -= share
    return TRAIN


def lacking(numbers: Mapping[tuple[str, str], int], splits: Sequence[str]) -> list[tuple[str, str]]:
    """List the types, of several documents, that a split lacks, the rarest first."""
    totals = Counter[str]()
    for (type_, _), number in numbers.items():
        totals[type_] += number
    pairs = []
    for type_ in sorted(totals, key=lambda name: (totals[name], name)):
        for split in splits:
            if totals[type_] > 1 and not numbers.get((type_, split)):
                pairs.append((type_, split))
    return pairs


def moves(documents: Sequence[Drawn], shares: Mapping[str, float]) -> dict[int, str]:
    """Move documents, so that each split has each type, as far as no split loses one or gets more than its share.

    A split that has its share exchanges a document that it can spare for one of train.

    Returns:
        The new split of each document that is moved, by its draw.
    """
    numbers = Counter[tuple[str, str]]()
    for document in documents:
        numbers.update((type_, document.split) for type_ in document.types)
    lacks = lacking(numbers, (TRAIN, *shares))
    if not lacks:
        return {}
    exchange = _Exchange(documents, numbers, shares)
    for type_, split in lacks:
        if not exchange.left[type_, split]:  # else a document was moved for another type
            exchange.bring(type_, split)
    return exchange.moved


class _Exchange:
    """Documents while some move between splits; equal ones have one draw, and move together."""

    def __init__(
        self, documents: Sequence[Drawn], numbers: Mapping[tuple[str, str], int], shares: Mapping[str, float]
    ) -> None:
        self.copies = Counter(document.number for document in documents)
        self.by_draw = dict(sorted((document.number, document) for document in documents))
        self.left = Counter(numbers)
        self.sizes = Counter(document.split for document in documents)
        self.most = {split: math.ceil(share * len(documents)) for split, share in shares.items()}
        self.moved: dict[int, str] = {}

    def bring(self, type_: str, split: str) -> None:
        """Move the document of the lowest draw with a type to a split, if it can be spared."""
        found = next((each for each in self.by_draw.values() if type_ in each.types and self._is_spare(each)), None)
        if found is None:
            return
        excess = 0 if split == TRAIN else self.sizes[split] + self.copies[found.number] - self.most[split]
        if excess > 0:
            others = (each for each in self.by_draw.values() if each.split == split and self._is_spare(each))
            other = next((each for each in others if self.copies[each.number] >= excess), None)
            if other is None:
                return
            self._move(other, TRAIN)
        self._move(found, split)

    def _is_spare(self, document: Drawn) -> bool:
        copies = self.copies[document.number]
        return document.number not in self.moved and all(
            self.left[name, document.split] > copies for name in document.types
        )

    def _move(self, document: Drawn, split: str) -> None:
        copies = self.copies[document.number]
        self.moved[document.number] = split
        self.sizes[document.split] -= copies
        self.sizes[split] += copies
        for name in document.types:
            self.left[name, document.split] -= copies
            self.left[name, split] += copies


def drawn_number(parts: Sequence[str | int]) -> int:
    """Draw a number below 2**64 from a hash of strings and numbers."""
    return int.from_bytes(hashlib.blake2b(json.dumps([*parts]).encode(), digest_size=8).digest())
