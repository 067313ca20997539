"""Scored split: the labelled sentences of a split, with what measurements, plots and the report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from tagline.labels import NOT_CALIBRATED, Calibration, Ints, Kind, TaggedSentence, flatten, is_outside
from tagline.metrics.calibration import reliability
from tagline.metrics.outcomes import Outcome, confusion, outcomes_of_errors
from tagline.metrics.scores import Counts, count

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ScoredSplit:
    """The sentences of a split, with what is read of them several times, computed once.

    Attributes:
        words_without_subwords: the number of words that the tokenizer removed, which have the fallback label.
        loss: the mean negative log-likelihood of the other words' gold labels.
        greedy_f1: F1 if each word has the label with its highest score.
        words_unscored: the number of words with sub-words and without scores.
        uncalibrated: `reliability` before calibration.
        altered: the sentences with the labels of altered forms that change a word, by name; None: not labelled.
        documents: int64 (sentences,), the number of each sentence's document, from 0; None if not known.
        types: of a test set: those that it shares with the task, foreign to it, and lacking, which are left out.
    """

    kind: Kind
    sentences: Sequence[TaggedSentence]
    words_without_subwords: int
    loss: float = 0.0
    greedy_f1: float = 0.0
    words_unscored: int = 0
    uncalibrated: pd.DataFrame | None = None
    altered: Mapping[str, Sequence[TaggedSentence]] | None = None
    documents: Ints | None = None
    name: str = ""
    types: Mapping[str, Sequence[str]] | None = None

    @cached_property
    def counts(self) -> Counts:
        return count(self.sentences, self.kind)

    @cached_property
    def outcomes(self) -> dict[int, list[Outcome]]:
        """The outcomes of each sentence with an error, by index."""
        return outcomes_of_errors(self.sentences)

    @cached_property
    def confusion(self) -> Counter[tuple[str, str]]:
        return confusion(self.sentences, self.kind)

    @cached_property
    def reliability(self) -> pd.DataFrame:
        return reliability(self.sentences)

    def calibrated(self, calibration: Calibration) -> ScoredSplit:
        """The split with calibrated scores, which were not."""
        if calibration == NOT_CALIBRATED:
            return self
        flat = flatten(self.sentences)
        scores = calibration.apply(flat.scores, is_outside(flat.predicted, flat.labels))
        return replace(self, sentences=replace(flat, scores=scores), uncalibrated=self.reliability)
