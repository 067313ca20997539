"""Expected scores: those of test as `tagline estimate` would estimate them without its labels, beside the true ones."""

from collections.abc import Iterator
from dataclasses import replace

from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import TEST, VALIDATION
from tagline.labels import flatten
from tagline.metrics.expected import Reference, count, estimate, fit, not_fitted
from tagline.terminal import printable


class ExpectedScores(Measurement):
    """The estimate of test, from constants of validation; both travel with the model. None without a test split."""

    def __init__(self) -> None:
        self.entries: dict[str, Entries] = {}

    def after_labels(self, labelled: Labelled) -> None:
        """Compute the constants; none of plain tags, or if validation has too few entities."""
        inputs = labelled.inputs
        if inputs.labels.kind == "tags" or TEST not in labelled.splits:
            return
        validation = flatten(labelled.splits[VALIDATION].sentences)
        constants = fit(validation)
        if constants is None:
            if not validation.is_annotated(inputs.labels.types).all():
                self.entries = {VALIDATION: {"expected": {"not_fitted": not_fitted(validation)}}}
            return
        test = labelled.splits[TEST]
        # Without gold labels, as other texts: those that are unknown would hide entities.
        sentences = replace(flatten(test.sentences), gold=None)
        true_f1 = float(test.counts.total().overall().f1)
        reference = Reference(constants, true_f1)
        labelled.settings = labelled.settings._replace(reference=reference.to_json())
        self.entries = {TEST: {"expected": estimate(count(sentences, constants), constants)}}

    def measure(self, split: ScoredSplit) -> Entries:
        return self.entries.get(split.name, {})


def notes(metrics: Metrics) -> Iterator[str]:
    """Say how near the estimate is to the true F1."""
    for split, expected in by_split(metrics, "expected").items():
        if "not_fitted" in expected:
            yield f"{split}: F1 of texts without labels is not estimated; {expected['not_fitted']}"
        elif expected:
            scored = " of what is scored" if "unknown" in metrics[split] else ""
            f1 = expected["f1"]
            yield (
                f"{printable(split)}: F1 estimated without labels {f1['value']:.3f} "
                f"({f1['low']:.3f}-{f1['high']:.3f}), true {metrics[split]['overall']['f1']:.3f}{scored}"
            )
