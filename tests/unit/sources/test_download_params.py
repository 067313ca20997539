"""The section ``download`` with a data set and an encoder on the Hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.tiny import preset

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
def test_errors(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read(tmp_path, old, new)
    assert message in str(raised.value)
