"""Sub-words: tokenise each distinct word once, and keep the sub-words of many words in flat arrays.

Most fast tokenizers split a pre-tokenised sentence (``is_split_into_words=True``) word by word, as `one_by_one` checks.
The rest is array indexing.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models

from tagline.core import TOKENIZER_FILE, check_normalizer, read_json, reading, reading_tokenizer
from tagline.labels import AnyInts, Ints, ranges
from tagline.terminal import UserError

CONFIGURATION = "tokenizer_config.json"
# Distinct words per "sentence" given to the tokenizer: large enough for little overhead, small enough for all cores.
GROUP = 256
# Words that a damaged tokenizer may fail on: common ones, another script, one without sub-words, an unknown one.
_PROBE = [["a", "Ab1.", "\u4e00", "\u200b", "\U0001f44d" * 3]]
# Sentences whose Python objects are in memory at a time.
BATCH = 1000


@dataclass(frozen=True)
class Subwords:
    """The sub-words of many words.

    Attributes:
        ids: int32, one word after the other.
        counts: int64, the number of sub-words of each word.
    """

    ids: AnyInts
    counts: Ints

    def take(self, words: Ints) -> Subwords:
        """The sub-words of the words at some indices, which may repeat."""
        counts = self.counts[words]
        begins = np.cumsum(self.counts) - self.counts
        return Subwords(self.ids[ranges(begins[words], counts)], counts)

    def shortened(self, capacity: int) -> Subwords:
        """The first sub-words of each word, at most ``capacity``."""
        counts = np.minimum(self.counts, capacity)
        begins = np.cumsum(self.counts) - self.counts
        positions = np.arange(len(self.ids)) - np.repeat(begins, self.counts)
        return Subwords(self.ids[positions < capacity], counts)


def load(folder: Path, made_by: str = "download") -> tuple[Tokenizer, int | None]:
    """Load a tokenizer that `save_pretrained` wrote, without the slow import of transformers.

    Returns:
        The tokenizer, and the largest number of sub-words that its encoder reads, None if unknown.

    Raises:
        UserError: it is not a fast tokenizer, is damaged, or splits words at random.
    """
    configuration = read_json(folder / CONFIGURATION, made_by)
    if not (folder / TOKENIZER_FILE).is_file():
        raise UserError(
            f"{folder}: {configuration.get('tokenizer_class', 'the tokenizer')} is not a fast tokenizer, so it has no "
            f"word ids; choose an encoder with a {TOKENIZER_FILE}"
        )
    with reading_tokenizer(folder / TOKENIZER_FILE, made_by):
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        check_normalizer(tokenizer.normalizer and json.loads(tokenizer.normalizer.__getstate__()))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # Some damage shows only then. The ids include those of special tokens.
        for encoding in tokenizer.encode_batch(_PROBE, is_pretokenized=True):
            np.array(encoding.ids, dtype=np.int32)
    tokenizer.encode_special_tokens = bool(configuration.get("split_special_tokens", False))
    if getattr(tokenizer.model, "dropout", None):
        raise UserError(
            f"{folder / TOKENIZER_FILE}: its model's dropout is {tokenizer.model.dropout:.3g}, so that it splits "
            "words at random; set it to null"
        )
    with reading(folder / CONFIGURATION, made_by):
        longest = configuration.get("model_max_length")
        if longest is not None and (isinstance(longest, bool) or not isinstance(longest, int | float) or longest < 1):
            raise ValueError(f"model_max_length is {longest!r}")
        longest = None if longest is None else int(longest)
    return tokenizer, longest


def of_sentences(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> Subwords:
    """The sub-words of every word, as ``tokenizer(words, is_split_into_words=True)`` makes them.

    Raises:
        UserError: the tokenizer fails on a word, or an id is too large for int32.
    """
    ids = [np.empty(0, np.int32)]
    counts = [np.empty(0, np.int64)]
    for start in range(0, len(sentences), BATCH):
        batch = sentences[start : start + BATCH]
        # A regular expression may panic for some words only. Other threads may write to standard error meanwhile.
        guard = reading_tokenizer if threading.active_count() == 1 else reading
        with guard(TOKENIZER_FILE, problem="it fails on a word", remedy="choose another encoder"):
            encoded = tokenizer.encode_batch(batch, is_pretokenized=True, add_special_tokens=False)
            ids += (np.array(encoding.ids, dtype=np.int32) for encoding in encoded)
        for encoding, words in zip(encoded, batch, strict=True):
            words_of_subwords = np.array(encoding.word_ids, dtype=np.int64)
            counts.append(np.bincount(words_of_subwords, minlength=len(words)))
    return Subwords(np.concatenate(ids), np.concatenate(counts))


class Vocabulary:
    """The distinct words so far, each tokenised once; usable after an exception at any step, such as an interrupt.

    Args:
        tokenizer: one for which `one_by_one` is true.
        most: number of words beyond which all are forgotten, so that memory is bounded.
    """

    def __init__(self, tokenizer: Tokenizer, most: int = 2**20) -> None:
        self.tokenizer, self.most = tokenizer, most
        self.ids_of_words: dict[str, bytes] = {}  # int32, a quarter of the memory of arrays

    def subwords(self, words: Sequence[str]) -> Subwords:
        if len(self.ids_of_words) > self.most:
            self.ids_of_words.clear()
        new = list(dict.fromkeys(word for word in words if word not in self.ids_of_words))
        if new:
            groups = [new[start : start + GROUP] for start in range(0, len(new), GROUP)]
            tokenised = of_sentences(self.tokenizer, groups)
            borders = [0, *np.cumsum(tokenised.counts).tolist()]
            pieces = [tokenised.ids[begin:end].tobytes() for begin, end in pairwise(borders)]
            self.ids_of_words.update(zip(new, pieces, strict=True))
        ids = [self.ids_of_words[word] for word in words]
        counts = np.fromiter(map(len, ids), np.int64, len(ids)) // np.dtype(np.int32).itemsize
        return Subwords(np.frombuffer(b"".join(ids), np.int32), counts)


def unknown_id(tokenizer: Tokenizer) -> int:
    """The id of the sub-word for what the vocabulary lacks, such as [UNK]; -1 if none."""
    if isinstance(tokenizer.model, models.Unigram):  # its class does not show it
        number = json.loads(tokenizer.to_str())["model"].get("unk_id")
    else:
        token = getattr(tokenizer.model, "unk_token", None)
        number = None if token is None else tokenizer.token_to_id(token)
    return -1 if number is None else number


def one_by_one(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> bool:
    """Whether tokenising each distinct word by itself gives these sentences the same sub-words."""
    alone = Vocabulary(tokenizer).subwords(list(chain(*sentences)))
    whole = of_sentences(tokenizer, sentences)
    return np.array_equal(whole.ids, alone.ids) and np.array_equal(whole.counts, alone.counts)


def distinguishes_case(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> bool:
    """Whether an initial capital changes the sub-words of some words of these sentences."""
    words = dict.fromkeys(word.lower() for word in chain(*sentences))
    small = of_sentences(tokenizer, [list(words)])
    initial = of_sentences(tokenizer, [[word.capitalize() for word in words]])
    return not np.array_equal(small.ids, initial.ids)


def special_tokens(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """The ids of the special tokens before and after a sentence.

    Raises:
        UserError: the tokenizer has no sub-word for any of the most common characters.
    """
    for word in ("a", "e", "1", ".", "\u4e00"):
        encoding = tokenizer.encode([word], is_pretokenized=True)
        body = [index for index, number in enumerate(encoding.word_ids) if number is not None]
        if body:
            return encoding.ids[: body[0]], encoding.ids[body[-1] + 1 :]
    raise UserError("the tokenizer has sub-words for neither letters nor digits; choose another encoder")
