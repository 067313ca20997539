"""Damaged folders that a stranger may have made: each reader returns, or raises one `UserError`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from helpers.damage import damage_one
from helpers.fuzzing import fuzz
from helpers.tiny import TINY_PARAMS

from tagline.artifacts import predictions
from tagline.core.provenance import PROVENANCE
from tagline.inference.tagger import Tagger
from tagline.sources.download import write_encoder
from tagline.sources.download_params import Download

Reader = Callable[[Path], object]


def read_predictions(root: Path) -> None:
    folder = root / "data/predictions"
    kind = predictions.read_kind((folder / PROVENANCE).read_bytes(), PROVENANCE)
    assert len(predictions.read((folder / "test.parquet").read_bytes(), kind, "test.parquet")) == 6


def read_export(root: Path) -> None:
    for backend in ("onnx", "onnx-int8", "torch"):
        with Tagger(root / "models/export", backend=backend, verify=False) as tagger:  # type: ignore[arg-type]
            tagger(["Ada Lind lives in Oslo.", "x" * 100])


def read_source_encoder(root: Path) -> None:
    section = Download.model_validate(TINY_PARAMS["download"])
    shutil.rmtree(root / "out", ignore_errors=True)
    write_encoder(root / "data/tiny", section.encoder, root / "out")


READERS: dict[str, tuple[Reader, str]] = {
    "predictions": (read_predictions, "data/predictions"),
    "export": (read_export, "models/export"),
    "encoder": (read_source_encoder, "data/tiny/encoder"),
}


@pytest.mark.rare
@pytest.mark.parametrize("name", READERS)
def test_damaged_folder_is_read_or_reported(name: str, finished: Path, pytestconfig: pytest.Config) -> None:
    reader, folder = READERS[name]
    original = finished / "original"
    shutil.copytree(finished / folder, original)

    def case(random: Random) -> Callable[[], object]:
        shutil.rmtree(finished / folder)
        shutil.copytree(original, finished / folder)
        description = damage_one(finished / folder, random)

        def run() -> None:
            reader(finished)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 200)
