"""Damaged artifacts: each reader returns, or raises one `UserError` that is one short message."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from helpers.damage import damage_one, restore
from helpers.fuzzing import fuzz
from helpers.tiny import TINY_PARAMS

from tagline.artifacts import exported, learning_curves, predictions, raw_data, tokenized
from tagline.core.provenance import PROVENANCE
from tagline.evaluation.score_table import score_table_of
from tagline.inference.tagger import Tagger
from tagline.model import classifier
from tagline.report import curves
from tagline.sources.download import write_encoder
from tagline.sources.download_params import Download
from tagline.tokenization import subwords
from tagline.tools.comparison import runs

Reader = Callable[[Path], object]


def read_raw(root: Path) -> None:
    data = raw_data.load(root / "data/raw")
    for split in raw_data.SPLITS:
        for batch in data.batches(split):
            batch.to_pylist()


def read_tokenized(root: Path) -> None:
    folder = root / "data/tokenized"
    labels = tokenized.load_labels(folder)
    tokenized.read_windowing(folder)
    for name in raw_data.SPLITS:
        split = tokenized.load_split(folder, name)
        list(split.labelled_words(labels))
        split.gold(), [list(column) for column in split.ids_and_words()], split.lengths(), split.windows[:]


def read_tokenizer(root: Path) -> None:
    tokenizer, _ = subwords.load(root / "models/pretrained/tokenizer")
    subwords.special_tokens(tokenizer)
    subwords.of_words(tokenizer, ["Ada", "lives", "\u200b", "x" * 300])


def read_encoder(root: Path) -> None:
    labels = tokenized.load_labels(root / "data/tokenized")
    classifier.new_classifier(root / "models/pretrained/encoder", labels)


def read_finetuned(root: Path) -> None:
    labels = tokenized.load_labels(root / "data/tokenized")
    classifier.load(root / "models/finetuned", labels)
    classifier.best_epoch(root / "models/finetuned")


def read_predictions(root: Path) -> None:
    folder = root / "data/predictions"
    predictions.read_settings(folder / PROVENANCE)
    run = runs.make_run(
        "a",
        None,
        lambda path: (root / path).read_bytes(),
        lambda path: (root / path).read_bytes(),
        ("validation", "test"),
    )
    assert len(run.splits["test"]) == 6


def read_export(root: Path) -> None:
    exported.read(root / "models/export")
    for backend in ("onnx", "onnx-int8"):
        with Tagger(root / "models/export", backend=backend, verify=False) as tagger:  # type: ignore[arg-type]
            tagger(["Ada Lind lives in Oslo.", "x" * 100])


def read_export_in_torch(root: Path) -> None:
    with Tagger(root / "models/export", backend="torch", verify=False) as tagger:
        tagger(["Ada Lind lives in Oslo.", "x" * 100])


def read_plots(root: Path) -> None:
    learning_curves.read(root / "plots/train_loss.csv", curves.LOSSES)
    learning_curves.read(root / "plots/validation.csv", curves.EPOCHS)


def read_scores(root: Path) -> None:
    score_table_of(root / "reports/evaluate.json")


def read_source_encoder(root: Path) -> None:
    section = Download.model_validate(TINY_PARAMS["download"])
    shutil.rmtree(root / "out", ignore_errors=True)
    write_encoder(root / "data/tiny", section.encoder, root / "out")


READERS: dict[str, tuple[Reader, str, str]] = {
    "raw": (read_raw, "data/raw", "*.arrow"),
    "tokenized": (read_tokenized, "data/tokenized", "*"),
    "tokenizer": (read_tokenizer, "models/pretrained/tokenizer", "*"),
    "encoder": (read_encoder, "models/pretrained/encoder", "*"),
    "finetuned": (read_finetuned, "models/finetuned", "*"),
    "predictions": (read_predictions, "data/predictions", "*"),
    "export": (read_export, "models/export", "*"),
    "export-torch": (read_export_in_torch, "models/export", "*.[js]*"),
    "plots": (read_plots, "plots", "*.csv"),
    "scores": (read_scores, "reports", "evaluate.json"),
    "source-encoder": (read_source_encoder, "data/tiny/encoder", "*"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_artifact(name: str, finished: Path, pytestconfig: pytest.Config) -> None:
    reader, inner, pattern = READERS[name]
    original = finished / "original"
    shutil.copytree(finished / inner, original)

    def case(random: Random) -> Callable[[], object]:
        restore(original, finished / inner)
        description = damage_one(finished / inner, random, pattern)

        def run() -> None:
            reader(finished)

        run.__doc__ = description
        return run

    fuzz(case, pytestconfig, 200)
