"""Scored split: the sentences of a split with gold and predicted labels, and the scores of record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from tagline.core.errors import UserError
from tagline.labels.entities import entity_arrays, is_outside
from tagline.labels.label_list import NOT_CALIBRATED, Calibration, Kind
from tagline.labels.schemes import OUTSIDE
from tagline.labels.tagged import TaggedSentence, flatten, has_sets
from tagline.metrics.calibration import reliability
from tagline.metrics.outcomes import Outcome, confusion, outcomes_of_errors
from tagline.metrics.scores import Counts, count, scores_of


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
        uncalibrated: `reliability` before scores were calibrated, if they are.
        altered: the same sentences with the labels of altered forms of their words, by name (`altered_forms.FORMS`);
            only forms that change a word. None: not labelled.
    """

    kind: Kind
    sentences: Sequence[TaggedSentence]
    words_without_subwords: int
    loss: float = 0.0
    greedy_f1: float = 0.0
    words_unscored: int = 0
    uncalibrated: pd.DataFrame | None = None
    altered: Mapping[str, Sequence[TaggedSentence]] | None = None

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

    def calibrated(self, calibration: Calibration) -> ScoredSplit:
        """The split with calibrated scores, which were not."""
        if calibration == NOT_CALIBRATED:
            return self
        flat = flatten(self.sentences)
        scores = calibration.apply(flat.scores, is_outside(flat.predicted, flat.labels))
        return replace(self, sentences=replace(flat, scores=scores), uncalibrated=self.reliability)


def scores_of_record(sentences: Sequence[TaggedSentence], counts: Counts) -> dict[str, Any]:
    """Score entities with seqeval in its default mode, conlleval's rule, and compare all numbers with our counts.

    Accuracy is of our counts, as are all scores of plain tags, which seqeval does not know.

    Args:
        sentences: with gold labels of the kind ``spans``.
        counts: of the same sentences.

    Returns:
        As `scores.score`.

    Raises:
        UserError: a number is not the same; the message has both.
    """
    # Not above, since it takes two seconds, and `tagline compare` needs this folder for a constant alone.
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    rows, total = _label_names(sentences), counts.total()
    overall, per_type = (precision_recall_fscore_support(*rows, average=of, zero_division=0) for of in ("micro", None))
    theirs = np.vstack([overall, np.column_stack(per_type)])  # (1 + types, 4)
    ours = np.vstack([[*total.overall(), total.gold.sum()], np.column_stack([*total.per_type(), total.gold])])
    measures = ("precision", "recall", "F1", "number of gold entities")
    names = (f"{measure} of {name}" for name in ("all types", *counts.types) for measure in measures)
    # Only if the numbers of types, which come first, are the same, are the others of the same types.
    sides = ([len(side) - 1, *side.ravel().tolist()] for side in (theirs, ours))
    for name, of_seqeval, own in zip(("number of types", *names), *sides, strict=False):
        if abs(of_seqeval - own) > 1e-9:  # F1 is computed in another order
            raise UserError(
                f"evaluate: {name} is {of_seqeval:.10g} by seqeval and {own:.10g} by our own counts; expected the same "
                "number; report both to Tagline's authors, with the versions of seqeval and numpy"
            )
    per_type = {name: scores_of(*row) for name, row in zip(counts.types, theirs[1:], strict=True)}
    precision, recall, f1, number = theirs[0]
    return {"overall": scores_of(precision, recall, f1, number, total.accuracy()), "per_type": per_type}


def _label_names(sentences: Sequence[TaggedSentence]) -> list[list[list[str]]]:
    """Build the gold and the predicted sequences of label names that seqeval reads.

    A word that is O on both sides ends what is before it, as the end of a sequence does. So only the other words are
    given, each run of them as a sequence, which takes less time and memory.

    seqeval counts the same entities as `counts.count`, also where gold labels are unknown: such words are O, as are all
    words of a gold or predicted entity that gold does not decide (see `entities.is_decided`). The entities beside these
    begin and end where they did: gold ``B-X I-X ? I-Y``, which decides neither X nor Y, is read as ``O O O O``. Which
    entities these are, our code alone says; where all gold labels are known, seqeval reads the labels unchanged.
    """
    flat = flatten(sentences)
    outside = len(flat.labels.names)  # and above it the sets, which are read as O
    names = [*flat.labels.names, OUTSIDE]
    array = np.array(names, object)
    sides = []
    for labels, scored in ((flat.known_gold, flat.gold_entities), (flat.predicted, flat.predicted_entities)):
        ids = np.minimum(labels, outside)
        if has_sets(flat.labels, flat.gold):
            found = entity_arrays(ids, flat.offsets, names, "spans")
            undecided = found.where(~np.isin(found.start, scored.start))
            # An entity of words 1 and 2, up to 3: 0 1 0 -1 becomes 0 1 1 0.
            borders = np.zeros(len(ids) + 1, np.int8)
            borders[undecided.start] = 1
            borders[undecided.end] -= 1
            ids[np.cumsum(borders[:-1], dtype=np.int8) > 0] = outside
        sides.append(ids)
    words = np.flatnonzero(np.any([(array != OUTSIDE)[ids] for ids in sides], axis=0))
    # Words 3, 4 and 7, of which 4 begins a sentence, are three runs, with borders 0, 1, 2 and 3.
    begins = np.flatnonzero((np.diff(words, prepend=-2) > 1) | np.isin(words, flat.offsets))
    runs = list(pairwise([*begins.tolist(), len(words)]))
    tags = (array[ids[words]].tolist() for ids in sides)
    return [[side[begin:end] for begin, end in runs] or [[]] for side in tags]
