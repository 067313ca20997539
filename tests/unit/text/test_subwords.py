"""Sub-words: each distinct word once gives what transformers makes of whole sentences, or is found not to."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.messages import message_of
from helpers.tiny import ODD_WORDS, PEOPLE, byte_level_bpe, unigram, word_piece
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoTokenizer, BertTokenizer, ByT5Tokenizer, PreTrainedTokenizerFast

from tagline.sources import encoders
from tagline.text import subwords
from tagline.text.subword_windows import WindowCutter
from tagline.text.subwords import Vocabulary, of_sentences, one_by_one, special_tokens

MADE = {
    "WordPiece, cased": lambda: word_piece([*PEOPLE, "lives", "東"]),
    "byte-level BPE": lambda: PreTrainedTokenizerFast(tokenizer_object=byte_level_bpe(), pad_token="<pad>"),
    "Unigram": lambda: PreTrainedTokenizerFast(tokenizer_object=unigram(), pad_token="<pad>", unk_token="<unk>"),
    "BertTokenizer": lambda: BertTokenizer(vocab=word_piece([*PEOPLE, "##ives", "東"], lowercase=True).get_vocab()),
}
WORDS = st.one_of(st.sampled_from([*ODD_WORDS, *PEOPLE]), st.text(max_size=8))
SENTENCES = st.lists(st.lists(WORDS, max_size=12), min_size=1, max_size=6)


@pytest.fixture(scope="module", params=MADE)
def pair(request, tmp_path_factory):
    """A tokenizer as transformers loads it from the folder that download writes, and as this module does."""
    folder = tmp_path_factory.mktemp("tokenizer")
    encoders.save_tokenizer(MADE[request.param](), folder)
    return AutoTokenizer.from_pretrained(folder), subwords.load(folder)[0]


def expected(tokenizer, sentence):
    encoded = tokenizer(sentence, is_split_into_words=True, add_special_tokens=False)
    return encoded["input_ids"], [encoded.word_ids().count(word) for word in range(len(sentence))]


@settings(max_examples=40)
@given(SENTENCES)
def test_gathered_words_are_what_transformers_makes_of_sentences(pair, sentences):
    transformers, tokenizer = pair
    assert one_by_one(tokenizer, sentences)
    vocabulary, counts = Vocabulary(tokenizer), []
    for sentence in sentences:
        gathered = vocabulary.subwords(sentence)
        assert (gathered.ids.tolist(), gathered.counts.tolist()) == expected(transformers, sentence)
        counts += gathered.counts.tolist()
    assert of_sentences(tokenizer, sentences).counts.tolist() == counts


class SplitsRepetitions:
    """A tokenizer that divides a word which follows itself: no real one does, but one written in Python can."""

    def encode_batch(self, sentences, **_):
        made = []
        for row in sentences:
            counts = [1 + (word == left) for left, word in zip([None, *row], row, strict=False)]
            owners = np.repeat(np.arange(len(row)), counts).tolist()
            made.append(SimpleNamespace(ids=[0] * len(owners), word_ids=owners))
        return made


def test_tokenizer_that_sees_neighbours_is_detected():
    assert one_by_one(SplitsRepetitions(), [["very", "big"]])
    assert not one_by_one(SplitsRepetitions(), [["very", "big"], ["very", "very", "big"]])


def test_tokenizers_without_fixed_word_ids_are_refused(tmp_path):
    tokenizer = byte_level_bpe()
    tokenizer.model.dropout = 0.1
    encoders.save_tokenizer(PreTrainedTokenizerFast(tokenizer_object=tokenizer), tmp_path)
    assert "json: its model's dropout is 0.1, so that it splits words at random" in message_of(subwords.load, tmp_path)
    ByT5Tokenizer().save_pretrained(tmp_path / "slow")
    message = "slow: ByT5Tokenizer is not a fast tokenizer, so it has no word ids; choose"
    assert message in message_of(subwords.load, tmp_path / "slow")


def test_hostile_normalizers_patterns_and_templates_are_refused(tmp_path, capfd, monkeypatch):
    made = word_piece(["a"])
    tokenizer = made.backend_tokenizer
    twice = normalizers.Replace("a", "a" * 100)
    growing = ([normalizers.NFC(), normalizers.Sequence([twice, twice])], [normalizers.Prepend("a" * 50)] * 200)
    for steps in growing:
        tokenizer.normalizer = normalizers.Sequence(steps)
        made.save_pretrained(tmp_path)
        for load in (subwords.load, encoders.load_tokenizer):
            assert "json: damaged (its normalizer may make 1" in message_of(load, tmp_path)
    tokenizer.normalizer = None
    message = "json: 2 special tokens around each window; expected fewer than max_length, wh"
    assert message in message_of(WindowCutter, tokenizer, True, 2, 1)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(x+x+)+y"), "isolated")
    monkeypatch.setattr("threading.active_count", lambda: 1)  # those of earlier tests
    message = message_of(of_sentences, tokenizer, [["a"], ["x" * 40]])
    assert "json: it fails on a word (" in message and "retry-limit" in message
    assert capfd.readouterr().err == ""


def test_longest_input_of_the_encoder_is_read(tmp_path):
    word_piece(["a"]).save_pretrained(tmp_path)
    assert subwords.load(tmp_path)[1] == 64
    path = tmp_path / "tokenizer_config.json"
    text = path.read_text()
    for longest in ("1e999", "NaN", "0", "true", '"64"'):
        path.write_text(text.replace('"model_max_length": 64', f'"model_max_length": {longest}'))
        assert "tokenizer_config.json: " in message_of(subwords.load, tmp_path)


def test_tokenizer_without_vocabulary_is_refused():
    assert "has sub-words for neither letters nor digits" in message_of(special_tokens, Tokenizer(models.BPE()))
