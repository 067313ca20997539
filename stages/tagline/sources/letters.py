"""Letters of the data that an encoder's tokenizer confuses or does not have."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer

from tagline.artifacts.subword_reading import encode_each, text_of_piece

# A larger share of the letters is reported. By the packaged encoder, English loses 0.0 to 0.2 % of its accents, Dutch
# 0.3 %, German 0.9 %, Russian 1.2 %, French and Spanish 4 %, Vietnamese 28 %; by multilingual-e5, all of them none.
NOTICEABLE = 0.005
# Letters that a line shows.
SHOWN = 8


def count_letters(words: Iterable[str]) -> Counter[str]:
    """Count letters, made small, and marks that can't be composed with one."""
    letters: Counter[str] = Counter()
    for word in words:
        text = unicodedata.normalize("NFC", word).lower()
        letters.update(letter for letter in text if unicodedata.category(letter)[0] in "LM")
    return letters


def lost_letters(tokenizer: Tokenizer, unknown: int | None, letters: Counter[str]) -> list[str]:
    """Describe the letters that a tokenizer loses, if they are a noticeable share.

    Args:
        tokenizer: without truncation and padding.
        unknown: id of the sub-word for what the vocabulary lacks.
        letters: of the data.
    """
    unaccented: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    # After another letter, since the vocabulary of WordPiece may have a letter for the start of words only.
    pairs = [f"a{letter}" for letter in letters]
    for pair, encoding in zip(pairs, encode_each(tokenizer, pairs, with_ends=False), strict=True):
        pieces = [text_of_piece(tokenizer, number) for number in encoding.ids if number != unknown]
        own = unicodedata.normalize("NFKD", pair).lower()
        read = unicodedata.normalize("NFKD", "".join(pieces)).lower()
        letter = pair[1:]
        if read == own:
            continue
        if read == "".join(sign for sign in own if unicodedata.category(sign) != "Mn"):
            unaccented[letter] = letters[letter]
        else:
            missing[letter] = letters[letter]
    lines = []
    for lost, problem in ((unaccented, "lose their accents"), (missing, "have no sub-words")):
        share = lost.total() / max(letters.total(), 1)
        if share > NOTICEABLE:
            examples = " ".join(letter for letter, _ in lost.most_common(SHOWN))
            lines.append(
                f"encoder: {share:.1%} of the letters of train ({examples}) {problem} in its tokenizer; choose an "
                "encoder for their language (docs/data.md)"
            )
    return lines
