"""Inputs: what the stage evaluate reads before it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tagline.artifacts import tokenized
from tagline.core import shards
from tagline.core.names import DOCUMENT
from tagline.core.provenance import read_sealed, verify
from tagline.core.reading import reading
from tagline.evaluation.measurement import SPLITS
from tagline.labels.label_list import Labels
from tagline.labels.windows import Ints
from tagline.terminal.errors import UserError


@dataclass(frozen=True)
class Inputs:
    """What the stage reads.

    Attributes:
        raw: data/raw.
        data: data/tokenized.
        finetuned: models/finetuned.
        labels: the task's label list.
        loaded: train, validation and test.
        words: of validation and test, see `words_with_subwords`.
        documents: of validation and test, see `read_documents`; empty if no measurement needs them.
    """

    raw: Path
    data: Path
    finetuned: Path
    labels: Labels
    loaded: Mapping[str, tokenized.Split]
    words: Mapping[str, int]
    documents: Mapping[str, Ints | None] = field(default_factory=dict)


def read_inputs(
    raw: Path, data: Path, report: Path, finetuned: Path, labels: Labels, with_documents: bool = False
) -> Inputs:
    """Read what the stage needs of the data; the caller has verified data/tokenized and models/finetuned.

    Args:
        raw: data/raw.
        data: data/tokenized.
        report: reports/data.json.
        finetuned: models/finetuned.
        labels: of data/tokenized.
        with_documents: whether to read the documents of sentences.

    Raises:
        UserError: the report or data/raw is missing or damaged.
    """
    words = words_with_subwords(report)
    loaded = {name: tokenized.load_split(data, name) for name in ("train", *SPLITS)}
    documents = {}
    if with_documents:
        documents = {name: read_documents(raw, name, len(loaded[name].sentences)) for name in SPLITS}
    return Inputs(raw, data, finetuned, labels, loaded, words, documents)


def words_with_subwords(report: Path) -> dict[str, int]:
    """Read how many words of validation and test have sub-words, as tokenize-align counted them.

    Args:
        report: reports/data.json.

    Raises:
        UserError: it is missing or damaged.
    """
    counts = read_sealed(report, "tokenize-align")
    with reading(report, "tokenize-align", expected="the number of words of each split"):
        return {name: counts[name]["words"] - counts[name]["words_without_subwords"] for name in SPLITS}


def read_documents(raw: Path, split: str, sentences: int) -> Ints | None:
    """Number the documents of a split of data/raw from 0, int64 (sentences,); None if each sentence is one by itself.

    Raises:
        UserError: data/raw is missing or damaged, or not what data/tokenized was made from.
    """
    verify(raw, "download")
    batches = [batch[DOCUMENT].to_numpy(zero_copy_only=False) for batch in shards.read_batches(raw / split)]
    names = np.concatenate(batches)
    if len(names) != sentences:
        raise UserError(
            f"{raw}: {len(names):,} sentences of {split}, but {sentences:,} in data/tokenized; expected as many: run "
            "`dvc repro tokenize-align` again"
        )
    documents: Ints = np.cumsum(np.append(0, names[1:] != names[:-1]))
    return documents if documents[-1] + 1 < sentences else None
