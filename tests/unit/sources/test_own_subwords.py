"""The sub-words of an encoder are those of its own tokenizer.json, whatever class transformers picks for it."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.encoder_forms import (
    BERT,
    READ_ALIKE,
    READ_AS_IT_IS,
    TEXT,
    WORDS,
    byte_level,
    changed,
    unigram,
    word_piece,
    write_form,
)
from helpers.messages import message_of
from tokenizers import Tokenizer
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    Qwen2Config,
    Qwen2Tokenizer,
    TokenizersBackend,
)
from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES as ARCHITECTURES
from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES, tokenizer_class_from_name

from tagline.artifacts.subword_reading import SubwordDifference, check_reading, first_difference, read_file
from tagline.core.outputs import read_json
from tagline.sources import encoders, own_subwords
from tagline.sources.download_params import LocalEncoder
from tagline.sources.stage import write_encoder


def own_ids(folder: Path):
    own = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if encoders.lacks_space(own):
        encoders.add_space(own)
    return [own.encode([word], is_pretokenized=True).ids for word in WORDS]


def ids_as_exported(reading: own_subwords.TokenizerReading, source: Path, target: Path):
    """The ids by transformers of a saved tokenizer beside the encoder's config.json, as models/export has them."""
    (target / "encoder").mkdir(parents=True)
    (target / "encoder/config.json").write_bytes((source / "config.json").read_bytes())
    own_subwords.save(reading, "a/b", target)
    export = shutil.copytree(target / "tokenizer", target / "export")
    shutil.copy(target / "encoder/config.json", export)
    check_reading("a/b", export, "")
    loaded = AutoTokenizer.from_pretrained(export)
    return [loaded([word], is_split_into_words=True)["input_ids"] for word in WORDS]


@pytest.mark.parametrize("form", READ_AS_IT_IS.values(), ids=[*READ_AS_IT_IS])
def test_tokenizer_json_wins_over_the_class_of_transformers(tmp_path, form):
    folder = write_form(tmp_path / "encoder", form)
    reading = own_subwords.load(folder)
    assert ids_as_exported(reading, folder, tmp_path / "saved") == own_ids(folder)
    [line] = reading.lines
    name = reading.record["instead_of"]
    assert line.startswith(f"tokenizer.json is read as it is, since {name} of transformers gives other sub-words: ")
    assert reading.record["own"] != reading.record["other"]


@pytest.mark.parametrize("form", READ_ALIKE.values(), ids=[*READ_ALIKE])
def test_tokenizer_that_its_class_reads_alike_is_not_reported(tmp_path, form):
    folder = write_form(tmp_path / "encoder", form)
    reading = own_subwords.load(folder)
    assert (reading.lines, reading.record) == ([], {})
    assert ids_as_exported(reading, folder, tmp_path / "saved") == own_ids(folder)


# Classes that build a tokenizer from a vocabulary, of the architectures that have a token classifier.
CLASSES = {
    name: tokenizer_class_from_name(name)
    for name in sorted({TOKENIZER_MAPPING_NAMES.get(architecture) or "" for architecture in ARCHITECTURES})
    if name
}
# RoFormer's needs a package for Chinese; ESM C's writes its merges into tokenizer_config.json, which is refused.
LEFT_OUT = {"RoFormerTokenizer", "EsmcTokenizer"}
FAST = [
    name
    for name, each in CLASSES.items()
    if each is not None and issubclass(each, TokenizersBackend) and each.model and name not in LEFT_OUT
]
OPTIONS = {
    "BigBirdTokenizer": {"unk_token": "[UNK]"},
    "FunnelTokenizer": {"unk_token": "[UNK]"},
    "MarkupLMTokenizer": {"tags_dict": {"html": 0}},
}


