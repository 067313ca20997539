"""Scores of record: by seqeval, in its default mode."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tagline.evaluation.measurement import Entries, Measurement
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import OUTSIDE, TaggedSentence, flatten
from tagline.metrics.scores import Counts, score, scores_of


class Scores(Measurement):
    """The scores overall and of each type; of plain tags, which seqeval does not know, by our own counts."""

    def measure(self, split: ScoredSplit) -> Entries:
        if split.kind == "spans":
            return scores_of_record(split.sentences, split.counts)
        return score(split.counts)


def f1_of_types(entries: Entries) -> dict[str, float]:
    return {name: scores["f1"] for name, scores in entries["per_type"].items()}


def scores_of_record(sentences: Sequence[TaggedSentence], counts: Counts) -> dict[str, Any]:
    """As `scores.score`, by seqeval in its default mode, conlleval's rule; accuracy is of our counts."""
    # Not above, since it takes two seconds, for which the table of scores does not wait.
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    gold, predicted = _label_names(sentences)
    precision, recall, f1, _ = precision_recall_fscore_support(gold, predicted, average="micro", zero_division=0)
    per_type = precision_recall_fscore_support(gold, predicted, average=None, zero_division=0)
    total = counts.total()
    rows = zip(counts.types, *per_type, strict=True)
    return {
        "overall": scores_of(precision, recall, f1, total.gold.sum(), total.accuracy()),
        "per_type": {name: scores_of(*row) for name, *row in rows},
    }


def _label_names(sentences: Sequence[TaggedSentence]) -> list[list[list[str]]]:
    """Build the gold and predicted label sequences that seqeval reads: runs of words that are not O."""
    flat = flatten(sentences)
    names = np.array(flat.labels.names, object)
    sides = (flat.known_gold, flat.predicted)
    is_label = names != OUTSIDE
    words = np.flatnonzero(is_label[sides[0]] | is_label[sides[1]])
    # Words 3, 4 and 7, of which 4 begins a sentence, are three runs, with borders 0, 1, 2 and 3.
    begins = np.flatnonzero((np.diff(words, prepend=-2) > 1) | np.isin(words, flat.offsets))
    runs = list(pairwise([*begins.tolist(), len(words)]))
    sequences = []
    for ids in sides:
        of_words = names[ids[words]].tolist()
        sequences.append([of_words[begin:end] for begin, end in runs] or [[]])
    return sequences
