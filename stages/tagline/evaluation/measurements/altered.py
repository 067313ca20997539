"""Altered forms: F1 of test if its words are in another letter case or mistyped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tagline.evaluation.altered_forms import CASES, FORMS
from tagline.evaluation.evaluate_params import Bootstrap
from tagline.evaluation.measurement import TEST, Measurement
from tagline.evaluation.measurements.scores import scores_of_record
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import count
from tagline.terminal.escaping import printable
from tagline.terminal.printing import show

if TYPE_CHECKING:
    from tagline.evaluation.inputs import Inputs
    from tagline.model.prediction import Predictor


class AlteredForms(Measurement):
    """The overall scores of each altered form of test."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        self.bootstrap = bootstrap

    def after_labels(
        self, splits: Mapping[str, ScoredSplit], inputs: Inputs, predictor: Predictor
    ) -> Mapping[str, ScoredSplit]:
        """Label the altered forms."""
        # Not above, since it reads Arrow files and tokenizers, which takes seconds.
        from tagline.evaluation.altered_labels import label_altered

        if inputs.labels.kind == "tags":
            show(
                f"test is not labelled in altered forms: the task {inputs.labels.task} has plain tags, and they are "
                "for entities"
            )
            return splits
        test = flatten(splits[TEST].sentences)
        # Of altered forms, only the labels are used.
        plain = replace(test, scores=np.zeros(len(test.scores), np.float32), ids=None, words=None)
        labels_of = label_altered(inputs, predictor, test.predicted)
        forms = {form: replace(plain, predicted=labels) for form, labels in labels_of.items()}
        return {**splits, TEST: replace(splits[TEST], altered=forms)}

    def measure(self, name: str, split: ScoredSplit) -> dict[str, Any]:
        if split.altered is None:
            return {}
        return {"altered": {form: self._score(sentences) for form, sentences in split.altered.items()}}

    def _score(self, sentences: Sequence[TaggedSentence]) -> dict[str, float]:
        """Score entities: ``{precision, recall, f1, accuracy, number, low, high}``, with the interval of F1."""
        counts = count(sentences, "spans")
        ends = intervals(counts, self.bootstrap.resamples, self.bootstrap.seed)
        return scores_of_record(sentences, counts)["overall"] | ends["overall"]["f1"]


def lowest_case(entries: Mapping[str, Any]) -> float | None:
    """The lowest F1 of the forms of letter case, for metrics/evaluate.json; None if there is none."""
    altered = entries.get("altered", {})
    return min((altered[name]["f1"] for name in CASES if name in altered), default=None)


def notes(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Say the F1 of each altered form, and which forms do not differ from the text."""
    for split, entries in metrics.items():
        if "altered" not in entries:
            continue
        scores = entries["altered"]
        if scores:
            texts = ["{} {f1:.3f} ({low:.3f}-{high:.3f})".format(form, **scores[form]) for form in scores]
            yield f"{printable(split)} in altered forms, F1: {', '.join(texts)}"
        unchanged = [form for form in FORMS if form not in scores]
        if unchanged:
            yield f"{printable(split)}: not scored in {', '.join(unchanged)}: no word changes"
