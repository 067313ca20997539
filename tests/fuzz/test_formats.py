"""Damaged data sets, inputs of `tagline predict` and params: each is read, or gives one `UserError`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.formats import CORPUS, IN_JSON, section, write_corpus
from helpers.fuzzing import fuzz, of_file
from helpers.tiny import write_params

from tagline.artifacts import raw_data
from tagline.core.params import read_section
from tagline.sources import files
from tagline.sources.download_params import Download
from tagline.sources.files import FileSource
from tagline.sources.formats.lines import read_lines
from tagline.sources.formats.registry import FORMATS
from tagline.sources.stage import to_row
from tagline.tools.texts import readers
from tagline.training.train_params import Train

pytestmark = pytest.mark.rare

# The keys with which formats read more.
POLICIES = {"misaligned_spans": "expand", "overlaps": "longest", "annotators": "agreed"}


@pytest.mark.parametrize("name", [name for name, schema in FORMATS.items() if not schema.marker])
def test_damaged_data_set_is_read_or_refused(name: str, tmp_path: Path, pytestconfig, monkeypatch) -> None:
    monkeypatch.setattr(files, "check_different", lambda *_: None)  # every split reads the damaged file
    named = write_corpus(name, tmp_path / ("data.json" if name in IN_JSON else "data"), CORPUS * 4)
    policies = {key: value for key, value in POLICIES.items() if key in FORMATS[name].model_fields}
    dataset = section(name, **dict.fromkeys(raw_data.SPLITS, named), **policies)
    path = dataset.files(files.find(tmp_path, "train", named)[0])[-1]

    def read() -> None:
        shutil.rmtree(tmp_path / "raw", ignore_errors=True)
        source = FileSource(tmp_path, dataset)
        rows = {split: map(to_row, sentences) for split, sentences in source.splits().items()}
        raw_data.write(tmp_path / "raw", rows, list(dataset.tag_columns))
        source.provenance(), source.report()
        raw_data.load(tmp_path / "raw")

    fuzz(of_file(path), read, pytestconfig, 500)


READERS: dict[str, tuple[Callable[..., Any], str, bytes]] = {
    "texts": (readers.read_texts, ".txt", "Ada in Osl\u00f6.\n".encode() * 9),
    "words": (readers.read_words, ".txt", "Ada in Osl\u00f6 .\n".encode() * 9),
    "json": (readers.read_json, ".json", json.dumps([{"text": "Ada in Oslo"}, {"words": ["Ada"]}] * 3).encode()),
    "columns": (readers.read_conll, ".txt", b"Ada B-X\nin O\n\n" * 9),
}


@pytest.mark.parametrize("name", READERS)
def test_damaged_input_of_predict_is_read_or_refused(name: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    reader, suffix, content = READERS[name]
    path = tmp_path / f"input{suffix}"
    path.write_bytes(content)

    def read() -> None:
        assert all(all(document.words) for document in reader(read_lines(path), str(path)))

    fuzz(of_file(path), read, pytestconfig, 1000)


def test_damaged_params_are_read_or_refused(tmp_path: Path, monkeypatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path)

    def read() -> None:
        read_section("train", Train)
        read_section("download", Download)

    fuzz(of_file(tmp_path / "params.yaml"), read, pytestconfig, 100)
