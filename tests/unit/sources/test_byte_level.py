"""Byte-level BPE: words one by one are encoded as they are in running text, and stay so in what is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.tiny import word_piece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast, RobertaConfig, RobertaTokenizer

from tagline.sources import encoders

MERGES = [("Ġ", "a"), ("Ġ", "b"), ("a", "b"), ("Ġ", "ab"), ("Ġa", "b")]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
VOCABULARY = {piece: number for number, piece in enumerate([*PIECES, *dict.fromkeys(map("".join, MERGES))])}
LLAMA = Regex(r"'s|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+")
SPLIT = pre_tokenizers.Split(LLAMA, "isolated")


def bare(*before: pre_tokenizers.PreTokenizer) -> Tokenizer:
    """A tokenizer that looks at bytes, after a step that splits or by itself."""
    tokenizer = Tokenizer(models.BPE(vocab=VOCABULARY, merges=MERGES))
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not before)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*before, last]) if before else last
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def save_roberta(folder: Path) -> None:
    """As roberta-base is saved: a class of its own, which makes the steps anew from its options."""
    RobertaTokenizer(vocab=VOCABULARY, merges=MERGES).save_pretrained(folder)
    RobertaConfig(vocab_size=len(VOCABULARY)).save_pretrained(folder)


def save_split_first(folder: Path) -> None:
    """As Llama 3's and EuroBERT's: a regular expression cuts first; no class of its own, all steps in its file."""
    tokenizer = bare(SPLIT)
    tokenizer.normalizer = normalizers.NFC()
    template = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    trimming = processors.ByteLevel(add_prefix_space=False, trim_offsets=True)
    tokenizer.post_processor = processors.Sequence([trimming, template])
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special.values()])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)


@pytest.mark.parametrize("save", [save_roberta, save_split_first])
def test_saved_tokenizer_encodes_words_as_running_text(tmp_path: Path, save: Callable[[Path], None]) -> None:
    save(tmp_path / "source")
    plain = AutoTokenizer.from_pretrained(tmp_path / "source")
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "source"), tmp_path / "saved")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "saved")
    words = ["ab", "a", "c's", "ab,b", "é"]
    encoded = tokenizer(words, is_split_into_words=True)
    assert plain(words, is_split_into_words=True)["input_ids"] != encoded["input_ids"], "nothing had to be done"
    assert encoded["input_ids"] == plain(" " + " ".join(words))["input_ids"]
    assert set(encoded.word_ids()) == {None, *range(len(words))}
    # The added space is not counted.
    offsets = tokenizer("ab a", return_offsets_mapping=True)["offset_mapping"]
    assert offsets == [(0, 0), (0, 2), (3, 4), (0, 0)]
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "saved"), tmp_path / "again")
    for file in (tmp_path / "saved").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


@given(st.lists(st.text("abc'é1,.", min_size=1, max_size=6), min_size=1, max_size=5))
def test_any_words_have_the_sub_words_of_running_text(words: list[str]) -> None:
    for tokenizer in (bare(), bare(SPLIT)):
        expected = tokenizer.encode(" " + " ".join(words)).tokens
        encoders.add_space(tokenizer)
        assert tokenizer.encode(words, is_pretokenized=True).tokens == expected


def test_other_tokenizers_are_left_alone(tmp_path: Path) -> None:
    word_piece(["ab"]).save_pretrained(tmp_path)
    assert "add_prefix_space" not in encoders.load_tokenizer(tmp_path).init_kwargs
    assert not encoders.lacks_space(Tokenizer(models.BPE()))
