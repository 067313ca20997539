"""Damaged folders that a stranger may have made: each reader returns, or raises one `UserError`."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from helpers.damage import damage_one
from helpers.fuzzing import fuzz
from helpers.tiny import TINY_PARAMS

from tagline.artifacts import predictions
from tagline.core.provenance import PROVENANCE
from tagline.inference.tagger import Tagger
from tagline.sources.download_params import Download
from tagline.sources.stage import write_encoder

pytestmark = pytest.mark.rare


def read_predictions(folder: Path) -> None:
    kind = predictions.read_kind((folder / PROVENANCE).read_bytes(), PROVENANCE)
    assert len(predictions.read((folder / "test.parquet").read_bytes(), kind, "test.parquet")) == 6


def read_export(folder: Path) -> None:
    for backend in ("onnx", "onnx-int8", "torch"):
        with Tagger(folder, backend=backend, verify=False) as tagger:  # type: ignore[arg-type]
            tagger(["Ada Lind lives in Oslo.", "x" * 100])


def read_source_encoder(folder: Path) -> None:
    section = Download.model_validate(TINY_PARAMS["download"])
    shutil.rmtree("out", ignore_errors=True)
    write_encoder(folder.parent, section.encoder, Path("out"))


READERS = {"data/predictions": read_predictions, "models/export": read_export, "data/tiny/encoder": read_source_encoder}


@pytest.mark.parametrize("name", READERS)
def test_damaged_folder_is_read_or_reported(name: str, finished: Path, pytestconfig: pytest.Config) -> None:
    folder, original = finished / name, finished / "original"
    shutil.copytree(folder, original)

    def harm(random: Random) -> str:
        shutil.rmtree(folder)
        shutil.copytree(original, folder)
        return damage_one(folder, random)

    fuzz(harm, lambda: READERS[name](folder), pytestconfig, 200)
