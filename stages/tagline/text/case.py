"""Letter case of sentences: where capitals say nothing, the words are read in small letters.

In *THE MAYOR OF OSLO RESIGNED* and *Mayor Of Oslo Resigned On Monday Evening*, a capital tells no name from another
word. Short texts such as *NATO* or *John Smith* keep theirs.
"""

import re
from collections.abc import Sequence

import numpy as np

from tagline.labels import Bools, Ints

# Words with letters that have case: the fewest of a sentence in capitals, and of a title, whose capitals say nothing.
CAPS_WORDS = 3
TITLE_WORDS = 5
# The least share of these words that begin with a capital in a title, where words such as "of" may be small.
TITLE_SHARE = 0.8
# What stays small among capitals: *STRAßE*, and the beginning of names such as *McDONALD* and *MacDONALD*.
_STAYS_SMALL = re.compile(r"ß|(?<=\bM)a?c(?=[A-Z]{2})")


def in_capitals(text: str) -> bool:
    """Whether a text is in capitals, as *STRAßE 7* and *McDONALD* are."""
    capitals = _STAYS_SMALL.sub("", text)
    return capitals == capitals.upper() and capitals != capitals.lower()


def informative(words: Sequence[str], index: Ints, ends: Ints) -> Bools:
    """Whether the capitals of each sentence say something: it has some, and is neither in capitals nor a title.

    Args:
        words: the distinct words.
        index: int64 (words,), the words of all sentences as indices into ``words``.
        ends: int64 (sentences,), where each sentence ends among them.

    Returns:
        bool (sentences,).
    """
    traits = np.array([_traits(word) for word in words], np.int64).reshape(-1, 4)  # also without words
    sums = np.concatenate([np.zeros((1, 4), np.int64), np.cumsum(traits[index], axis=0)])
    cased, with_capitals, all_capitals, initial = np.diff(sums[np.append(0, ends)], axis=0).T
    in_capitals = (all_capitals == cased) & (cased >= CAPS_WORDS)
    is_title = (initial >= TITLE_SHARE * cased) & (cased >= TITLE_WORDS)
    return (with_capitals > 0) & ~in_capitals & ~is_title


def lowered(words: Sequence[str], index: Ints, chosen: Bools) -> tuple[list[str], Ints]:
    """Put the words at some positions in small letters.

    Args:
        words: the distinct words.
        index: int64 (words,), see `informative`.
        chosen: bool (words,).

    Returns:
        The distinct words with the small forms after them, and the index. *Oslo in* with index 0 1 0, of which the last
        is chosen, gives *Oslo in oslo* and 0 1 2.
    """
    distinct, numbers = np.unique(index[chosen], return_inverse=True)
    small = [words[word].lower() for word in distinct.tolist()]
    changed = index.copy()
    changed[chosen] = len(words) + numbers
    return [*words, *small], changed


def _traits(word: str) -> tuple[bool, bool, bool, bool]:
    """Whether a word has letters with case; a capital; no small letter; a capital first."""
    lower = word.lower()
    if lower == word.upper():
        return False, False, False, False
    first = next(letter for letter in word if letter.lower() != letter.upper())
    return True, word != lower, in_capitals(word), first != first.lower()
