"""Evaluation: label validation, test and further test sets with the fine-tuned model and measure them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from accelerate import PartialState

from tagline.artifacts import tokenized
from tagline.artifacts.predictions import Settings
from tagline.core import verify
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.inputs import EvaluationInputs, read_counts
from tagline.evaluation.measurement import Entries, Labelled, Measurement, Metrics
from tagline.evaluation.measurements.order import measurements_of
from tagline.evaluation.scored_split import ScoredSplit
from tagline.labels import NOT_CALIBRATED, OUTSIDE, Labels, Precision, TaggedSentences, without_types
from tagline.labels.label_list import translation
from tagline.metrics.scores import count, score
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, memory_errors, workers
from tagline.model.batches import default_size
from tagline.model.heads import load_head
from tagline.model.precision import resolve
from tagline.model.prediction import Predictor, score_split
from tagline.terminal import UserError


@dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        labels: of all splits: the task's, then those of test sets alone.
        metrics: of each split, for reports/evaluate.json.
        best_epoch: whose weights were evaluated.
    """

    labels: Labels
    splits: Mapping[str, ScoredSplit]
    metrics: Metrics
    best_epoch: int
    settings: Settings


def evaluate(
    raw: Path, data: Path, tests: Path, report: Path, finetuned: Path, curves: Sequence[Path], params: Evaluate
) -> Evaluation:
    """Label and measure validation, test and further test sets.

    Args:
        raw: data/raw, whose documents are read for promises.
        curves: the learning curves, which the caller reads.

    Raises:
        UserError: an artifact is missing or damaged, a param does not fit the data, or a logit is NaN or infinite.
    """
    verify(data, "tokenize-align")
    verify(tests, "tokenize-align")
    verify(finetuned, "train", *curves)
    labels_of_tests = tokenized.load_labels(tests)
    labels = tokenized.load_labels(data)
    measurements = measurements_of(params, labels)

    inputs = EvaluationInputs(raw, data, tests, finetuned, labels, read_counts(report))
    backend = _load_backend(data, finetuned, params.precision, labels)
    head = load_head(finetuned, labels, "train")
    size = params.subwords_per_batch or default_size(backend.device.type)

    with workers(backend.device) as threads, memory_errors("evaluate.subwords_per_batch", params.subwords_per_batch):
        predictor = Predictor(backend, head, labels, size, threads)
        labelled = label(inputs, predictor, Settings(params.precision), measurements)
    metrics = {name: measure(split, measurements) for name, split in labelled.splits.items()}
    return Evaluation(labels_of_tests, labelled.splits, metrics, classifier.best_epoch(finetuned), labelled.settings)


def label(
    inputs: EvaluationInputs, predictor: Predictor, settings: Settings, measurements: Sequence[Measurement]
) -> Labelled:
    """Label all splits but train, and let measurements prepare."""
    biases: dict[str, float] = {}
    for measurement in measurements:
        biases |= measurement.choose_biases(inputs, predictor)
    predictor = replace(predictor, biases=biases, calibration=NOT_CALIBRATED)
    splits = {name: _label(name, inputs, predictor) for name in inputs.counts}
    labelled = Labelled(inputs, predictor, splits, settings._replace(biases=biases))
    for measurement in measurements:
        measurement.after_labels(labelled)
    return labelled


def measure(split: ScoredSplit, measurements: Sequence[Measurement]) -> Entries:
    """Compute the entries of a split in reports/evaluate.json.

    Raises:
        UserError: a word has no prediction.
    """
    if split.words_unscored:
        raise UserError(
            f"data/tokenized: no prediction for {split.words_unscored} words; expected one for each word that "
            "reports/data.json counts: run `dvc repro tokenize-align` again"
        )
    entries: Entries = {}
    for measurement in measurements:
        entries |= measurement.measure(split)
    return entries


def _load_backend(data: Path, finetuned: Path, wanted: Precision, labels: Labels) -> TorchModel:
    precision = resolve(wanted, PartialState().device, "evaluate.precision")
    model = classifier.load(finetuned, labels)
    tokenized.check_tokenizer(data, finetuned, "train")
    return TorchModel.for_inference(model, precision)


def _label(name: str, inputs: EvaluationInputs, predictor: Predictor) -> ScoredSplit:
    """Label the words of a split; of a further test set without the types that it lacks."""
    split = inputs.loaded[name]
    words_with_subwords, types = inputs.counts[name]
    left_out = types["lacking"] if types else []
    predictor = replace(predictor, left_out=left_out)
    gold = without_types(split.gold(), left_out, split.labels)
    # Labels that the task lacks have no probability, and O may be a type that is left out: the loss is without them.
    known = translation(split.labels, inputs.labels)[gold]
    if left_out:
        known = np.where(known == inputs.labels.label2id[OUTSIDE], -1, known)
    predictions = predictor.label(score_split(predictor, split, name), known)
    ids, words = split.ids_and_words()
    lengths = split.lengths()
    greedy = TaggedSentences(split.labels, lengths, predictions.greedy, predictions.scores, gold)
    return ScoredSplit(
        kind=inputs.labels.kind,
        sentences=TaggedSentences(split.labels, lengths, predictions.labels, predictions.scores, gold, ids, words),
        words_without_subwords=predictions.without_subwords,
        loss=predictions.mean_loss,
        greedy_f1=score(count(greedy, inputs.labels.kind))["overall"]["f1"],
        words_unscored=words_with_subwords - (len(gold) - predictions.without_subwords),
        name=name,
        types=types,
    )
