"""Inputs: what the stage evaluate reads before it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
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
    """What the stage reads; the caller has verified data/tokenized and models/finetuned.

    Attributes:
        raw: data/raw.
        data: data/tokenized.
        finetuned: models/finetuned.
        labels: the task's label list.
        words: of validation and test, see `words_with_subwords`.
        documents: of validation and test, see `document_numbers`; empty if no measurement needs them.
    """

    raw: Path
    data: Path
    finetuned: Path
    labels: Labels
    words: Mapping[str, int]
    documents: Mapping[str, Ints | None] = field(default_factory=dict)

    @cached_property
    def loaded(self) -> dict[str, tokenized.Split]:
        """Train, validation and test."""
        return {name: tokenized.load_split(self.data, name) for name in ("train", *SPLITS)}

    def with_documents(self) -> Inputs:
        """The same, with the documents of sentences; for errors see `document_numbers`."""
        numbers = {name: document_numbers(self.raw, name, len(self.loaded[name].sentences)) for name in SPLITS}
        return replace(self, documents=numbers)


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


def document_numbers(raw: Path, split: str, sentences: int) -> Ints | None:
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
