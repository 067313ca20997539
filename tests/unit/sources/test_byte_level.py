"""Byte-level BPE: words one by one are encoded as they are in running text, and stay so in what is saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.tiny import word_piece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaTokenizer,
)

from tagline.sources import byte_level, encoders

MERGES = [("Ġ", "a"), ("Ġ", "b"), ("a", "b"), ("Ġ", "ab"), ("Ġa", "b")]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
VOCABULARY = {piece: number for number, piece in enumerate([*PIECES, *dict.fromkeys(map("".join, MERGES))])}
LLAMA = Regex(r"'s|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+")


def save_roberta(folder: Path) -> None:
    """As roberta-base is saved: a class of its own, which makes the steps anew from its options."""
    RobertaTokenizer(vocab=VOCABULARY, merges=MERGES).save_pretrained(folder)
    RobertaConfig(vocab_size=len(VOCABULARY)).save_pretrained(folder)


def bare(*steps: pre_tokenizers.PreTokenizer) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(vocab=VOCABULARY, merges=MERGES))
    tokenizer.pre_tokenizer = steps[0] if len(steps) == 1 else pre_tokenizers.Sequence(list(steps))
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def save_generic(folder: Path, tokenizer: Tokenizer) -> None:
    """As ModernBERT and others are saved: no class of their own, all steps in tokenizer.json."""
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "<s>", "sep_token": "</s>"}
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in special.values()])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)


def save_plain(folder: Path) -> None:
    tokenizer = bare(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    save_generic(folder, tokenizer)


def save_split_first(folder: Path) -> None:
    """As Llama 3's and EuroBERT's: a regular expression cuts before the bytes are looked at."""
    split = pre_tokenizers.Split(LLAMA, "isolated")
    tokenizer = bare(split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(add_prefix_space=False, trim_offsets=True),
            processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]),
        ]
    )
    save_generic(folder, tokenizer)


SAVERS = [save_roberta, save_plain, save_split_first]


def through_the_pipeline(folder: Path, save) -> PreTrainedTokenizerBase:
    """Load what somebody saved and save it as download does; transformers alone then loads the result."""
    save(folder / "source")
    encoders.save_tokenizer(encoders.load_tokenizer(folder / "source"), folder / "tokenizer")
    return AutoTokenizer.from_pretrained(folder / "tokenizer")


@pytest.mark.parametrize("save", SAVERS)
def test_words_have_the_sub_words_of_running_text(tmp_path: Path, save) -> None:
    save(tmp_path / "plain")
    plain = AutoTokenizer.from_pretrained(tmp_path / "plain")
    tokenizer = through_the_pipeline(tmp_path, save)
    words = ["ab", "a", "c's", "ab,b", "é"]
    encoded = tokenizer(words, is_split_into_words=True)
    assert plain(words, is_split_into_words=True)["input_ids"] != encoded["input_ids"], "nothing had to be done"
    assert encoded["input_ids"] == plain(" " + " ".join(words))["input_ids"]
    assert tokenizer.convert_ids_to_tokens(encoded["input_ids"])[1:3] == ["Ġab", "Ġa"]
    assert set(encoded.word_ids()) == {None, *range(len(words))}


@pytest.mark.parametrize("save", SAVERS)
def test_offsets_of_text_do_not_count_the_added_space(tmp_path: Path, save) -> None:
    tokenizer = through_the_pipeline(tmp_path, save)
    offsets = tokenizer("ab a", return_offsets_mapping=True)["offset_mapping"]
    assert offsets == [(0, 0), (0, 2), (3, 4), (0, 0)]


def test_the_saved_files_have_it_switched_on(tmp_path: Path) -> None:
    through_the_pipeline(tmp_path / "class", save_roberta)
    through_the_pipeline(tmp_path / "generic", save_plain)
    for kind in ("class", "generic"):
        steps = json.loads((tmp_path / kind / "tokenizer/tokenizer.json").read_text())
        assert steps["pre_tokenizer"]["add_prefix_space"] is True
        assert steps["post_processor"]["add_prefix_space"] is True
        assert json.loads((tmp_path / kind / "tokenizer/tokenizer_config.json").read_text())["add_prefix_space"] is True


@pytest.mark.parametrize("save", SAVERS)
def test_a_second_passage_changes_no_byte(tmp_path: Path, save) -> None:
    through_the_pipeline(tmp_path, save)
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "tokenizer"), tmp_path / "again")
    for file in (tmp_path / "tokenizer").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


@given(st.lists(st.text("ab c'é1,.", min_size=1, max_size=6).map(str.strip).filter(bool), min_size=1, max_size=5))
def test_any_words_have_the_sub_words_of_running_text(words: list[str]) -> None:
    words = [word.replace(" ", "") for word in words]
    for step in ([], [pre_tokenizers.Split(LLAMA, "isolated")]):
        tokenizer = bare(*step, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not step))
        expected = tokenizer.encode(" " + " ".join(words)).tokens
        byte_level.add_space(tokenizer)
        assert tokenizer.encode(words, is_pretokenized=True).tokens == expected


def test_other_tokenizers_are_left_alone(tmp_path: Path) -> None:
    word_piece(["ab"]).save_pretrained(tmp_path / "source")
    tokenizer = encoders.load_tokenizer(tmp_path / "source")
    assert not byte_level.lacks_space(tokenizer.backend_tokenizer)
    assert "add_prefix_space" not in tokenizer.init_kwargs
    assert not byte_level.lacks_space(Tokenizer(models.BPE()))