@pytest.mark.parametrize("name", FAST)
def test_no_class_of_transformers_is_reported_for_its_own_tokenizer(tmp_path, name):
    makers = {
        "WordPiece": lambda: word_piece(lowercase=True),
        "BPE": byte_level,
        "Unigram": lambda: unigram(BERT, TEXT.lower()),
    }
    content = json.loads(makers[CLASSES[name].model.__name__]().to_str())["model"]
    vocabulary = content["vocab"]
    options = dict(OPTIONS.get(name, {}))
    if isinstance(vocabulary, list):
        vocabulary = [tuple(piece) for piece in vocabulary]
    if "merges" in content:
        options["merges"] = [tuple(pair) for pair in content["merges"]]
    CLASSES[name](vocab=vocabulary, **options).save_pretrained(tmp_path)
    architecture = next(each for each in ARCHITECTURES if TOKENIZER_MAPPING_NAMES.get(each) == name)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": architecture}))
    reading = own_subwords.load(tmp_path)
    assert (reading.lines, reading.record) == ([], {})


def test_special_tokens_are_put_at_the_ends_that_a_generic_class_leaves_bare(tmp_path):
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", **BERT}
    bare = write_form(tmp_path, (lambda: changed(word_piece(), "post_processor"), {"model_type": "bert"}, settings))
    assert AutoTokenizer.from_pretrained(bare)("the").tokens() == ["the"]
    reading = own_subwords.load(bare)
    assert reading.tokenizer("the").tokens() == ["[CLS]", "the", "[SEP]"]
    assert reading.lines == [
        "[CLS] and [SEP] are put around each sentence, since its configuration names them and no step adds them"
    ]
    assert reading.record == {"ends": ["[CLS]", "[SEP]"]}


def test_words_of_the_data_are_compared():
    own = changed(word_piece(), "model", max_input_chars_per_word=99)
    other = changed(own, "model", max_input_chars_per_word=98)
    assert first_difference(own, other) is None
    found = first_difference(own, other, ["the", word := "the" * 33])
    assert found is not None and (found.word, found.other) == (word, ("[CLS]", "[UNK]", "[SEP]"))
    assert str(SubwordDifference("the", ("th", "##e"), ("t",))) == "the is th ##e, not t"


def test_tokenizer_json_is_read_where_the_class_is_not_a_fast_one(tmp_path):
    settings = {"tokenizer_class": "EsmTokenizer", **BERT}
    folder = write_form(tmp_path / "encoder", (word_piece, {"model_type": "esm"}, settings))
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
    reading = own_subwords.load(folder)
    assert reading.lines == [
        "tokenizer.json is read as it is, since EsmTokenizer of transformers is not a fast tokenizer"
    ]
    assert ids_as_exported(reading, folder, tmp_path / "saved") == own_ids(folder)


def test_difference_is_recorded(tmp_path, capsys):
    settings = {"tokenizer_class": "RobertaTokenizer", **BERT}
    form = (lambda: word_piece(lowercase=True), {"model_type": "bert"}, settings)
    folder = write_form(tmp_path / "bert", form)
    config = BertConfig.from_pretrained(folder)
    BertModel(config).save_pretrained(folder)
    encoder = LocalEncoder(source="path", path="bert")
    write_encoder(tmp_path, encoder, copy := tmp_path / "copy")
    said = capsys.readouterr().out
    assert "RobertaTokenizer of transformers gives other sub-words: the is [CLS] the [SEP], not " in said
    origin = read_json(copy / "provenance.json", "download")
    assert origin["tokenizer"]["instead_of"] == "RobertaTokenizer"
    words = ["The", "THE", "the"]
    own = read_file(folder / "tokenizer.json")
    loaded = AutoTokenizer.from_pretrained(copy / "tokenizer")
    tokens = loaded(words, is_split_into_words=True).tokens()
    assert tokens == own.encode(words, is_pretokenized=True).tokens


def test_architecture_whose_class_ignores_the_file_is_refused(tmp_path):
    own = write_form(tmp_path / "own", READ_ALIKE["RoBERTa"])
    content = read_json(own / "tokenizer.json", "a test")["model"]
    merges = [tuple(pair) for pair in content["merges"]]
    Qwen2Tokenizer(vocab=content["vocab"], merges=merges).save_pretrained(tmp_path / "qwen2")
    Qwen2Config().save_pretrained(tmp_path / "qwen2")
    reading = own_subwords.load(tmp_path / "qwen2")
    message = message_of(ids_as_exported, reading, tmp_path / "qwen2", tmp_path / "saved")
    assert message.startswith("a/b: transformers reads the saved tokenizer by Qwen2Tokenizer, which gives other ")
