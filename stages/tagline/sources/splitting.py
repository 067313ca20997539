"""Draw the validation and test splits from train, for a data set without files for them."""

import hashlib
import json
from collections.abc import Mapping, Sequence

TRAIN = "train"


def drawn_split(words: Sequence[str], seed: int, shares: Mapping[str, float]) -> str:
    """Draw the split of a document, often a single sentence, from a hash of its words and the seed.

    Additional documents in a file therefore do not move others between splits, the order of documents and files has no
    effect, and a repeated document is never in two splits. A larger share of the last split moves documents from train
    only.

    Args:
        words: the words of the document.
        seed: another seed draws other documents.
        shares: split name to its expected share of all documents; train gets the rest.
    """
    draw = drawn_number([seed, *words]) / 2**64  # uniform in [0, 1)
    for split, share in shares.items():
        if draw < share:
            return split
        draw -= share
    return TRAIN


def drawn_number(parts: Sequence[str | int]) -> int:
    """Draw a number below 2**64 from a hash of some strings and numbers."""
    return int.from_bytes(hashlib.blake2b(json.dumps([*parts]).encode(), digest_size=8).digest())
