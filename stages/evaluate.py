"""Stage 4, evaluate: a label for every word of validation and test, scored, and the tables behind the pictures.

Reads the section ``evaluate`` of params.yaml, data/tokenized, models/finetuned, and for the page the learning curves
plots/train_loss.csv and plots/validation.csv.
Writes data/predictions (a Parquet file a split: id, words, gold, predicted, score), metrics/evaluate.json,
plots/confusion.csv and plots/per_type.csv (both of the test split), and reports/evaluate.html, a page with all of it.

    python stages/evaluate.py
    python stages/evaluate.py --show    print the scores of the last run, compute nothing
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
from accelerate import PartialState
from tabulate import tabulate

from tagging import models, plots, tokenized
from tagging.backends.torch_model import TorchModel
from tagging.faults import Fault, exit_with_message
from tagging.labels import Labels
from tagging.outputs import read_json, replacing, write_json
from tagging.params.evaluate import Evaluate
from tagging.params.reader import read_section
from tagging.precision import resolve
from tagging.prediction import Predicted, Predictor, predict_split
from tagging.progress import quiet
from tagging.report import curves
from tagging.report.findings import Row
from tagging.report.page import Evaluation, render
from tagging.scoring import score
from tagging.tokenized import Split

TOKENIZED = Path("data/tokenized")
FINETUNED = Path("models/finetuned")
PREDICTIONS = Path("data/predictions")
METRICS = Path("metrics/evaluate.json")
CONFUSION = Path("plots/confusion.csv")
PER_TYPE = Path("plots/per_type.csv")
TRAIN_LOSS = Path("plots/train_loss.csv")
VALIDATION = Path("plots/validation.csv")
REPORT = Path("reports/evaluate.html")

SPLITS = ("validation", "test")


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the fine-tuned model word by word.")
    parser.add_argument("--show", action="store_true", help="print the scores of the last run, compute nothing")
    if parser.parse_args().show:
        print(table(read_json(METRICS, "evaluate")))
        return
    params = read_section("evaluate", Evaluate)
    quiet()
    labels = tokenized.load_labels(TOKENIZED)
    losses, epochs = curves.read(TRAIN_LOSS, curves.LOSSES), curves.read(VALIDATION, curves.EPOCHS)
    splits = {split: tokenized.load_split(TOKENIZED, split) for split in SPLITS}
    precision = resolve(params.precision, PartialState().device, "evaluate.precision")
    backend = TorchModel(models.load(FINETUNED, labels), precision)
    tokenized.check_tokenizer(TOKENIZED, FINETUNED)
    predictor = Predictor(backend, labels, params.decoding, params.tokens_per_batch)
    predicted = {name: predict_split(predictor, split, name) for name, split in splits.items()}
    metrics = {name: split_metrics(splits[name], predicted[name], labels) for name in SPLITS}
    outs = (PREDICTIONS, METRICS, CONFUSION, PER_TYPE, REPORT)
    with replacing(*outs) as (predictions, metrics_file, confusion, per_type, report):
        predictions.mkdir()
        for name, split in splits.items():
            write_predictions(split, predicted[name], labels, predictions / f"{name}.parquet")
        write_json(metrics_file, metrics)
        plots.write_confusion(splits["test"].gold(labels), predicted["test"].labels, labels.kind, confusion)
        plots.write_per_type(metrics["test"]["per_type"], per_type)
        rows = {name: report_rows(split, predicted[name], labels) for name, split in splits.items()}
        report.write_bytes(render(Evaluation(labels, rows, metrics, losses, epochs)).encode())
    print(table(metrics))


def split_metrics(split: Split, predicted: Predicted, labels: Labels) -> dict[str, Any]:
    """The scores of a split, and the counts that show that no word was left out.

    Raises:
        Fault: a gold word has no prediction.
    """
    gold = split.gold(labels)
    unscored = sum(abs(len(a) - len(b)) for a, b in zip(gold, predicted.labels, strict=True))
    if unscored:
        raise Fault(f"{unscored} words of {TOKENIZED} got no prediction")
    return {
        **score(gold, predicted.labels, labels.kind),
        "sentences": len(gold),
        "words": sum(map(len, gold)),
        "words_unscored": unscored,
        "words_without_subwords": predicted.unseen,
    }


def write_predictions(split: Split, predicted: Predicted, labels: Labels, path: Path) -> None:
    """Write a row a sentence: id, words, gold, predicted (label names), score (float32), one of each a word."""
    table = {
        "id": split.sentences["id"][:],
        "words": split.sentences["words"][:],
        "gold": split.gold(labels),
        "predicted": predicted.labels,
        "score": predicted.scores,
    }
    pd.DataFrame(table).to_parquet(path, index=False)


def report_rows(split: Split, predicted: Predicted, labels: Labels) -> list[Row]:
    """What the page shows sentences of."""
    sentences = split.sentences
    columns = (sentences["id"][:], sentences["words"][:], split.gold(labels), predicted.labels, predicted.scores)
    return [Row(*row) for row in zip(*columns, strict=True)]


def table(metrics: dict[str, Any]) -> str:
    """The scores as a table for a terminal: a row a type of each split, the overall row last."""
    rows = []
    for split, scores in metrics.items():
        for name, numbers in [*scores["per_type"].items(), ("overall", scores["overall"])]:
            accuracy = numbers.get("accuracy", "")
            rows.append(
                [split, name, numbers["precision"], numbers["recall"], numbers["f1"], accuracy, numbers["number"]]
            )
    headers = ["split", "type", "precision", "recall", "F1", "accuracy", "number"]
    return tabulate(rows, headers, tablefmt="simple", floatfmt=".3f")


if __name__ == "__main__":
    exit_with_message(main)
