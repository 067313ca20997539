"""Measurements of labels and counts that metrics/ computes."""

from collections.abc import Iterator

from tagline.evaluation.measurement import Entries, Measurement, Metrics, by_split
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import flatten
from tagline.metrics.outcomes import count_errors, matching
from tagline.metrics.resampling import intervals
from tagline.metrics.scores import rounded
from tagline.terminal import printable


class Model(Measurement):
    """The mean negative log-likelihood of words, F1 of greedy decoding, and the scores' bootstrap intervals."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {
            "loss": rounded(split.loss),
            "greedy": {"f1": split.greedy_f1},
            "intervals": intervals(split.counts),
        }


class Numbers(Measurement):
    """The numbers of sentences, words, correct entities and each kind of error, and which types count."""

    def measure(self, split: ScoredSplit) -> Entries:
        errors = {"correct": int(split.counts.correct.sum())}
        for kind, numbers in count_errors(split.outcomes, len(split.sentences)).items():
            if split.kind == "spans" or kind == "type_error":
                errors[kind] = int(numbers.sum())
        entries: Entries = {"errors": errors}
        if split.kind == "spans":
            entries["matching"] = matching(split.counts, errors)
        if split.types:
            entries["types"] = split.types
        return {
            **entries,
            "sentences": len(split.sentences),
            "words": len(flatten(split.sentences).predicted),
            "words_unscored": split.words_unscored,
            "words_without_subwords": split.words_without_subwords,
        }


def notes(metrics: Metrics) -> Iterator[str]:
    """Say which types count as missed, and which are left out."""
    for split, types in by_split(metrics, "types").items():
        if types["foreign"]:
            yield printable(f"{split}: not in train, so that they count as missed: {', '.join(types['foreign'])}")
        if types["lacking"]:
            yield printable(
                f"{split}: scored on {', '.join(types['shared'])} alone; it is not annotated for "
                f"{', '.join(types['lacking'])}, or has none"
            )
