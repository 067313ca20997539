"""One evaluation: the fine-tuned model labels validation and test, and everything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import PartialState
from tabulate import tabulate

from tagline.artifacts import tokenized
from tagline.artifacts.tokenized import Split
from tagline.core.errors import UserError
from tagline.core.outputs import read_json
from tagline.labels.label_list import Labels
from tagline.labels.tagged import tagged_sentences
from tagline.metrics.evaluation import ScoredSplit, metrics
from tagline.metrics.params import Evaluate
from tagline.metrics.training_index import TrainingIndex
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, workers
from tagline.model.heads import make_head
from tagline.model.precision import cast_linear_layers, resolve
from tagline.model.prediction import Predictor, predict_split

SPLITS = ("validation", "test")


@dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        labels: the task's label list.
        splits: the sentences of each split with gold and predicted labels.
        metrics: of each split, see `evaluation.metrics`.
    """

    labels: Labels
    splits: dict[str, ScoredSplit]
    metrics: dict[str, dict[str, Any]]


def evaluate(data: Path, finetuned: Path, params: Evaluate) -> Evaluation:
    """Label and score validation and test.

    Args:
        data: data/tokenized.
        finetuned: models/finetuned.
        params: the section ``evaluate``.

    Raises:
        UserError: an artifact is missing or damaged, the model and the data do not belong together, or the model
            produces NaN.
    """
    labels = tokenized.load_labels(data)
    loaded = {name: tokenized.load_split(data, name) for name in ("train", *SPLITS)}
    backend = _load_backend(data, finetuned, params, labels)
    with workers(backend.device) as threads:
        head = make_head("linear", labels, params.decoding)
        predictor = Predictor(backend, head, labels, params.subwords_per_batch, threads)
        splits = {name: _label(loaded[name], name, predictor) for name in SPLITS}
    training = TrainingIndex(loaded["train"].labelled_words(labels), labels.kind)
    return Evaluation(
        labels, splits, {name: metrics(split, training, params.bootstrap) for name, split in splits.items()}
    )


def _load_backend(data: Path, finetuned: Path, params: Evaluate, labels: Labels) -> TorchModel:
    """Load the fine-tuned model onto this host's device."""
    precision = resolve(params.precision, PartialState().device, "evaluate.precision")
    model = classifier.load(finetuned, labels)
    tokenized.check_tokenizer(data, finetuned, "train")
    cast_linear_layers(model, precision)
    return TorchModel(model, precision)


def _label(split: Split, name: str, predictor: Predictor) -> ScoredSplit:
    """Label the words of a split, under a progress bar of its name."""
    found = predict_split(predictor, split, name)
    ids, words = split.ids_and_words()
    labels = predictor.labels
    sentences = tagged_sentences(labels, split.lengths(), found.labels, found.scores, split.gold(), ids, words)
    return ScoredSplit(labels.kind, list(sentences), found.without_subwords)


def table_of(path: Path) -> str:
    """Lay out metrics/evaluate.json as `table` does.

    Raises:
        UserError: the file is missing, or another version of the project wrote it.
    """
    try:
        return table(read_json(path, "evaluate"))
    except (KeyError, TypeError, AttributeError):
        raise UserError(
            f"{path}: written by another version; expected scores: run `dvc repro evaluate` again"
        ) from None


def table(metrics: dict[str, Any]) -> str:
    """Lay out scores for a terminal: one row per type of each split, the overall row last."""
    rows = []
    for split, scores in metrics.items():
        ends = scores["intervals"]
        types = [(name, numbers, ends["per_type"][name]) for name, numbers in scores["per_type"].items()]
        for name, numbers, interval in [*types, ("overall", scores["overall"], ends["overall"])]:
            ratios = [numbers["precision"], numbers["recall"], numbers["f1"]]
            between = "{low:.3f}-{high:.3f}".format(**interval["f1"])
            rows.append([split, name, *ratios, between, numbers.get("accuracy", ""), numbers["number"]])
    headers = ["split", "type", "precision", "recall", "F1", "95 % of F1", "accuracy", "number"]
    return tabulate(rows, headers, tablefmt="simple", floatfmt=".3f")
