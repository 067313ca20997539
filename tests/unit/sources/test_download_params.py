"""The section ``download``: a data set and an encoder on the Hub, and the keys of formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.formats import KEYS
from helpers.tiny import preset
from ruamel.yaml import YAML

from tagline.core.errors import UserError
from tagline.core.params import read_section
from tagline.sources.download_params import Download

PRESET = preset("conll2003")


def read(tmp_path: Path, old: str = "", new: str = "") -> Download:
    assert old in PRESET
    path = tmp_path / "params.yaml"
    path.write_text(PRESET.replace(old, new, 1), encoding="utf-8")
    return read_section("download", Download, path)


def test_the_preset_reads_whole(tmp_path: Path) -> None:
    section = read(tmp_path)
    assert list(section.dataset.tag_columns) == ["pos", "chunk", "ner"]
    assert section.dataset.splits.validation == "validation"
    assert section.encoder.name == "google-bert/bert-base-cased"
    named = read(tmp_path, "names: {}", "names: {ner: [O, B-PER, I-PER]}")
    assert named.dataset.names == {"ner": ["O", "B-PER", "I-PER"]}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: lhoestq/conll2003", "name: data/sets/conll", "download.dataset.name: String should match pattern"),
        ("    config:\n", "", "download.dataset.config: the key is missing"),
        ("revision: main", "revision: 7", "download.dataset.revision: should be a valid string, got 7"),
        ("      test: test\n", "", "download.dataset.splits.test: the key is missing"),
        ("      test: test\n", "      dev: test\n", "download.dataset.splits.dev: unknown key"),
        (
            "pos: pos_tags",
            "id: pos_tags",
            "download.dataset: tag_columns.id: data/raw has another column of that name; rename it",
        ),
        (
            "names: {}",
            "names: {per: [O]}",
            "download.dataset: names.per: not one of tag_columns (pos, chunk, ner)",
        ),
        ("names: {}", "names: {ner: [O, O]}", "download.dataset: names.ner contains a name twice"),
        ("    name: google", "    nmae: google", "unknown key; did you mean name?"),
    ],
)
def test_wrong_key_of_the_hub_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, old, new)
    assert message in str(raised.value)


DRAWN = {"seed": 1, "validation": 0.5, "test": 0.5}


@pytest.mark.parametrize(
    ("name", "keys", "message"),
    [
        ("conll", {"comments": "yes"}, ".comments: should be a valid boolean, got 'yes'"),
        ("conll", {"train": None}, ".train: should be a valid string, got None"),
        (
            "conll",
            {"test": None},
            ": test has neither a file nor a share of train; name a file, or add a share such as",
        ),
        ("conll", {"split": {"seed": 1}}, ": split has no effect when validation and test have files; remove it"),
        ("conll", {"split": {"seed": 1, "test": 0.1}}, ": test has both a file and a share under split; remove one"),
        (
            "conll",
            {"validation": None, "test": None, "split": DRAWN},
            ": the shares under split leave nothing for train",
        ),
        ("conll", {"test": None, "split": {"seed": 1, "test": 1.5}}, ".split.test: should be less than 1"),
        ("conll", {"test": None, "split": {"test": 0.1}}, ".split.seed: the key is missing"),
        ("conllu", {"tag_columns": {"pos": "tag"}}, ": tag_columns.pos: CoNLL-U has no column 'tag' (allowed: lemma, "),
        ("conllu", {"tag_columns": {"pos": "upos:x"}}, ": tag_columns.pos: CoNLL-U has no column 'upos:x'"),
        ("conllu", {"tag_columns": {}}, ".tag_columns: must name at least one tag column"),
        (
            "json",
            {"tag_columns": {"id": "t"}},
            ".tag_columns: a tag column cannot be named 'id'; id, document, words are",
        ),
        ("json", {"names": {"pos": ["N"]}}, ": names.pos: not one of tag_columns (ner)"),
        (
            "json",
            {"names": {"ner": ["O", "O"]}},
            ".names.ner: must be the label names, each once, in the order of their",
        ),
        ("csv", {"delimiter": ""}, ".delimiter: String should have at least 1 character, got ''"),
        ("csv", {"delimiter": '"'}, ": delimiter and quote must be two different characters and not line ends"),
        ("spans", {"overlaps": "last"}, ".overlaps: should be 'error', 'longest' or 'first', got 'last'"),
        ("spans", {"offsets": "words"}, ".offsets: should be 'auto', 'code_points', 'utf16', 'graphemes'"),
        ("spans", {"misaligned_spans": "keep"}, ".misaligned_spans: should be 'expand', 'drop' or 'error', got 'keep'"),
        ("prodigy", {"answers": []}, ".answers: List should have at least 1 item after validation"),
        ("prodigy", {"answers": ["yes"]}, ".answers.0: should be 'accept', 'reject' or 'ignore', got 'yes'"),
        ("doccano", {"annotators": ""}, ".annotators: String should have at least 1 character, got ''"),
    ],
)
def test_wrong_key_of_a_format_is_named(tmp_path: Path, name: str, keys: dict[str, Any], message: str) -> None:
    files = dict.fromkeys(("train", "validation", "test"), "f")
    dataset = {"source": "files", "format": name, **KEYS[name], **files, **keys}
    section = {"folder": "data", "dataset": dataset, "encoder": {"source": "path", "path": "encoder"}}
    YAML().dump({"download": section}, path := tmp_path / "params.yaml")
    with pytest.raises(UserError) as raised:
        read_section("download", Download, path)
    assert f"download.dataset{message}" in str(raised.value)
