"""Alignment: the course chapter's own example, and its rules as properties."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tiny import word_piece
from hypothesis import given
from hypothesis import strategies as st
from transformers import DataCollatorForTokenClassification

from tagline.labels.alignment import IGNORED, NO_WORD, align_labels
from tagline.tokenization.subwords import of_sentences

# O, B-PER, I-PER, B-ORG, I-ORG, B-LOC, I-LOC, B-MISC, I-MISC, as the chapter's data set has them.
INSIDE = [0, 2, 2, 4, 4, 6, 6, 8, 8]
WORDS = "EU rejects German call to boycott British lamb .".split()
LABELS = [3, 0, 7, 0, 0, 0, 7, 0, 0]


@pytest.fixture(scope="module")
def tokenizer():
    known = ["EU", "rejects", "German", "call", "to", "boycott", "British", "Peter", "Blackburn"]
    return word_piece([*known, "la", "##mb"])


def align(tokenizer, words: list[str], labels: list[int], label_all_tokens: bool) -> list[int]:
    """Align as the stage does: a special token before and after the words, each as a word of its own."""
    counts = np.array([1, *of_sentences(tokenizer.backend_tokenizer, [words]).counts, 1])
    return align_labels(np.array([IGNORED, *labels, IGNORED]), counts, INSIDE, label_all_tokens).tolist()


def test_chapter_example_first_subword_only(tokenizer) -> None:
    tokens = tokenizer(WORDS, is_split_into_words=True).tokens()
    assert " ".join(tokens) == "[CLS] EU rejects German call to boycott British la ##mb . [SEP]"
    aligned = align(tokenizer, WORDS, LABELS, label_all_tokens=False)
    assert aligned == [-100, 3, 0, 7, 0, 0, 0, 7, 0, -100, 0, -100]


def test_chapter_example_every_subword(tokenizer) -> None:
    aligned = align(tokenizer, WORDS, LABELS, label_all_tokens=True)
    assert aligned == [-100, 3, 0, 7, 0, 0, 0, 7, 0, 0, 0, -100]


def test_b_becomes_i_inside_a_word() -> None:
    # As in the chapter's function that shifts labels: a B-LOC of three sub-words.
    aligned = align_labels(np.array([-100, 5, 0, -100]), np.array([1, 3, 1, 1]), INSIDE, label_all_tokens=True)
    assert aligned.tolist() == [-100, 5, 6, 6, 0, -100]


def test_chapter_batch_is_padded_with_ignored_labels(tokenizer) -> None:
    features = [
        {
            "input_ids": tokenizer(words, is_split_into_words=True)["input_ids"],
            "labels": align(tokenizer, words, labels, label_all_tokens=True),
        }
        for words, labels in ((WORDS, LABELS), (["Peter", "Blackburn"], [1, 2]))
    ]
    assert DataCollatorForTokenClassification(tokenizer)(features)["labels"].tolist() == [
        [-100, 3, 0, 7, 0, 0, 0, 7, 0, 0, 0, -100],
        [-100, 1, 2, -100, -100, -100, -100, -100, -100, -100, -100, -100],
    ]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4)), max_size=12), st.booleans())
def test_first_subword_has_the_words_label_and_others_continue_or_ignore_it(words, label_all_tokens: bool) -> None:
    labels = [label for label, _ in words]
    ids = [NO_WORD, *(word for word, (_, count) in enumerate(words) for _ in range(count)), NO_WORD]
    counts = np.array([1, *(count for _, count in words), 1])
    aligned = align_labels(np.array([IGNORED, *labels, IGNORED]), counts, INSIDE, label_all_tokens)
    firsts = [position for position, word in enumerate(ids) if word != NO_WORD and word != ids[position - 1]]
    assert [ids[position] for position in firsts] == [word for word, (_, count) in enumerate(words) if count]
    for position, (word, label) in enumerate(zip(ids, aligned.tolist(), strict=True)):
        if word == NO_WORD:
            assert label == IGNORED
        elif position in firsts:
            assert label == labels[word]
        else:
            assert label == (INSIDE[labels[word]] if label_all_tokens else IGNORED)
