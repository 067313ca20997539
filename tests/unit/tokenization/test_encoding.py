"""Encoding: sentences apart into windows and together again, for any words, labels, lengths and tokenizers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from helpers.tiny import ODD_WORDS, byte_level_bpe, unigram, word_piece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tagline.labels.alignment import IGNORED, NO_WORD
from tagline.model.stitching import UNSEEN, choose_windows
from tagline.tokenization.encoding import Encoded, WindowMaker
from tagline.tokenization.subwords import unknown_id

LABELS = 5
# O, B-X, I-X, B-Y, I-Y
INSIDE = [0, 2, 2, 4, 4]
WORDS = st.one_of(st.sampled_from(ODD_WORDS), st.text(max_size=6), st.text("ab1.", min_size=1, max_size=12))
SENTENCES = st.lists(st.lists(st.tuples(WORDS, st.integers(0, LABELS - 1)), max_size=25), min_size=1, max_size=5)


@pytest.fixture(scope="module", params=["cased", "uncased", "byte-level BPE", "Unigram"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    if request.param in ("cased", "uncased"):
        return word_piece(["ab", "##ab"], lowercase=request.param == "uncased").backend_tokenizer
    return byte_level_bpe() if request.param == "byte-level BPE" else unigram()


def encode(maker: WindowMaker, sentences: list[list[tuple[str, int]]]) -> Encoded:
    words = pa.array([word for sentence in sentences for word, _ in sentence], pa.string()).dictionary_encode()
    labels = np.array([label for sentence in sentences for _, label in sentence], dtype=np.int64)
    return maker.make(words, np.cumsum([len(sentence) for sentence in sentences], dtype=np.int64), labels)


@given(SENTENCES, st.integers(3, 40), st.booleans(), st.booleans(), st.data())
def test_apart_and_together(
    tokenizer: Tokenizer,
    sentences: list[list[tuple[str, int]]],
    max_length: int,
    label_all_tokens: bool,
    one_by_one: bool,
    data: st.DataObject,
) -> None:
    stride = data.draw(st.integers(0, (max_length - 2) // 2))
    encoded = encode(WindowMaker(tokenizer, one_by_one, max_length, stride, INSIDE, label_all_tokens), sentences)
    input_ids, word_ids, labels = (
        column.to_pylist() for column in (encoded.input_ids, encoded.word_ids, encoded.labels)
    )
    assert max(map(len, input_ids)) <= max_length
    assert sorted(set(encoded.sentence.tolist())) == list(range(len(sentences)))
    chosen = choose_windows([len(sentence) for sentence in sentences], encoded.sentence.tolist(), word_ids)
    together = [
        [UNSEEN if window == UNSEEN else labels[window][place] for window, place in zip(*words, strict=True)]
        for words in zip(*chosen, strict=True)
    ]
    whole = [tokenizer.encode([word for word, _ in sentence], is_pretokenized=True) for sentence in sentences]
    counts = [
        [made.word_ids.count(word) for word in range(len(row))] for made, row in zip(whole, sentences, strict=True)
    ]
    assert encoded.counts.tolist() == [count for row in counts for count in row]
    for number, sentence in enumerate(sentences):
        # Every word exactly once, in order, with its label; only a word that tokenises to nothing is in no window.
        expected = [label if count else UNSEEN for (_, label), count in zip(sentence, counts[number], strict=True)]
        assert together[number] == expected
    for owner, ids, words, row in zip(encoded.sentence, input_ids, word_ids, labels, strict=True):
        pieces = whole[owner].ids
        assert (ids[0], ids[-1], words[0], words[-1]) == (pieces[0], pieces[-1], NO_WORD, NO_WORD)
        assert words[1:-1] == sorted(words[1:-1])
        for word in set(words[1:-1]):
            places = [place for place, owner_word in enumerate(words) if owner_word == word]
            of_word = [piece for piece, other in zip(pieces, whole[owner].word_ids, strict=True) if other == word]
            assert [ids[place] for place in places] == of_word[: max_length - 2]
            label = sentences[owner][word][1]
            further = INSIDE[label] if label_all_tokens else IGNORED
            assert [row[place] for place in places] == [label] + [further] * (len(places) - 1)


def test_a_sentence_that_fits_is_what_transformers_makes_of_it() -> None:
    tokenizer = word_piece(["Ada", "Oslo", "##ito"])
    words = ["Ada", "don't", "\u200b", "Osloito", "."]
    encoded = encode(
        WindowMaker(tokenizer.backend_tokenizer, True, 64, 8, INSIDE, True), [[(word, 0) for word in words]]
    )
    expected = tokenizer(words, is_split_into_words=True)
    assert encoded.input_ids.to_pylist() == [expected["input_ids"]]
    assert encoded.word_ids.to_pylist() == [[NO_WORD if word is None else word for word in expected.word_ids()]]


def test_the_plain_way_and_the_fast_way_agree(tokenizer: Tokenizer) -> None:
    sentences = [[(word, n % LABELS) for n, word in enumerate(ODD_WORDS)], [], [(ODD_WORDS[0], 1)]]
    fast, plain = (encode(WindowMaker(tokenizer, way, 16, 4, INSIDE, True), sentences) for way in (True, False))
    assert fast.columns(7) == plain.columns(7)
    assert fast.columns(7)["sentence"][0].as_py() == 7


def test_words_with_an_unknown_subword() -> None:
    tokenizer = word_piece(["ab"]).backend_tokenizer
    sentences = [[(word, 0) for word in words.split()] for words in ("ab \u4e00 ab", "\u4e00", "ab " * 9 + "\u4e01 ab")]
    for maker in (WindowMaker(tokenizer, True, 64, 8, INSIDE, True), WindowMaker(tokenizer, False, 6, 2, INSIDE, True)):
        starts = np.array([0, 3, 4])
        assert encode(maker, sentences).words_with(maker.unknown, starts).tolist() == [1, 3, 13]
        assert encode(maker, sentences).words_with(None, starts).tolist() == []
    assert [unknown_id(each) for each in (tokenizer, byte_level_bpe(), unigram())] == [1, None, 3]
