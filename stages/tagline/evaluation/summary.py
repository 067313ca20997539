"""Summary: what of the scores goes into which file: all metrics, those that people compare, and the plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tagline.core.errors import UserError
from tagline.evaluation.altered_forms import CASES
from tagline.evaluation.evaluate_params import Bootstrap
from tagline.evaluation.scored_split import ScoredSplit, scores_of_record
from tagline.labels.label_list import Kind
from tagline.labels.schemes import OUTSIDE
from tagline.labels.tagged import TaggedSentence, flatten
from tagline.metrics.calibration import calibration
from tagline.metrics.outcomes import NO_TYPE, count_outcomes, matching
from tagline.metrics.resampling import f_beta, intervals
from tagline.metrics.scores import count, count_repaired, rounded, score, strict
from tagline.metrics.slices import TrainingIndex, slices

# What a split of some hundred entities supports; more digits would differ between hosts of one precision.
COMPARED_DIGITS = 4
# Of scores of single predictions, whose last digits differ between hosts of one precision.
CALIBRATION_DIGITS = 3


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
