"""Evaluation: label validation and test with the fine-tuned model and compute their metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import PartialState

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.core.provenance import verify
from tagline.labels.label_list import Labels
from tagline.labels.tagged import TaggedSentences
from tagline.metrics.counts import count
from tagline.metrics.params import Bootstrap, Evaluate
from tagline.metrics.scored_split import ScoredSplit, metrics
from tagline.metrics.scores import score
from tagline.metrics.training_index import TrainingIndex
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, workers
from tagline.model.heads import load_head
from tagline.model.precision import resolve
from tagline.model.prediction import Predictor, predict_split

SPLITS = ("validation", "test")


@dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        labels: the task's label list.
        splits: the scored splits by name.
        metrics: the metrics of each split, see `scored_split.metrics`.
        best_epoch: the epoch whose weights were evaluated.
    """

    labels: Labels
    splits: dict[str, ScoredSplit]
    metrics: dict[str, dict[str, Any]]
    best_epoch: int


def evaluate(data: Path, finetuned: Path, params: Evaluate) -> Evaluation:
    """Label and score validation and test.

    Args:
        data: data/tokenized.
        finetuned: models/finetuned.
        params: the section ``evaluate``.

    Raises:
        UserError: an artifact is missing or damaged, the model does not match the data, or the model produces NaN or
            infinite logits.
    """
    verify(data, "tokenize-align")
    verify(finetuned, "train")
    labels = tokenized.load_labels(data)
    loaded = {name: tokenized.load_split(data, name) for name in ("train", *SPLITS)}
    backend = _load_backend(data, finetuned, params, labels)
    with workers(backend.device) as threads:
        head = load_head(finetuned, labels, params.decoding, "train")
        predictor = Predictor(backend, head, labels, params.subwords_per_batch, threads)
        splits, measured = label_and_score(loaded, predictor, params.bootstrap)
    return Evaluation(labels, splits, measured, classifier.best_epoch(finetuned))


def label_and_score(
    loaded: Mapping[str, Split], predictor: Predictor, bootstrap: Bootstrap
) -> tuple[dict[str, ScoredSplit], dict[str, dict[str, Any]]]:
    """Label validation and test and compute their metrics; ``loaded`` has train, too."""
    labels = predictor.labels
    splits = {name: _label(loaded[name], name, predictor) for name in SPLITS}
    others = [split.sentences for split in splits.values()]
    training = TrainingIndex(loaded["train"].labelled_words(labels), others, labels.kind)
    return splits, {name: metrics(split, training, bootstrap) for name, split in splits.items()}


def _load_backend(data: Path, finetuned: Path, params: Evaluate, labels: Labels) -> TorchModel:
    """Load the fine-tuned model onto this host's device."""
    precision = resolve(params.precision, PartialState().device, "evaluate.precision")
    model = classifier.load(finetuned, labels)
    tokenized.check_tokenizer(data, finetuned, "train")
    return TorchModel.for_inference(model, precision)


def _label(split: Split, name: str, predictor: Predictor) -> ScoredSplit:
    """Label the words of a split, with its name on the progress bar."""
    labels, gold = predictor.labels, split.gold()
    predictions = predict_split(predictor, split, name, gold)
    ids, words = split.ids_and_words()
    lengths, scores = split.lengths(), predictions.scores
    greedy = TaggedSentences(labels, lengths, predictions.greedy, scores, gold)
    seen = len(gold) - predictions.without_subwords
    return ScoredSplit(
        labels.kind,
        TaggedSentences(labels, lengths, predictions.labels, scores, gold, ids, words),
        predictions.without_subwords,
        predictions.loss / max(1, seen),
        score(count(greedy, labels.kind))["overall"]["f1"],
    )
