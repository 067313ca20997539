"""Altered forms: F1 of the reported split in another letter case or mistyped."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tagline.core import reported_split
from tagline.evaluation.altered_forms import CASES, FORMS
from tagline.evaluation.altered_labels import label_altered
from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics
from tagline.evaluation.measurements.scores import scores_of_record
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import flatten
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import count
from tagline.terminal import printable, show


class AlteredForms(Measurement):
    """The overall scores of each altered form of the reported split."""

    def after_labels(self, labelled: Labelled) -> None:
        labels = labelled.inputs.labels
        name = reported_split(labelled.splits)
        if labels.kind == "tags":
            show(
                f"{name} is not labelled in altered forms: the task {labels.task} has plain tags, and they are for "
                "entities"
            )
            return
        split = labelled.splits[name]
        sentences = flatten(split.sentences)
        # Of altered forms, only the labels are used.
        plain = replace(sentences, scores=np.zeros(len(sentences.scores), np.float32), ids=None, words=None)
        forms = label_altered(labelled.inputs, name, labelled.predictor, sentences.predicted)
        altered = {form: replace(plain, predicted=predicted) for form, predicted in forms.items()}
        labelled.splits[name] = replace(split, altered=altered)

    def measure(self, split: ScoredSplit) -> Entries:
        if split.altered is None:
            return {}
        forms = {}
        for form, sentences in split.altered.items():
            counts = count(sentences, "spans")
            forms[form] = scores_of_record(sentences, counts)["overall"] | intervals(counts)["overall"]["f1"]
        return {"altered": forms}


def lowest_case(entries: Entries) -> float | None:
    """The lowest F1 of the forms of letter case, for metrics/evaluate.json."""
    altered = entries.get("altered", {})
    return min((altered[name]["f1"] for name in CASES if name in altered), default=None)


def notes(metrics: Metrics) -> Iterator[str]:
    """Say the F1 of each altered form, and which forms equal the text."""
    for split, entries in metrics.items():
        if "altered" not in entries:
            continue
        scores = entries["altered"]
        if scores:
            texts = ["{} {f1:.3f} ({low:.3f}-{high:.3f})".format(form, **scores[form]) for form in scores]
            yield f"robustness of {printable(split)}, F1 in altered forms: {', '.join(texts)}"
        unchanged = [form for form in FORMS if form not in scores]
        if unchanged:
            yield f"{printable(split)}: not scored in {', '.join(unchanged)}: no word changes"
