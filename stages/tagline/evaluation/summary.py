"""Summary of a scored split: the scores of record, all metrics, those that people compare, and the plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tagline.evaluation.altered_forms import CASES
from tagline.evaluation.evaluate_params import Bootstrap
from tagline.labels.entities import entity_arrays, is_outside
from tagline.labels.label_list import NOT_CALIBRATED, Calibration, Kind
from tagline.labels.schemes import OUTSIDE
from tagline.labels.tagged import TaggedSentence, flatten, has_sets
from tagline.metrics.calibration import calibration, reliability
from tagline.metrics.outcomes import NO_TYPE, Outcome, confusion, count_outcomes, matching, outcomes_of_errors
from tagline.metrics.resampling import f_beta, intervals
from tagline.metrics.scores import Counts, count, count_repaired, rounded, score, scores_of, strict
from tagline.metrics.slices import TrainingIndex, slices
from tagline.terminal.errors import UserError

# What a split of some hundred entities supports; more digits would differ between hosts of one precision.
COMPARED_DIGITS = 4
# Of scores of single predictions, whose last digits differ between hosts of one precision.
CALIBRATION_DIGITS = 3


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


def all_metrics(split: ScoredSplit, training: TrainingIndex, bootstrap: Bootstrap, beta: float = 1.0) -> dict[str, Any]:
    """Compute all metrics of a split, for reports/evaluate.json: numbers and dictionaries, never NaN.

    Args:
        split: with gold and predicted labels.
        training: index of the training split.
        bootstrap: for the intervals.
        beta: of F-beta.

    Returns:
        overall and per_type, of spans as `scores_of_record`, of plain tags as `scores.score`; f_beta unless beta is 1,
        see `resampling.f_beta`; loss; intervals of the scores; greedy, the F1 of greedy decoding; strict, repaired and
        matching (spans only), see `scores.strict`, `scores.count_repaired` and `outcomes.matching`; slices; errors, see
        `outcomes.count_outcomes`; calibration; altered, see `of_altered`, if they are labelled; the numbers of
        sentences, words, words_unscored (always 0) and words_without_subwords; and unknown, see `unknown`, if gold
        labels are.

    Raises:
        UserError: a word has no prediction, or seqeval and our counts disagree.
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
        **(scores_of_record(sentences, counts) if kind == "spans" else score(counts)),
        **({} if beta == 1 else {"f_beta": f_beta(counts, beta)}),
        "loss": rounded(split.loss),
        "intervals": intervals(counts, bootstrap.resamples, bootstrap.seed),
        "greedy": {"f1": split.greedy_f1},
        **of_spans,
        "slices": slices(sentences, counts, training),
        "errors": count_outcomes(split.outcomes.values(), int(counts.correct.sum()), kind),
        "calibration": calibration(split.reliability, split.uncalibrated),
        **({} if split.altered is None else {"altered": of_altered(split.altered, bootstrap)}),
        "sentences": len(sentences),
        "words": len(flatten(sentences).predicted),
        "words_unscored": split.words_unscored,
        "words_without_subwords": split.words_without_subwords,
        **unknown(sentences),
    }


def of_altered(forms: Mapping[str, Sequence[TaggedSentence]], bootstrap: Bootstrap) -> dict[str, dict[str, float]]:
    """Score entities in each altered form: ``{FORM: {precision, recall, f1, accuracy, number, low, high}}``.

    The last two are the ends of the 95 % interval of F1.
    """
    counts = {name: count(sentences, "spans") for name, sentences in forms.items()}
    return {
        name: scores_of_record(forms[name], of_form)["overall"]
        | intervals(of_form, bootstrap.resamples, bootstrap.seed)["overall"]["f1"]
        for name, of_form in counts.items()
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


def compared(metrics: Mapping[str, Mapping[str, Any]], best_epoch: int) -> dict[str, float | int]:
    """Choose the few numbers that people compare between commits, for metrics/evaluate.json.

    The names are flat and unique across all metrics files. `dvc exp show` keeps their order, so the most important come
    first; `dvc metrics diff` sorts them by name within a file, so that ``test.f1`` comes first there too (which is why
    accuracy is called ``word_accuracy``).

    Args:
        metrics: of validation and test, see `all_metrics`.
        best_epoch: the epoch whose weights were evaluated.

    Returns:
        test.f1, validation.f1, train.best_epoch, then precision, recall, word_accuracy and loss of both splits, and
        on test the calibration error of scores, the F1 of each type and of greedy decoding, and the lowest F1 of the
        forms of letter case.
    """
    scores = {
        split: metrics[split]["overall"]
        | {"word_accuracy": metrics[split]["overall"]["accuracy"], "loss": metrics[split]["loss"]}
        for split in ("test", "validation")
    }
    others = ("precision", "recall", "word_accuracy", "loss")
    per_type = {f"test.f1.{name}": numbers["f1"] for name, numbers in metrics["test"]["per_type"].items()}
    error = {"test.calibration_error": metrics["test"]["calibration"].get("ece")}
    altered = metrics["test"].get("altered", {})
    of_cases = [altered[name]["f1"] for name in CASES if name in altered]
    chosen = {
        **{f"{split}.f1": of_split["f1"] for split, of_split in scores.items()},
        "train.best_epoch": best_epoch,
        **{f"{split}.{name}": of_split[name] for split, of_split in scores.items() for name in others},
        **{name: ece for name, ece in error.items() if ece is not None},
        **per_type,
        "test.f1_greedy": metrics["test"]["greedy"]["f1"],
        **({"test.f1_lowest_case": min(of_cases)} if of_cases else {}),
    }
    return {name: round(value, COMPARED_DIGITS) for name, value in chosen.items()}


def write_confusion(counts: Mapping[tuple[str, str], int], kind: Kind, path: Path) -> None:
    """Write the number of words per pair of types, ``gold,predicted,number``, as `outcomes.confusion` counts them."""
    names = {name: name for pair in counts for name in pair}
    if kind == "spans" and OUTSIDE in names:
        names[OUTSIDE] = f"{OUTSIDE} (type)"  # unlike words outside all entities
    names[NO_TYPE] = OUTSIDE
    rows = sorted((names[gold], names[predicted], number) for (gold, predicted), number in counts.items())
    _write(pd.DataFrame(rows, columns=["gold", "predicted", "number"]), path)


def write_per_type(scores: dict[str, dict[str, Any]], intervals: dict[str, dict[str, Any]], path: Path) -> None:
    """Write the scores of each type, ``type,precision,recall,f1,low,high,number``, with the interval of F1."""
    columns = ["type", "precision", "recall", "f1", "low", "high", "number"]
    rows = [{"type": name, **numbers, **intervals[name]["f1"]} for name, numbers in scores.items()]
    _write(pd.DataFrame(rows, columns=columns), path)


def write_reliability(bins: pd.DataFrame, uncalibrated: pd.DataFrame | None, path: Path) -> None:
    """Write the bins of `calibration.reliability`: ``bin,confidence,accuracy,number,scores``.

    Args:
        bins: of the split.
        uncalibrated: before calibration; None: bins are not calibrated.
        path: of the file.
    """
    tables = {"uncalibrated": bins} if uncalibrated is None else {"calibrated": bins, "uncalibrated": uncalibrated}
    rows = pd.concat([table.assign(scores=name) for name, table in tables.items()])
    _write(rows.round({"confidence": CALIBRATION_DIGITS, "accuracy": CALIBRATION_DIGITS}), path)


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")
