"""Alignment: give each sub-word a label, derived from the label of its word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# The target that PyTorch's cross entropy ignores.
IGNORED = -100
# The word id of a special token in Arrow files; transformers' `word_ids()` returns None for it.
NO_WORD = -1


def align_labels(
    labels: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    inside: Sequence[int],
    label_all_tokens: bool,
    marks: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.int64]:
    """Label sub-words by one of the two rules of the Hugging Face course, chapter "Token classification".

    With B-PER as 1, I-PER as 2 and "Blackburn" split into three sub-words: 1 2 2 with ``label_all_tokens``, otherwise
    1 -100 -100. If the first is a mark of a capital, the one after it also has a label, 1 2 -100: transformers'
    pipeline takes it for another word.

    Args:
        labels: int64 (words,), label ids; a special token counts as a word with the label `IGNORED`.
        counts: int64 (words,), the number of sub-words of each word.
        inside: for each label id, the id of the label that continues it inside a word (`Labels.inside`).
        label_all_tokens: label all sub-words (B- becomes I- after the first) or only the first of each word.
        marks: bool (sub-words,), which sub-words are marks of capitals; None: none.

    Returns:
        int64 (sub-words,), label ids; `IGNORED` for sub-words without a label.
    """
    further = np.full_like(labels, IGNORED)
    is_word = labels != IGNORED
    further[is_word] = np.asarray(inside, dtype=np.int64)[labels[is_word]]
    aligned = np.repeat(further, counts)
    firsts = (np.cumsum(counts) - counts)[counts > 0]
    if not label_all_tokens:
        others = np.ones(len(aligned), dtype=bool)
        if marks is not None:
            others[firsts[marks[firsts]] + 1] = False  # a mark has a sub-word of its word after it
        aligned[others] = IGNORED
    aligned[firsts] = labels[counts > 0]
    return aligned
