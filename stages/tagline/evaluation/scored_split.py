"""Scored split: the sentences of a split with gold and predicted labels, and their metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tagline.core.errors import UserError
from tagline.evaluation.evaluate_params import Bootstrap
from tagline.labels.label_list import Kind
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.metrics.calibration import calibration, reliability
from tagline.metrics.confusion import confusion
from tagline.metrics.counts import Counts, count
from tagline.metrics.f_beta import f_beta
from tagline.metrics.matching import matching
from tagline.metrics.outcomes import Outcome, count_outcomes, outcomes_of_errors
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import DIGITS, count_repaired, score, strict
from tagline.metrics.slices import slices
from tagline.metrics.training_index import TrainingIndex


@dataclass(frozen=True)
class ScoredSplit:
    """The sentences of a split, with what scores, plots and the report share, computed once.

    Attributes:
        kind: how the labels are read.
        sentences: with gold and predicted labels.
        words_without_subwords: the number of words that the tokenizer removed, which have the fallback label.
        loss: the mean negative log-likelihood of the other words' gold labels.
        greedy_f1: F1 if each word has the label with its highest score, whatever the decoding.
        words_unscored: the number of words for which tokenize-align made sub-words and the model gave no scores.
    """

    kind: Kind
    sentences: Sequence[TaggedSentence]
    words_without_subwords: int
    loss: float = 0.0
    greedy_f1: float = 0.0
    words_unscored: int = 0

    @cached_property
    def counts(self) -> Counts:
        return count(self.sentences, self.kind)

    @cached_property
    def outcomes(self) -> dict[int, list[Outcome]]:
        """The outcomes of each sentence with an error, by its index."""
        return outcomes_of_errors(self.sentences)

    @cached_property
    def confusion(self) -> Counter[tuple[str, str]]:
        return confusion(self.sentences, self.kind)

    @cached_property
    def reliability(self) -> pd.DataFrame:
        return reliability(self.sentences)


def metrics(split: ScoredSplit, training: TrainingIndex, bootstrap: Bootstrap, beta: float = 1.0) -> dict[str, Any]:
    """Compute the metrics of a split.

    Returns:
        overall and per_type, see `scores.score`; f_beta unless beta is 1, see `f_beta.f_beta`; loss; intervals of the
        scores; greedy, the F1 of greedy decoding; strict, repaired and matching (spans only), see `scores.strict`,
        `scores.count_repaired` and `matching.matching`; slices; errors, see
        `outcomes.count_outcomes`; calibration; the numbers of sentences, words, words_unscored (always 0) and
        words_without_subwords; and unknown, see `unknown`, if gold labels are.

    Raises:
        UserError: a word has no prediction.
    """
    if split.words_unscored:
        raise UserError(
            f"data/tokenized: no prediction for {split.words_unscored} words; expected one for each word that "
            "reports/data.json counts: run `dvc repro tokenize-align` again"
        )
    sentences, counts, kind = split.sentences, split.counts, split.kind
    of_spans: dict[str, Any] = {}
    if kind == "spans":
        of_spans = {"strict": strict(sentences), "repaired": count_repaired(sentences)}
        of_spans["matching"] = matching(sentences, split.outcomes.keys())
    return {
        **score(counts),
        **({} if beta == 1 else {"f_beta": f_beta(counts, beta)}),
        "loss": round(split.loss, DIGITS),
        "intervals": intervals(counts, bootstrap.resamples, bootstrap.seed),
        "greedy": {"f1": split.greedy_f1},
        **of_spans,
        "slices": slices(sentences, counts, training),
        "errors": count_outcomes(split.outcomes.values(), int(counts.correct.sum()), kind),
        "calibration": calibration(split.reliability),
        "sentences": len(sentences),
        "words": len(flatten(sentences).predicted),
        "words_unscored": split.words_unscored,
        "words_without_subwords": split.words_without_subwords,
        **unknown(sentences),
    }


def unknown(sentences: Sequence[TaggedSentence]) -> dict[str, dict[str, int]]:
    """Count what is not scored because gold labels are unknown; empty if none is.

    Returns:
        ``{"unknown": {words, gold_entities, predicted_entities}}``: words whose label is not known, or only in part;
        and entities that gold does not decide, see `entities.is_decided`.
    """
    flat = flatten(sentences)
    words = int(np.count_nonzero(~flat.is_known))
    if not words:
        return {}
    gold, predicted = flat.left_out
    return {"unknown": {"words": words, "gold_entities": gold, "predicted_entities": predicted}}
