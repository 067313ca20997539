"""Expected scores: what `tagline estimate` would say of test, beside its true scores."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.splits import TEST, VALIDATION
from tagline.labels import flatten
from tagline.metrics.expected import Reference, count, estimate, fit
from tagline.terminal import printable


class ExpectedScores(Measurement):
    """The estimate of test, if there is one, from constants of validation; both travel with the model."""

    def __init__(self) -> None:
        self.entries: dict[str, Entries] = {}

    def after_labels(self, labelled: Labelled) -> None:
        """Compute the constants; none of plain tags, or if validation has too few entities."""
        if labelled.inputs.labels.kind == "tags" or TEST not in labelled.splits:
            return
        validation = labelled.splits[VALIDATION]
        test = labelled.splits[TEST]
        constants = fit(flatten(validation.sentences))
        if constants is None:
            return
        true_f1 = float(test.counts.total().overall().f1)
        reference = Reference(constants, true_f1)
        labelled.settings = labelled.settings._replace(reference=reference.to_json())
        self.entries = {TEST: {"expected": estimate(count(flatten(test.sentences), constants), constants)}}

    def measure(self, split: ScoredSplit) -> Entries:
        return self.entries.get(split.name, {})


def notes(metrics: Metrics) -> Iterator[str]:
    """Say how near the estimate is to the true F1."""
    for split, expected in by_split(metrics, "expected").items():
        if expected:
            f1 = expected["f1"]
            yield (
                f"{printable(split)}: F1 estimated without labels {f1['value']:.3f} "
                f"({f1['low']:.3f}-{f1['high']:.3f}), true {metrics[split]['overall']['f1']:.3f}"
            )
