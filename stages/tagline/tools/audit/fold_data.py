"""The data of a fold: a folder like data/tokenized with the sentences that a model learns from, and those held out."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa

from tagline.artifacts.raw_data import SPLITS
from tagline.artifacts.tokenized import WINDOW_FEATURES, sentence_features
from tagline.core import shards
from tagline.core.provenance import PROVENANCE, write_hashes
from tagline.core.shards import ShardWriter
from tagline.tools.audit.folds import Fold, Mask

SUFFIX = "-held-out"


def held_out(split: str) -> str:
    """The name of the held-out part of a split."""
    return split + SUFFIX


def audited(folder: Path) -> list[str]:
    """The splits that have a held-out part in a fold's folder, in the order of the pipeline."""
    return [split for split in SPLITS if (folder / "sentences" / held_out(split)).is_dir()]


def write(fold: Fold, target: Path) -> None:
    """Write the data of a fold, a batch at a time.

    Args:
        fold: the roles of the sentences.
        target: the folder to make; its splits are train, validation, and the held-out part of each audited split that
            has one.
    """
    target.mkdir()
    for name in ("labels.json", PROVENANCE):
        shutil.copyfile(fold.tokenized / name, target / name)
    for split, chosen in fold.learnable.items():
        _copy(fold, split, chosen, target, split)
    for split, chosen in fold.held_out.items():
        if chosen.any():
            _copy(fold, split, chosen, target, held_out(split))
    write_hashes(target)


def _copy(fold: Fold, split: str, chosen: Mask, target: Path, name: str) -> None:
    """Copy the chosen sentences of a split, with their windows."""
    # Sentences chosen 0 1 1: the second becomes sentence 0, the third sentence 1.
    renumbered = np.cumsum(chosen, dtype=np.int32) - np.int32(1)
    first = 0
    with ShardWriter(target / "sentences" / name, sentence_features(fold.labels).arrow_schema) as sentences:
        for batch in shards.read_batches(fold.tokenized / "sentences" / split):
            _write(sentences, batch, chosen[first : first + batch.num_rows])
            first += batch.num_rows
    with ShardWriter(target / "windows" / name, WINDOW_FEATURES.arrow_schema) as windows:
        for batch in shards.read_batches(fold.tokenized / "windows" / split):
            owner = batch["sentence"].to_numpy()
            new = batch.set_column(batch.schema.get_field_index("sentence"), "sentence", pa.array(renumbered[owner]))
            _write(windows, new, chosen[owner])


def _write(writer: ShardWriter, batch: pa.RecordBatch, chosen: Mask) -> None:
    kept = batch.filter(pa.array(chosen))
    if kept.num_rows:
        writer.write({name: kept[name] for name in kept.schema.names})
