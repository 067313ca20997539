"""Marks of capitals: where they stand, and that nothing else changes; stages/test_export.py reads them in JavaScript."""

import json
import shutil
import unicodedata
from pathlib import Path

import pytest
from helpers.tiny import word_piece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tagline.sources import capitals, encoders
from tagline.sources.capitals import CAPITAL, CAPITALS

INPUTS = ["input_ids", "token_type_ids", "attention_mask"]
SMALL = "\u00e6\u00df\u01c6\u03bf\u03b4\u03c5\u03c3\u03b5\u03c2"
SMALL += "\u043c\u043e\u0441\u043a\u0432\u0430\u0565\u0580\u0582\u0561\u0576"
PIECES = ["[unused3]", "[unused10]", "[unused2]", *SMALL, *(f"##{letter}" for letter in SMALL), "\u5317", "\u4eac"]
EXAMPLES = {
    "a A b. Of it": "a ^ a b . ^ of it",
    "USA U.S. DVDs iPhone McDonald's Mary-Jane O'Neill": "^^ usa ^ u . ^ s . ^^ dvds iphone ^ mcdonald ' s ^ mary - ^ jane ^ o ' ^ neill",
    "\u00c9cole E\u0301cole \u00c9COLE E\u0301COLE": "^ ecole ^ ecole ^^ ecole ^^ ecole",
    "\u0130zmir Stra\u00dfe \u1e9e \u01c5a \u01c4A": "^ izmir ^ stra\u00dfe ^ \u00df ^ \u01c6a ^^ \u01c6a",
    "\u039f\u03b4\u03c5\u03c3\u03c3\u03ad\u03c2 \u041c\u041e\u0421\u041a\u0412\u0410 \u0535\u0580\u0565\u0582\u0561\u0576": "^ \u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c2 ^^ \u043c\u043e\u0441\u043a\u0432\u0430 ^ \u0565\u0580\u0565\u0582\u0561\u0576",
    '("Hi" $US 5K B2B \u00b0C \u5317\u4eacABC': '( " ^ hi " $ ^^ us 5k ^ b2b [UNK] \u5317 \u4eac ^^ abc',
    f"{CAPITAL}a {CAPITALS} [CLS]A": "[UNK] a [UNK] [CLS] ^ a",
}


def save(folder: Path, tokenizer: PreTrainedTokenizerBase):
    encoders.save_tokenizer(tokenizer, folder)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return save(tmp_path_factory.mktemp("plain"), word_piece(PIECES, lowercase=True))


@pytest.fixture(scope="module")
def marked(plain, tmp_path_factory):
    folder = shutil.copytree(plain, tmp_path_factory.mktemp("marked"), dirs_exist_ok=True)
    said = "capitals are marked, since its tokenizer lower-cases"
    assert capitals.mark_saved(folder, INPUTS) == ({CAPITAL: 4, CAPITALS: 5}, said)
    return folder


def shown(tokenizer: Tokenizer, text: str):
    """Words of sub-words, with ^ and ^^ for the marks."""
    tokens = tokenizer.encode(text, add_special_tokens=False).tokens
    return " ".join(tokens).replace(" ##", "").replace(CAPITAL, "^").replace(CAPITALS, "^^")


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.items())
def test_capitals_of_text_get_marks(marked, text, expected):
    assert shown(Tokenizer.from_file(str(marked / "tokenizer.json")), text) == expected


ODD = "\u00c9\u00e9\u0130\u0131\u01c4\u01c5\u1e9e\ufb03\uff21\u1ea4\U00010400"
LETTERS = st.sampled_from([*"aAbBzZ", *SMALL, *SMALL.upper(), *ODD])
OTHERS = st.sampled_from([*" '.-$5\u2019\u00b0\u0301\u0307\u200b\u5317\uac00\n\t\ufffd", CAPITAL, CAPITALS])


@given(st.text(LETTERS | OTHERS | st.characters(max_codepoint=0x24F), max_size=12))
def test_subwords_beside_marks_keep_ids_offsets_and_words(plain, marked, text):
    before, after = (Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (plain, marked))
    signs = {after.token_to_id(CAPITAL), after.token_to_id(CAPITALS)}
    for given_text, pretokenized in ((text, False), (text.split(), True)):
        old, new = (tokenizer.encode(given_text, is_pretokenized=pretokenized) for tokenizer in (before, after))
        kept = [index for index, number in enumerate(new.ids) if number not in signs]
        assert [new.ids[index] for index in kept] == old.ids
        assert [new.offsets[index] for index in kept] == old.offsets
        if pretokenized:
            assert [new.word_ids[index] for index in kept] == old.word_ids
            for mark in set(range(len(new.ids))) - set(kept):  # of the word that it stands before, at its capital
                assert new.word_ids[mark] == new.word_ids[mark + 1]
                begin, end = new.offsets[mark]
                capital = text.split()[new.word_ids[mark]][begin:end]
                assert any(unicodedata.category(letter) in ("Lu", "Lt") for letter in capital)


def test_marks_take_unused_ids_and_decoding_removes_them(plain, marked):
    before, after = (AutoTokenizer.from_pretrained(folder) for folder in (plain, marked))
    assert len(before) == len(after)
    assert after.convert_tokens_to_ids([CAPITAL, CAPITALS]) == before.convert_tokens_to_ids(["[unused3]", "[unused10]"])
    ids = after("Ada of the UN")["input_ids"]
    assert ids == after.backend_tokenizer.encode("Ada of the UN").ids  # transformers made no normalizer of its own
    assert after.decode(ids, skip_special_tokens=True) == "ada of the un"
    assert after.convert_tokens_to_string([CAPITALS, "u", "##n"]) == "un"
    assert after.model_input_names == INPUTS


def lowercase_bpe():
    tokenizer = Tokenizer(models.BPE({letter: number for number, letter in enumerate("abehst ")}, []))
    tokenizer.normalizer = normalizers.Lowercase()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


CASED = word_piece(["[unused0]", "[unused1]"])


@pytest.mark.parametrize(("tokenizer", "said"), [(CASED, ""), (lowercase_bpe(), "its model is BPE, not WordPiece")])
def test_other_tokenizers_stay_as_they_are(tmp_path, tokenizer, said):
    folder = save(tmp_path, tokenizer)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    because = f"its tokenizer lower-cases, and capitals cannot be marked: {said}" if said else ""
    assert capitals.mark_saved(folder, INPUTS) == ({}, because)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_ids_and_signs_in_use_are_not_taken(plain):
    def reason(*tokens: dict[str, object]):
        content = json.loads((plain / "tokenizer.json").read_text(encoding="utf-8"))
        content["added_tokens"] += [{"normalized": False} | token for token in tokens]
        return capitals.unsuitable(content)

    assert "has one of ⸏" in reason({"content": CAPITAL})
    assert "added tokens with capitals" in reason({"content": "NewTok", "normalized": True})
