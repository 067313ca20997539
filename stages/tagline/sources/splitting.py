"""Draw the validation and test splits from train, for a data set without files for them."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

TRAIN = "train"


class Drawn(NamedTuple):
    """A document with its draw.

    Attributes:
        number: the draw, the same for equal documents.
        split: that it is drawn for.
        types: of its entities, each once.
    """

    number: int
    split: str
    types: frozenset[str]


def draw(words: Sequence[str], seed: int) -> int:
    """Draw a number for a document, often a single sentence, from a hash of its words and the seed; see `split_of`.

    Additional documents in a file therefore do not move others between splits (but see `moves`), the order of documents
    and files has no effect, and a repeated document is never in two splits. A larger share of the last split moves
    documents from train only.

    Args:
        words: the words of the document.
        seed: another seed draws other documents.
    """
    return drawn_number([seed, *words])


def split_of(number: int, shares: Mapping[str, float]) -> str:
    """The split of a document, by its draw.

    Args:
        number: what `draw` returned.
        shares: split name to its expected share of all documents; train gets the rest.
    """
    left = number / 2**64  # uniform in [0, 1)
    for split, share in shares.items():
        if left < share:
            return split
        left -= share
    return TRAIN


def lacking(numbers: Mapping[tuple[str, str], int], splits: Sequence[str]) -> list[tuple[str, str]]:
    """List the types, of several documents, that a split lacks, each with that split; the rarest first.

    Args:
        numbers: of documents, by type and split.
        splits: those to draw.
    """
    totals = Counter[str]()
    for (type_, _), number in numbers.items():
        totals[type_] += number
    pairs = []
    for type_ in sorted(totals, key=lambda name: (totals[name], name)):
        for split in splits:
            if totals[type_] > 1 and not numbers.get((type_, split)):
                pairs.append((type_, split))
    return pairs


def moves(documents: Sequence[Drawn], numbers: Mapping[tuple[str, str], int], splits: Sequence[str]) -> dict[int, str]:
    """Move documents, so that each split has each type, as far as no split loses one; few types are rare enough.

    Args:
        documents: all with a type that a split lacks, see `lacking`.
        numbers: of all documents, by type and split.
        splits: those to draw, train first.

    Returns:
        The new split of each document that is moved, by its draw.
    """
    left = Counter(numbers)
    copies = Counter(document.number for document in documents)  # equal documents have one draw, and move together
    by_number = {document.number: document for document in documents}
    moved: dict[int, str] = {}
    for type_, split in lacking(numbers, splits):
        if left[type_, split]:  # a document was moved for another type
            continue
        for number, document in sorted(by_number.items()):
            is_spare = all(left[name, document.split] > copies[number] for name in document.types)
            if type_ in document.types and number not in moved and is_spare:
                moved[number] = split
                for name in document.types:
                    left[name, document.split] -= copies[number]
                    left[name, split] += copies[number]
                break
    return moved


def drawn_number(parts: Sequence[str | int]) -> int:
    """Draw a number below 2**64 from a hash of some strings and numbers."""
    return int.from_bytes(hashlib.blake2b(json.dumps([*parts]).encode(), digest_size=8).digest())
