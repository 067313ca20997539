"""Inputs: what the stage evaluate reads before it computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tagline.artifacts import raw_data, tokenized
from tagline.core import LEARNT, reading, verify
from tagline.core.provenance import read_sealed
from tagline.labels import Ints, Labels
from tagline.terminal import UserError
from tagline.text import subwords
from tagline.text.subword_windows import WindowCutter


class SplitCounts(NamedTuple):
    """What tokenize-align counted in a split; ``types`` of a further test set, by `compare_types`."""

    words: int
    types: Mapping[str, Sequence[str]] | None


@dataclass(frozen=True)
class EvaluationInputs:
    """What the stage reads; the caller has verified data/tokenized and models/finetuned."""

    raw: Path
    data: Path
    tests: Path
    finetuned: Path
    labels: Labels
    counts: Mapping[str, SplitCounts]

    @cached_property
    def loaded(self) -> dict[str, tokenized.Split]:
        """Train and the splits to evaluate."""
        splits = {"train": tokenized.load_split(self.data, "train")}
        for name in self.counts:
            splits[name] = tokenized.load_split(self.data if name in LEARNT else self.tests, name)
        return splits

    def document_numbers(self, split: str) -> Ints | None:
        """The document numbers of a split, int64 (sentences,); None if each sentence is its own.

        Raises:
            UserError: data/raw is missing or damaged, or not what data/tokenized was made from.
        """
        verify(self.raw, "download")
        documents = raw_data.load(self.raw).of_task(self.labels.task, self.labels.types).documents(split)
        sentences = len(self.loaded[split].sentences)
        if len(documents) != sentences:
            raise UserError(
                f"{self.raw}: {len(documents):,} sentences of {split}, but {sentences:,} in data/tokenized; expected "
                "as many: run `dvc repro tokenize-align` again"
            )
        return documents if documents[-1] + 1 < sentences else None

    def window_cutter(self) -> WindowCutter:
        """Load what cuts words into windows as tokenize-align did.

        Raises:
            UserError: the tokenizer is damaged.
        """
        tokenizer, _ = subwords.load(self.finetuned, "train")
        windowing = tokenized.read_windowing(self.data)
        return WindowCutter(
            tokenizer,
            windowing.one_by_one,
            windowing.max_length,
            windowing.stride,
            windowing.lowercase,
        )


def read_counts(report: Path) -> dict[str, SplitCounts]:
    """Read what tokenize-align counted in each split but train.

    Raises:
        UserError: it is missing or damaged.
    """
    splits = read_sealed(report, "tokenize-align")
    counts = {}
    with reading(report, "tokenize-align", expected="the number of words of each split"):
        del splits["train"]
        for split, of_split in splits.items():
            words = of_split["words"] - of_split["words_without_subwords"]
            counts[split] = SplitCounts(words, of_split.get("types"))
    return counts
