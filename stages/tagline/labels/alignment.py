"""Alignment: the label of each sub-word from the label of the word that it is a piece of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# The target that PyTorch's cross entropy leaves out.
IGNORED = -100
# How Arrow holds the word of a special token, which transformers' `word_ids()` gives as None.
NO_WORD = -1


def align_labels(
    labels: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], inside: Sequence[int], label_all_tokens: bool
) -> npt.NDArray[np.int64]:
    """Labels of sub-words, by either rule of the Hugging Face course, chapter "Token classification".

    Args:
        labels: the label id of each word, `IGNORED` for special tokens, which stand among the words here.
        counts: how many sub-words each of them has.
        inside: for each label id the one that continues it inside a word (`Labels.inside`).
        label_all_tokens: label every sub-word (B- becomes I- after the first), or only the first one of each word.

    Returns:
        int64, one label id a sub-word, `IGNORED` where none is learnt.
    """
    further = np.full_like(labels, IGNORED)
    if label_all_tokens:
        is_word = labels != IGNORED
        further[is_word] = np.asarray(inside, dtype=np.int64)[labels[is_word]]
    aligned = np.repeat(further, counts)
    firsts = np.cumsum(counts) - counts
    aligned[firsts[counts > 0]] = labels[counts > 0]
    return aligned
