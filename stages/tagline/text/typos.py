"""Typing errors, decided by the words of a sentence: the same on every host."""

import unicodedata
from collections.abc import Sequence
from hashlib import blake2b

_KEYS = "qwertyuiop asdfghjkl zxcvbnm"
# The key on the right of each; for the last one of a row, that on its left.
_BESIDE = str.maketrans(
    {
        key: beside
        for row in f"{_KEYS} {_KEYS.upper()}".split()
        for key, beside in zip(row, row[1:] + row[-2], strict=True)
    }
)


def mistyped(words: Sequence[str], rarity: int) -> list[str]:
    """Mistype one in ``rarity`` of the words with two or more letters; the sentence is the seed."""
    seed = blake2b("\n".join(words).encode())
    result = []
    for position, word in enumerate(words):
        digest = seed.copy()
        digest.update(position.to_bytes(4, "big"))
        number = int.from_bytes(digest.digest()[:8], "big")
        result.append(word if number % rarity else _mistyped(word, number // rarity))
    return result


def _mistyped(word: str, number: int) -> str:
    """Swap two letters, drop or double one, or take the key beside it, by a number."""
    starts = [index for index in range(len(word) - 1) if _is_typed(word[index]) and _is_typed(word[index + 1])]
    if not starts:
        return word
    number, choice = divmod(number, len(starts))
    index = starts[choice]
    before, letter, other, after = word[:index], word[index], word[index + 1], word[index + 2 :]
    doubled = letter + letter + other
    typed = (other + letter, other, doubled, letter.translate(_BESIDE) + other)[number % 4]
    # Two equal letters cannot be swapped, and other keyboards' keys are not known.
    return before + (typed if typed != letter + other else doubled) + after


def _is_typed(character: str) -> bool:
    """Whether a character is a letter with its own key, unlike Han, kana and Hangul syllables, which are wide."""
    return character.isalpha() and unicodedata.east_asian_width(character) not in ("W", "F")
