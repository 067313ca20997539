"""Stage 4, evaluate: label every word of validation and test, score the labels, and show where they fail.

Reads the section ``evaluate`` of params.yaml, data/tokenized, models/finetuned, and the learning curves
plots/train_loss.csv and plots/validation.csv.
Writes data/predictions (see `tagline.artifacts.predictions`), metrics/evaluate.json, plots/confusion.csv,
plots/per_type.csv and plots/reliability.csv of the test split, and reports/evaluate.html.

    python stages/evaluate.py
    python stages/evaluate.py --show    print the scores of the last run, compute nothing
"""

from __future__ import annotations

from tagline.core.signals import default_sigint

if __name__ == "__main__":
    default_sigint()

import argparse
from pathlib import Path

from tagline.artifacts import learning_curves, predictions
from tagline.core import launchers
from tagline.core.errors import exit_with_message
from tagline.core.outputs import replacing, write_json
from tagline.core.params import read_section
from tagline.core.progress import quiet
from tagline.metrics import plots
from tagline.metrics.params import Evaluate
from tagline.metrics.run import evaluate, table, table_of
from tagline.report import curves
from tagline.report.page import render

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


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the fine-tuned model word by word.")
    parser.add_argument("--show", action="store_true", help="print the scores of the last run, compute nothing")
    if parser.parse_args().show:
        print(table_of(METRICS))
        return
    launchers.only_main_process("evaluate")
    params = read_section("evaluate", Evaluate)
    quiet()
    losses = learning_curves.read(TRAIN_LOSS, curves.LOSSES)
    epochs = learning_curves.read(VALIDATION, curves.EPOCHS)
    found = evaluate(TOKENIZED, FINETUNED, params)
    test, of_test = found.splits["test"], found.metrics["test"]
    page = render(found, losses, epochs)
    outs = (PREDICTIONS, METRICS, CONFUSION, PER_TYPE, RELIABILITY, REPORT)
    with replacing(*outs) as (folder, metrics, confusion, per_type, reliability, report):
        folder.mkdir()
        for name, split in found.splits.items():
            predictions.write(folder, name, split.sentences)
        predictions.write_provenance(folder, found.labels, params.decoding)
        write_json(metrics, found.metrics)
        plots.write_confusion(test.sentences, test.kind, confusion)
        plots.write_per_type(of_test["per_type"], of_test["intervals"]["per_type"], per_type)
        plots.write_reliability(test.reliability, reliability)
        report.write_bytes(page.encode())
    print(table(found.metrics))


if __name__ == "__main__":
    exit_with_message(main)
