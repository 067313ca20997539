"""Scores of record: by seqeval, in its default mode, and compared with our own counts."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tagline.evaluation.measurement import Entries, Measurement
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import OUTSIDE, Doubles, TaggedSentence, flatten
from tagline.metrics.scores import Counts, score, scores_of
from tagline.terminal import UserError


class Scores(Measurement):
    """The overall scores and those of each type; of plain tags, which seqeval does not know, by our own counts."""

    def measure(self, split: ScoredSplit) -> Entries:
        if split.kind == "spans":
            return scores_of_record(split.sentences, split.counts)
        return score(split.counts)


def f1_of_types(entries: Entries) -> dict[str, float]:
    """The F1 of each type, for metrics/evaluate.json."""
    return {name: scores["f1"] for name, scores in entries["per_type"].items()}


def scores_of_record(sentences: Sequence[TaggedSentence], counts: Counts) -> dict[str, Any]:
    """Score entities with seqeval in its default mode, conlleval's rule; accuracy is of our counts.

    Args:
        sentences: with gold labels of the kind ``spans``.
        counts: of the same sentences.

    Returns:
        As `scores.score`.

    Raises:
        UserError: a number is not that of our counts.
    """
    # Not above, since it takes two seconds, for which the table of scores does not wait.
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    gold, predicted = _label_names(sentences)
    overall = precision_recall_fscore_support(gold, predicted, average="micro", zero_division=0)
    per_type = precision_recall_fscore_support(gold, predicted, average=None, zero_division=0)
    theirs = np.vstack([overall, np.column_stack(per_type)])  # (1 + types, 4)
    _check(theirs, counts)
    rows = zip(counts.types, theirs[1:], strict=True)
    precision, recall, f1, number = theirs[0]
    return {
        "overall": scores_of(precision, recall, f1, number, counts.total().accuracy()),
        "per_type": {name: scores_of(*row) for name, row in rows},
    }


def _check(theirs: Doubles, counts: Counts) -> None:
    """Compare seqeval's numbers, (1 + types, 4), with those of our counts."""
    total = counts.total()
    ours = np.vstack([[*total.overall(), total.gold.sum()], np.column_stack([*total.per_type(), total.gold])])
    # First, since only then are the other numbers of the same types.
    numbers = [("number of types", len(theirs) - 1, len(ours) - 1)]
    for name, of_seqeval, of_counts in zip(("all types", *counts.types), theirs, ours, strict=False):
        for index, measure in enumerate(("precision", "recall", "F1", "number of gold entities")):
            numbers.append((f"{measure} of {name}", of_seqeval[index], of_counts[index]))
    for name, of_seqeval, of_counts in numbers:
        if abs(of_seqeval - of_counts) > 1e-9:  # F1 is computed in another order
            raise UserError(
                f"evaluate: {name} is {of_seqeval:.10g} by seqeval and {of_counts:.10g} by our own counts; expected "
                "the same number; report both to Tagline's authors, with the versions of seqeval and numpy"
            )


def _label_names(sentences: Sequence[TaggedSentence]) -> list[list[list[str]]]:
    """Build the gold and the predicted sequences of label names that seqeval reads: runs of words that are not O."""
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
