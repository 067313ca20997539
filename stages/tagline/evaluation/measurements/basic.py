"""Measurements of labels and counts that metrics/ computes."""

from tagline.evaluation.evaluate_params import Bootstrap
from tagline.evaluation.measurement import Entries, Measurement
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import flatten
from tagline.metrics import resampling
from tagline.metrics.outcomes import count_errors, matching
from tagline.metrics.scores import rounded


class FBeta(Measurement):
    """F-beta, unless it is F1."""

    def __init__(self, beta: float) -> None:
        self.beta = beta

    def measure(self, split: ScoredSplit) -> Entries:
        if self.beta == 1:
            return {}
        return {"f_beta": resampling.f_beta(split.counts, self.beta)}


class MeanLoss(Measurement):
    """The mean negative log-likelihood of words."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {"loss": rounded(split.loss)}


class Intervals(Measurement):
    """The bootstrap intervals of the scores."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        self.bootstrap = bootstrap

    def measure(self, split: ScoredSplit) -> Entries:
        return {"intervals": resampling.intervals(split.counts, self.bootstrap.resamples, self.bootstrap.seed)}


class Greedy(Measurement):
    """F1 of greedy decoding."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {"greedy": {"f1": split.greedy_f1}}


class Matching(Measurement):
    """Other rules by which a predicted entity agrees with a gold one."""

    def measure(self, split: ScoredSplit) -> Entries:
        if split.kind == "tags":
            return {}
        return {"matching": matching(split.sentences, split.outcomes.keys())}


class Errors(Measurement):
    """The numbers of correct entities and of each kind of error."""

    def measure(self, split: ScoredSplit) -> Entries:
        counts = {"correct": int(split.counts.correct.sum())}
        for kind, numbers in count_errors(split.outcomes, len(split.sentences)).items():
            if split.kind == "spans" or kind == "type_error":
                counts[kind] = int(numbers.sum())
        return {"errors": counts}


class Sizes(Measurement):
    """The numbers of sentences and words."""

    def measure(self, split: ScoredSplit) -> Entries:
        return {
            "sentences": len(split.sentences),
            "words": len(flatten(split.sentences).predicted),
            "words_unscored": split.words_unscored,
            "words_without_subwords": split.words_without_subwords,
        }
