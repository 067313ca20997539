"""Evaluations of handmade sentences, with their real metrics, for tests of the report."""

from helpers.tagged import sentences

from tagline.artifacts.predictions import Settings
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.measurements.order import measurements_of
from tagline.evaluation.scored_split import ScoredSplit
from tagline.evaluation.stage import Evaluation, measure
from tagline.labels.label_list import Labels
from tagline.report.evaluation_page import render

# The learning curves of a short training.
LOSSES = [{"step": 1.0, "loss": 2.0}, {"step": 2.0, "loss": 1.5}]
EPOCHS = [{"epoch": 1.0, "f1": 0.25, "loss": 0.9}, {"epoch": 2.0, "f1": 0.5, "loss": 0.7}]


def sentence(text, gold, predicted, score=0.5, name="s-0", kind="spans"):
    """Build a sentence from words and labels separated by single spaces; each word has the same score."""
    words = text.split(" ")
    (result,) = sentences([gold], [predicted], kind, [words], [[score] * len(words)], [name])
    assert len(result.words) == len(result.predicted)
    return result


def with_common_labels(sentences):
    """Give sentences of different label lists the same one, as those of a split have."""
    names = tuple(sorted({name for one in sentences for name in one.labels.names}))
    return [one.relabelled(Labels("", one.kind, names, "")) for one in sentences]


def metrics_of(split):
    """All metrics of a split, without a training split."""
    params = Evaluate(subwords_per_batch=None, precision="fp32")
    return measure(split, measurements_of(params, Labels("", split.kind, (), "")))


def evaluation(test, validation=None, kind="spans"):
    """Evaluate sentences; by default, validation is the first sentence of test."""
    given = {"validation": test[:1] if validation is None else validation, "test": test}
    splits = {name: ScoredSplit(kind, with_common_labels(given[name]), 0) for name in given}
    names = {name for split in splits.values() for one in split.sentences for name in one.labels.names}
    labels = Labels("ner" if kind == "spans" else "pos", kind, tuple(sorted(names)), min(names))
    scores = {name: metrics_of(split) for name, split in splits.items()}
    return Evaluation(labels=labels, splits=splits, metrics=scores, best_epoch=2, settings=Settings("fp32"))


def page(evaluation):
    """Render the report of an evaluation, with short learning curves."""
    return render(evaluation, LOSSES, EPOCHS)
