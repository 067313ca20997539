"""Drawing splits: validation and test as parts of train, where the source has none of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

TRAIN = "train"


def drawn_split(words: Sequence[str], seed: int, shares: Mapping[str, float]) -> str:
    """The split that a sentence belongs to.

    It depends on the seed and the words alone. So more sentences in a file move no other between splits, the order of
    sentences and files means nothing, and a sentence that stands there twice is never in two splits. A larger share
    of the last split moves sentences from train only.

    Args:
        words: the words of the sentence.
        seed: another one draws other sentences.
        shares: split name to its expected share of all sentences; train gets the rest.
    """
    content = json.dumps([seed, *words])
    place = int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest()) / 2**64
    for split, share in shares.items():
        if place < share:
            return split
        place -= share
    return TRAIN
