"""Alignment: its rules as properties."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tagline.labels.alignment import IGNORED, NO_WORD, align_labels

# O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC, B-MISC, I-MISC.
INSIDE = [0, 2, 2, 4, 4, 6, 6, 8, 8]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4)), max_size=12), st.booleans())
def test_first_subword_has_the_words_label_and_others_continue_or_ignore_it(words, label_all_tokens: bool) -> None:
    labels = [label for label, _ in words]
    ids = [NO_WORD, *(word for word, (_, count) in enumerate(words) for _ in range(count)), NO_WORD]
    counts = np.array([1, *(count for _, count in words), 1])
    aligned = align_labels(np.array([IGNORED, *labels, IGNORED]), counts, INSIDE, label_all_tokens).tolist()
    assert len(aligned) == len(ids)
    for position, (word, label) in enumerate(zip(ids, aligned, strict=True)):
        if word == NO_WORD:
            assert label == IGNORED
        elif word != ids[position - 1]:
            assert label == labels[word]
        else:
            assert label == (INSIDE[labels[word]] if label_all_tokens else IGNORED)


def test_subword_after_the_mark_of_a_word_has_a_label_too() -> None:
    marks = np.array([False, True, False, False, True, False, False, False])  # [CLS] ^ mary - ^ jane said [SEP]
    aligned = align_labels(np.array([IGNORED, 1, 0, IGNORED]), np.array([1, 5, 1, 1]), INSIDE, False, marks)
    assert aligned.tolist() == [IGNORED, 1, 2, IGNORED, IGNORED, IGNORED, 0, IGNORED]
