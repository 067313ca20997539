"""Stage 4, evaluate: label each word of validation, test and further test sets, score the labels, and write a report.

Reads the section ``evaluate`` of params.yaml, data/tokenized, data/tokenized_tests, reports/data.json,
models/finetuned, plots/train_loss.csv and plots/validation.csv; for the report, the provenance of data set and encoder;
for promises, also data/raw. Writes data/predictions (see
`tagline.artifacts.predictions`), metrics/evaluate.json (what people compare between commits), reports/evaluate.json
(all scores), reports/evaluate.html, and for the test split, or else validation, plots/confusion.csv, plots/per_type.csv
and plots/reliability.csv.

    python stages/evaluate.py
"""

from tagline.terminal import exit_with_message, prepare_process, show, take_no_arguments

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core import PROVENANCE, launchers, read_columns, replacing, write_json
from tagline.core.params import read_section
from tagline.evaluation.evaluate_params import Evaluate
from tagline.evaluation.score_table import score_table

RAW, TOKENIZED, TESTS = Path("data/raw"), Path("data/tokenized"), Path("data/tokenized_tests")
DATA = Path("reports/data.json")
FINETUNED, PREDICTIONS = Path("models/finetuned"), Path("data/predictions")
METRICS, SCORES = Path("metrics/evaluate.json"), Path("reports/evaluate.json")
CONFUSION, PER_TYPE, RELIABILITY = (Path(f"plots/{name}.csv") for name in ("confusion", "per_type", "reliability"))
TRAIN_LOSS, VALIDATION = Path("plots/train_loss.csv"), Path("plots/validation.csv")
REPORT = Path("reports/evaluate.html")
ENCODER = Path("models/pretrained/provenance.json")


def main() -> None:
    take_no_arguments(__doc__)
    launchers.only_main_process("evaluate")
    run(read_section("evaluate", Evaluate))


def run(params: Evaluate) -> None:
    # Not above, since these load PyTorch, which takes seconds: messages about params do not wait for it.
    from tagline.artifacts import predictions
    from tagline.core import reported_split
    from tagline.evaluation.measurements.order import compared
    from tagline.evaluation.plots import write_confusion, write_per_type, write_reliability
    from tagline.evaluation.stage import evaluate
    from tagline.report import charts
    from tagline.report.evaluation_page import made_of, origins, render
    from tagline.terminal import quiet

    quiet()
    of_download = origins(RAW / PROVENANCE, ENCODER)
    evaluation = evaluate(RAW, TOKENIZED, TESTS, DATA, FINETUNED, (TRAIN_LOSS, VALIDATION), params)
    name = reported_split(evaluation.splits)
    split, scored = evaluation.splits[name], evaluation.metrics[name]
    losses, epochs = read_columns(TRAIN_LOSS, charts.LOSSES), read_columns(VALIDATION, charts.EPOCHS)
    page = render(evaluation, losses, epochs, [*of_download, *made_of(DATA, FINETUNED)])
    outs = (PREDICTIONS, METRICS, SCORES, CONFUSION, PER_TYPE, RELIABILITY, REPORT)
    with replacing(*outs) as (folder, metrics, scores, confusion, per_type, reliability, report):
        folder.mkdir()
        for name, labelled in evaluation.splits.items():
            predictions.write(folder, name, labelled.sentences, labelled.altered)
        write_json(metrics, compared(evaluation.metrics, evaluation.best_epoch))
        write_json(scores, evaluation.metrics)
        predictions.write_provenance(folder, evaluation.labels, evaluation.settings, {SCORES: scores})
        write_confusion(split.confusion, split.kind, confusion)
        write_per_type(scored["per_type"], scored["intervals"]["per_type"], per_type)
        write_reliability(split.reliability, split.uncalibrated, reliability)
        report.write_bytes(page.encode())
    show(f"{score_table(evaluation.metrics)}\n\nevery error: {REPORT}")


if __name__ == "__main__":
    exit_with_message(main)
