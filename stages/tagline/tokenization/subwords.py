"""Sub-words: what a tokenizer makes of words, each distinct word once, in arrays that hold those of many words.

A fast tokenizer splits a sentence that comes as words (``is_split_into_words=True``) word by word. So a corpus needs
one call for each distinct word, and all else is a gather. `one_by_one` checks it on some of its sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from tagline.core.errors import UserError
from tagline.core.outputs import read_json

Ints = npt.NDArray[np.int64]

TOKENIZER_FILE = "tokenizer.json"
CONFIGURATION = "tokenizer_config.json"
# Words of one call for distinct words: its cost spread over many, and enough calls for every core.
GROUP = 256
# Sentences whose Python objects are alive at a time.
BATCH = 1000


@dataclass(frozen=True)
class Subwords:
    """The sub-words of many words.

    Attributes:
        ids: int32, vocabulary ids, word after word.
        counts: int64, how many of them each word has.
    """

    ids: npt.NDArray[np.int32]
    counts: Ints

    def take(self, words: Ints) -> Subwords:
        """The sub-words of the given words, in that order, as often as each is named."""
        counts = self.counts[words]
        ends = np.cumsum(counts)
        # How far a sub-word lies behind its place in the result: the same for all of a word's.
        shift = (np.cumsum(self.counts) - self.counts)[words] - (ends - counts)
        return Subwords(self.ids[np.repeat(shift, counts) + np.arange(counts.sum())], counts)

    def shortened(self, capacity: int) -> Subwords:
        """Of each word its first sub-words, at most so many."""
        counts = np.minimum(self.counts, capacity)
        places = np.arange(len(self.ids)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        return Subwords(self.ids[places < capacity], counts)

    def __add__(self, other: Subwords) -> Subwords:
        return Subwords(np.concatenate([self.ids, other.ids]), np.concatenate([self.counts, other.counts]))


def load(folder: Path, made_by: str = "download") -> tuple[Tokenizer, int | None]:
    """Load the tokenizer that `save_pretrained` wrote, without transformers, whose import takes longer than its use.

    Args:
        folder: where it is.
        made_by: the stage that wrote it, for messages.

    Returns:
        The tokenizer, and the most sub-words that its encoder reads, None where nothing says it.

    Raises:
        UserError: it is not a fast tokenizer, or one that splits the same word differently each time.
    """
    configuration = read_json(folder / CONFIGURATION, made_by)
    if not (folder / TOKENIZER_FILE).is_file():
        raise UserError(
            f"{configuration.get('tokenizer_class', 'the tokenizer')} in {folder} is not a fast tokenizer, so it "
            f"can't say which word a sub-word belongs to: choose an encoder that has a {TOKENIZER_FILE}"
        )
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    except Exception as error:  # the library raises nothing more special
        raise UserError(f"{folder / TOKENIZER_FILE} is damaged ({error}): run `dvc repro {made_by}` again") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = bool(configuration.get("split_special_tokens", False))
    if getattr(tokenizer.model, "dropout", None):
        raise UserError(
            f"{folder / TOKENIZER_FILE} drops merges at random (dropout {tokenizer.model.dropout:.3g}), so no run is "
            "like another: set its model's dropout to null"
        )
    return tokenizer, configuration.get("model_max_length")


def of_sentences(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> Subwords:
    """The sub-words of every word of the sentences, as ``tokenizer(words, is_split_into_words=True)`` makes them."""
    ids = [np.empty(0, np.int32)]
    counts = [np.empty(0, np.int64)]
    for start in range(0, len(sentences), BATCH):
        batch = sentences[start : start + BATCH]
        encoded = tokenizer.encode_batch(batch, is_pretokenized=True, add_special_tokens=False)
        for words, encoding in zip(batch, encoded, strict=True):
            ids.append(np.array(encoding.ids, dtype=np.int32))
            counts.append(np.bincount(np.array(encoding.word_ids, dtype=np.int64), minlength=len(words)))
    return Subwords(np.concatenate(ids), np.concatenate(counts))


def of_words(tokenizer: Tokenizer, words: Sequence[str]) -> Subwords:
    """The sub-words of words that have nothing to do with each other."""
    return of_sentences(tokenizer, [words[start : start + GROUP] for start in range(0, len(words), GROUP)])


class Vocabulary:
    """The distinct words met so far, each tokenised once.

    An exception at any step, an interrupt included, leaves it usable: rows of ``subwords`` come before the places that
    refer to them and go after these, and a row that no place refers to does no harm.

    Args:
        tokenizer: one that `one_by_one` holds for.
        most: how many words are kept; beyond that it forgets them and starts anew, so that its memory is bounded.
    """

    def __init__(self, tokenizer: Tokenizer, most: int = 2**20) -> None:
        self.tokenizer, self.most = tokenizer, most
        self._forget()

    def places(self, words: Sequence[str]) -> Ints:
        """The places of the words in ``subwords``, which is extended by the new ones among them."""
        if len(self.subwords.counts) > self.most:
            self._forget()
        new = list(dict.fromkeys(word for word in words if word not in self._places))
        first = len(self.subwords.counts)  # more than there are places if an earlier call was interrupted
        self.subwords += of_words(self.tokenizer, new)
        self._places.update(zip(new, range(first, first + len(new)), strict=True))
        return np.array([self._places[word] for word in words], dtype=np.int64)

    def _forget(self) -> None:
        self._places: dict[str, int] = {}
        self.subwords = of_words(self.tokenizer, [])


def one_by_one(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> bool:
    """Whether the sentences come out the same when each distinct word is tokenised once, away from its neighbours."""
    words = [word for sentence in sentences for word in sentence]
    distinct = sorted(set(words))
    places = {word: place for place, word in enumerate(distinct)}
    gathered = of_words(tokenizer, distinct).take(np.array([places[word] for word in words], dtype=np.int64))
    whole = of_sentences(tokenizer, sentences)
    return np.array_equal(whole.ids, gathered.ids) and np.array_equal(whole.counts, gathered.counts)


def special_tokens(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """The ids of the special tokens that the tokenizer puts before and after a sentence.

    Raises:
        UserError: it has no sub-word for any of the commonest characters.
    """
    for encoding in _encoded(tokenizer, "a", "e", "1", ".", "\u4e00"):
        body = [position for position, word in enumerate(encoding.word_ids) if word is not None]
        if body:
            return encoding.ids[: body[0]], encoding.ids[body[-1] + 1 :]
    raise UserError("the tokenizer knows neither a letter nor a digit: choose another encoder")


def _encoded(tokenizer: Tokenizer, *words: str) -> Iterator[Encoding]:
    return (tokenizer.encode([word], is_pretokenized=True) for word in words)
