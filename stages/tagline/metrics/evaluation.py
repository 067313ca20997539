"""Evaluation: all that is told of a split whose words have gold and predicted labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tagline.core.errors import UserError
from tagline.labels.entities import count_outcomes
from tagline.labels.label_list import Kind
from tagline.metrics.calibration import calibration, reliability
from tagline.metrics.counts import count
from tagline.metrics.intervals import intervals
from tagline.metrics.params import Bootstrap
from tagline.metrics.scores import count_repaired, score, strict
from tagline.metrics.slices import slices
from tagline.metrics.training_index import TrainingIndex


@dataclass(frozen=True)
class ScoredSplit:
    """A split with what a model says of it: each list has an element a sentence, and each of these one a word.

    Attributes:
        kind: how the labels are to be read.
        ids: one a sentence.
        words: its words.
        gold: their labels.
        predicted: what the model takes them for.
        scores: the probability of each predicted label, float32; 0 for a word that the model never saw.
        unseen: how many words those are.
    """

    kind: Kind
    ids: list[str]
    words: list[list[str]]
    gold: list[list[str]]
    predicted: list[list[str]]
    scores: list[npt.NDArray[np.float32]]
    unseen: int

    @property
    def unscored(self) -> int:
        """How many words have no prediction."""
        return sum(abs(len(a) - len(b)) for a, b in zip(self.gold, self.predicted, strict=True))

    def table(self) -> pd.DataFrame:
        """A row a sentence: id, words, gold, predicted, score."""
        rows = [self.ids, self.words, self.gold, self.predicted, self.scores]
        return pd.DataFrame(dict(zip(["id", "words", "gold", "predicted", "score"], rows, strict=True)))

    def reliability(self) -> pd.DataFrame:
        """See `calibration.reliability`."""
        return reliability(self.gold, self.predicted, self.scores, self.kind)


def metrics(split: ScoredSplit, seen: TrainingIndex, bootstrap: Bootstrap) -> dict[str, Any]:
    """The metrics of a split.

    Returns:
        overall and per_type, see `scoring.score`; intervals of them; strict and repaired (spans only), see
        `scoring.strict` and `count_repaired`; slices; errors, see `entities.count_outcomes`; calibration; the number
        of sentences and words, of words_unscored, which is 0, and of words_without_subwords. Numbers and dictionaries
        only, which is all that `dvc metrics diff` can show.

    Raises:
        UserError: a word has no prediction.
    """
    if split.unscored:
        raise UserError(f"{split.unscored} word{'s' * (split.unscored > 1)} of data/tokenized got no prediction")
    gold, predicted, kind = split.gold, split.predicted, split.kind
    counts = count(gold, predicted, kind)
    by_iob2 = {"strict": strict(gold, predicted), "repaired": count_repaired(predicted)} if kind == "spans" else {}
    return {
        **score(gold, predicted, kind),
        "intervals": intervals(counts, bootstrap.resamples, bootstrap.seed),
        **by_iob2,
        "slices": slices(split.words, gold, predicted, counts, seen),
        "errors": count_outcomes(gold, predicted, kind),
        "calibration": calibration(split.reliability()),
        "sentences": len(gold),
        "words": sum(map(len, gold)),
        "words_unscored": split.unscored,
        "words_without_subwords": split.unseen,
    }
