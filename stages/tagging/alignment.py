"""Alignment: the label of each sub-word from the label of the word that it is a piece of."""

from __future__ import annotations

from collections.abc import Sequence

# The target that PyTorch's cross entropy leaves out.
IGNORED = -100
# How Arrow holds the word of a special token, which transformers' `word_ids()` gives as None.
NO_WORD = -1


def first_subwords(word_ids: Sequence[int]) -> list[int]:
    """The positions at which a word begins; special tokens are passed over."""
    return [
        position
        for position, word in enumerate(word_ids)
        if word != NO_WORD and (position == 0 or word_ids[position - 1] != word)
    ]


def align_labels(
    word_ids: Sequence[int], labels: Sequence[int], inside: Sequence[int], label_all_tokens: bool
) -> list[int]:
    """Labels of the sub-words of a window, by either rule of the Hugging Face course, chapter "Token classification".

    Args:
        word_ids: the word of each sub-word, `NO_WORD` for special tokens.
        labels: the label id of each word of the sentence.
        inside: for each label id the one that continues it inside a word (`Labels.inside`).
        label_all_tokens: label every sub-word (B- becomes I- after the first), or only the first one of each word.

    Returns:
        One label id a sub-word, `IGNORED` where none is learnt.
    """
    aligned = [IGNORED] * len(word_ids)
    if label_all_tokens:
        aligned = [IGNORED if word == NO_WORD else inside[labels[word]] for word in word_ids]
    for position in first_subwords(word_ids):
        aligned[position] = labels[word_ids[position]]
    return aligned
