"""Duplicates: equal sentences have equal hashes, others do not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.tokenization.duplicates import TrainingSentences, are_same, hash_sentences

SENTENCES = st.lists(st.lists(st.sampled_from(["a", "b", "ab", "é", "\u200b"]), max_size=4), max_size=20)


def hashes(sentences: list[list[str]]) -> np.ndarray:
    words = pa.array([word for sentence in sentences for word in sentence], pa.string()).dictionary_encode()
    return hash_sentences(words, np.cumsum([len(sentence) for sentence in sentences], dtype=np.int64))


@given(SENTENCES, SENTENCES)
def test_sentences_of_the_training_split_are_found(train: list[list[str]], test: list[list[str]]) -> None:
    training = TrainingSentences()
    for part in (train[::2], train[1::2]):
        training.add(hashes(part))
    assert training.find(hashes(test)).tolist() == [place for place, row in enumerate(test) if row in train]


@pytest.mark.parametrize(("second", "same"), [("b a a", True), ("a", True), ("a c", False), ("a b c", True)])
def test_splits_of_which_one_holds_the_other(second: str, same: bool) -> None:
    assert are_same(hashes([["a"], ["b"]]), hashes([[word] for word in second.split()])) == same
