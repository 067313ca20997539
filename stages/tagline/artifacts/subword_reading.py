"""How tokenizer.json and what transformers makes of it read words: the check that both give the same sub-words.

transformers 5 takes the vocabulary from tokenizer.json and builds the other steps anew, by a class that it picks from
config.json and tokenizer_config.json. If that is not the tokenizer's own, words get other sub-words than in
pretraining.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tokenizers import Encoding, Tokenizer
from transformers import AutoTokenizer, PreTrainedConfig

from tagline.core import TOKENIZER_FILE, reading_tokenizer
from tagline.terminal import UserError, printable, shortened

# Words that steps of tokenizers differ in: letter case, apostrophes, hyphens, digits, accents (composed, decomposed),
# ligatures and width, quotes, characters of no width, other scripts.
_TEXT = (
    "the The THE iPhone McDonald's don't e-mail Mary-Jane U.S. rock'n'roll AT&T C++ a_b @user #tag x/y "
    "7 42 12345 1,234.56 2024-05-01 COVID-19 B2B 5K 3rd 10:30 50% $9.99 "
    "M\u00fcller Mu\u0308ller \u00c9cole E\u0301cole na\u00efve S\u00e3o \u00c5ngstr\u00f6m Stra\u00dfe "
    "\u0141\u00f3d\u017a \u0130zmir \u0131 Vi\u1ec7t \ufb01n \uff21\uff22\uff11 \u00bd \u2122 \u20ac5 "
    "\u201chi\u201d it\u2019s \u2013 \u2014 \u2026 a\u200bb a\u00adb a\u200db \U0001f44d\U0001f3fd "
    "\u039f\u03b4\u03c5\u03c3\u03c3\u03ad\u03c2 \u041c\u043e\u0441\u043a\u0432\u0430 \u0439 "
    "\u6771\u4eac \u5317\u4eacABC \ud55c\uad6d \u30ab\u30ca \uff76\uff85 \u0e44\u0e17\u0e22 "
    "\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd \u0645\u064e\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947"
)
# WordPiece makes words of more than 100 letters unknown, or of another number.
_LONG = ("ab" * 60, "ab" * 120)
# Pieces of the vocabulary that become words, evenly spaced over it.
_PIECES = 500


@dataclass(frozen=True)
class SubwordDifference:
    """A word that two tokenizers read differently.

    Attributes:
        own: sub-words by tokenizer.json.
        other: by the other tokenizer; None: that fails on words.
    """

    word: str
    own: tuple[str, ...]
    other: tuple[str, ...] | None

    def __str__(self) -> str:
        other = "an error" if self.other is None else _shown(self.other)
        return f"{_shown([self.word])} is {_shown(self.own)}, not {other}"


def _shown(pieces: Iterable[str]) -> str:
    return shortened(printable(" ".join(pieces)))


def first_difference(own: Tokenizer, other: Tokenizer, words: Iterable[str] = ()) -> SubwordDifference | None:
    """Find the first word with other ids by one tokenizer than by another, special tokens at the ends included.

    These are not compared if ``own`` adds none: classes of transformers then add those of their model.

    Args:
        own: of tokenizer.json.
        other: without truncation and padding, as ``own``.
        words: to compare beside fixed ones and those of the vocabulary.

    Raises:
        UserError: ``own`` fails on a word.
    """
    # A literal [MASK] is split by one that does not list it as a special token; no word of a text is.
    special = {token.content for each in (own, other) for token in each.get_added_tokens_decoder().values()}
    compared = list(dict.fromkeys([*words, *_TEXT.split(), *_LONG, *_words_of_vocabulary(own, special)]))
    with_ends = own.num_special_tokens_to_add(False) > 0
    by_own = encode_each(own, compared, with_ends)
    try:
        by_other = encode_each(other, compared, with_ends)
    except UserError:  # a class of transformers takes a vocabulary that lacks its own special tokens
        return SubwordDifference(compared[0], tuple(by_own[0].tokens), None)
    for word, first, second in zip(compared, by_own, by_other, strict=True):
        if first.ids != second.ids:
            return SubwordDifference(word, tuple(first.tokens), tuple(second.tokens))
    return None


def encode_each(tokenizer: Tokenizer, words: Iterable[str], with_ends: bool) -> list[Encoding]:
    with reading_tokenizer(TOKENIZER_FILE, problem="it fails on a word", remedy="choose another encoder"):
        inputs = [[word] for word in words]
        return tokenizer.encode_batch(inputs, is_pretokenized=True, add_special_tokens=with_ends)


def _words_of_vocabulary(tokenizer: Tokenizer, special: Collection[str]) -> list[str]:
    """Evenly spaced pieces of the vocabulary: as they are, in other letter case, with a digit, in pairs."""
    size = tokenizer.get_vocab_size(with_added_tokens=False)
    texts = [text_of_piece(tokenizer, number) for number in range(0, size, size // _PIECES + 1)]
    pieces = [text for text in texts if text and text not in special]
    changed = [form for piece in pieces for form in (piece, piece.lower(), piece.capitalize(), piece.upper())]
    return [*changed, *(piece + "7" for piece in pieces), *("-".join(pair) for pair in pairwise(pieces))]


def text_of_piece(tokenizer: Tokenizer, number: int) -> str:
    """What a piece of the vocabulary stands for in a word; empty if that is no text without spaces."""
    piece = tokenizer.id_to_token(number)
    if piece is None:
        return ""
    text = piece if tokenizer.decoder is None else tokenizer.decoder.decode([piece])
    text = text.strip().removeprefix("##")
    return "" if "\ufffd" in text or len(text.split()) != 1 else text


def read_file(path: Path) -> Tokenizer:
    """Read a tokenizer.json for `first_difference`.

    Raises:
        UserError: it is damaged.
    """
    with reading_tokenizer(path, remedy="choose another encoder"):
        tokenizer = Tokenizer.from_file(str(path))
        return without_limits(tokenizer)


def without_limits(tokenizer: Tokenizer) -> Tokenizer:
    """Switch off, in place, what a tokenizer.json has of its last use."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if getattr(tokenizer.model, "dropout", None):
        tokenizer.model.dropout = None
    return tokenizer


def check_reading(location: str, folder: Path, remedy: str, config: PreTrainedConfig | None = None) -> None:
    """Check that transformers reads words with a saved tokenizer as its tokenizer.json alone does.

    Args:
        location: of the tokenizer, for the message.
        folder: of the tokenizer; a model's folder, if ``config`` is None.
        remedy: what to do, for the message.
        config: of the model; its architecture may choose the class.

    Raises:
        UserError: a word has other sub-words.
    """
    with reading_tokenizer(folder, problem="transformers can't load its tokenizer", remedy="choose another encoder"):
        loaded = AutoTokenizer.from_pretrained(folder, config=config, local_files_only=True, trust_remote_code=False)
        by_class = without_limits(loaded.backend_tokenizer)
    difference = first_difference(read_file(folder / TOKENIZER_FILE), by_class)
    if difference is not None:
        raise UserError(
            f"{location}: transformers reads the saved tokenizer by {type(loaded).__name__}, which gives other "
            f"sub-words: {difference}; expected those of {TOKENIZER_FILE}; {remedy}"
        )
