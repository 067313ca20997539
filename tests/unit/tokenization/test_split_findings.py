"""Findings in splits: no entities, and sentences that are in another split."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagline.artifacts.raw_data import RawData
from tagline.tokenization.split_findings import are_among, are_same, find_in_tags, hash_sentences
from tagline.tokenization.tags import TagColumn, Tags


@pytest.mark.parametrize("scheme, entities, found", [("IOB2", 0, True), ("IOB2", 1, False), ("tags", 0, False)])
def test_split_without_entities_is_a_finding(scheme, entities, found):
    column = TagColumn(RawData(Path(), ("ner",), {}), "ner", (), (), {})
    tags = {split: Tags(column, split, scheme, {"O": 1200, "B-X": entities}) for split in ("train", "test")}
    line = "splits without an entity, whose F1 is always 0: 1 (all 1,200 words are O)"
    assert find_in_tags("test", tags).lines() == [line] * found


SENTENCES = st.lists(st.lists(st.sampled_from(["a", "b", "ab", "é", "\u200b"]), max_size=4), min_size=1, max_size=20)


def hashes(sentences):
    words = pa.array([word for sentence in sentences for word in sentence], pa.string()).dictionary_encode()
    return hash_sentences(words, np.cumsum([len(sentence) for sentence in sentences], dtype=np.int64))


@given(SENTENCES, SENTENCES)
def test_sentences_of_the_training_split_are_found(train, test):
    assert are_among(hashes(test), hashes(train)).tolist() == [sentence in train for sentence in test]


@pytest.mark.parametrize("second, same", [("b a a", True), ("a", True), ("a c", False), ("a b c", True)])
def test_splits_of_which_one_holds_the_other(second, same):
    assert are_same(hashes([["a"], ["b"]]), hashes([[word] for word in second.split()])) == same
