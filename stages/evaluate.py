"""Stage 4, evaluate: a label for every word of validation and test, scored, and the tables behind the pictures.

Reads the section ``evaluate`` of params.yaml, data/tokenized, models/finetuned, and the learning curves
plots/train_loss.csv and plots/validation.csv.
Writes data/predictions (a Parquet file a split: id, words, gold, predicted, score), metrics/evaluate.json, of the test
split plots/confusion.csv, plots/per_type.csv and plots/reliability.csv, and reports/evaluate.html, a page of all that.

    python stages/evaluate.py
    python stages/evaluate.py --show    print the scores of the last run, compute nothing
"""

from __future__ import annotations

from tagline.core.signals import default_sigint

if __name__ == "__main__":
    default_sigint()

import argparse
from pathlib import Path
from typing import Any

from accelerate import PartialState
from tabulate import tabulate

from tagline.artifacts import learning_curves, tokenized
from tagline.artifacts.tokenized import Split
from tagline.core import launchers
from tagline.core.errors import UserError, exit_with_message
from tagline.core.outputs import read_json, replacing, write_json
from tagline.core.params import read_section
from tagline.core.progress import quiet
from tagline.labels.label_list import Labels
from tagline.metrics import evaluation, plots
from tagline.metrics.evaluation import ScoredSplit
from tagline.metrics.params import Evaluate
from tagline.metrics.training_index import TrainingIndex
from tagline.model import classifier
from tagline.model.backends.torch_model import TorchModel, workers
from tagline.model.precision import cast_linear_layers, resolve
from tagline.model.prediction import Predictor, predict_split
from tagline.report import curves
from tagline.report.outcomes import Row
from tagline.report.page import Evaluation, render

TOKENIZED = Path("data/tokenized")
FINETUNED = Path("models/finetuned")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics/evaluate.json")
CONFUSION = Path("plots/confusion.csv")
PER_TYPE = Path("plots/per_type.csv")
RELIABILITY = Path("plots/reliability.csv")
TRAIN_LOSS = Path("plots/train_loss.csv")
VALIDATION = Path("plots/validation.csv")
REPORT = Path("reports/evaluate.html")

SPLITS = ("validation", "test")


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the fine-tuned model word by word.")
    parser.add_argument("--show", action="store_true", help="print the scores of the last run, compute nothing")
    if parser.parse_args().show:
        show()
        return
    launchers.only_main_process("evaluate")
    params = read_section("evaluate", Evaluate)
    quiet()
    labels = tokenized.load_labels(TOKENIZED)
    losses, epochs = learning_curves.read(TRAIN_LOSS, curves.LOSSES), learning_curves.read(VALIDATION, curves.EPOCHS)
    loaded = {name: tokenized.load_split(TOKENIZED, name) for name in ("train", *SPLITS)}
    backend = load_backend(params, labels)
    with workers(backend.device) as threads:
        predictor = Predictor(backend, labels, params.decoding, params.subwords_per_batch, threads)
        splits = {name: label(loaded[name], name, predictor) for name in SPLITS}
    seen = TrainingIndex(loaded["train"].labelled_words(labels), labels.kind)
    metrics = {name: evaluation.metrics(split, seen, params.bootstrap) for name, split in splits.items()}
    test = metrics["test"]
    bins = splits["test"].reliability()
    page = render(
        Evaluation(labels, {name: rows(split) for name, split in splits.items()}, metrics, losses, epochs, bins)
    )
    outs = (PREDICTIONS, METRICS, CONFUSION, PER_TYPE, RELIABILITY, REPORT)
    with replacing(*outs) as (predictions, metrics_file, confusion, per_type, reliability, report):
        predictions.mkdir()
        for name, split in splits.items():
            split.table().to_parquet(predictions / f"{name}.parquet", index=False)
        write_json(metrics_file, metrics)
        plots.write_confusion(splits["test"].gold, splits["test"].predicted, labels.kind, confusion)
        plots.write_per_type(test["per_type"], test["intervals"]["per_type"], per_type)
        plots.write_reliability(bins, reliability)
        report.write_bytes(page.encode())
    print(table(metrics))


def show() -> None:
    """Print the scores of the last run."""
    try:
        print(table(read_json(METRICS, "evaluate")))
    except (KeyError, TypeError, AttributeError):
        raise UserError(f"{METRICS} is none that this version wrote: run `dvc repro evaluate` again") from None


def load_backend(params: Evaluate, labels: Labels) -> TorchModel:
    """The fine-tuned model on this host's device."""
    precision = resolve(params.precision, PartialState().device, "evaluate.precision")
    model = classifier.load(FINETUNED, labels)
    tokenized.check_tokenizer(TOKENIZED, FINETUNED, "train")
    cast_linear_layers(model, precision)
    return TorchModel(model, precision)


def label(split: Split, name: str, predictor: Predictor) -> ScoredSplit:
    """What the model says of a split, under a progress bar of its name."""
    found = predict_split(predictor, split, name)
    ids, words = split.sentences["id"][:], split.sentences["words"][:]
    labels = predictor.labels
    return ScoredSplit(labels.kind, ids, words, split.gold(labels), found.labels, found.scores, found.unseen)


def rows(split: ScoredSplit) -> list[Row]:
    """What the page shows sentences of."""
    return [Row(*row) for row in zip(split.ids, split.words, split.gold, split.predicted, split.scores, strict=True)]


def table(metrics: dict[str, Any]) -> str:
    """The scores as a table for a terminal: a row a type of each split, the overall row last."""
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


if __name__ == "__main__":
    exit_with_message(main)
