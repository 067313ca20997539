"""The cross-validated score: of the labels of all sentences, each by a model that was trained without its fold.

Reads crossval/params.yaml, the section ``evaluate`` of params.yaml, data/crossval/folds, data/tokenized,
data/tokenized_tests for documents and the labels of test, and for the report the provenance of data set and encoder.
Writes data/crossval/predictions (see `tagline.artifacts.predictions`), crossval/metrics.json (what people compare
between commits), reports/crossval.json (all scores) and reports/crossval.html. `dvc repro crossval/dvc.yaml` first runs
stages/crossval_fold.py for each fold.

    python stages/crossval.py
"""

from tagline.terminal import exit_with_message, prepare_process, show, take_no_arguments, wrapped

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core import launchers, replacing, write_json
from tagline.core.params import read_section
from tagline.crossval.crossval_params import Crossval, read_crossval
from tagline.evaluation.evaluate_params import Evaluate

FOLDS = Path("data/crossval/folds")
TOKENIZED, TESTS = Path("data/tokenized"), Path("data/tokenized_tests")
PREDICTIONS, METRICS = Path("data/crossval/predictions"), Path("crossval/metrics.json")
DATASET, ENCODER = Path("data/raw/provenance.json"), Path("models/pretrained/provenance.json")
SCORES, REPORT = Path("reports/crossval.json"), Path("reports/crossval.html")


def main() -> None:
    take_no_arguments(__doc__)
    launchers.only_main_process("crossval")
    run(read_crossval(), read_section("evaluate", Evaluate))


def run(params: Crossval, evaluate: Evaluate) -> None:
    # Not above, since these load PyTorch, which takes seconds: messages about params do not wait for it.
    from tagline.artifacts import predictions
    from tagline.crossval.scoring import score_folds
    from tagline.crossval.summary import NAME, compared, notes
    from tagline.evaluation.score_table import score_table
    from tagline.report.evaluation_page import origins, render

    made_of = origins(DATASET, ENCODER)
    evaluation = score_folds(FOLDS, TOKENIZED, TESTS, params, evaluate)
    entries = evaluation.metrics[NAME]
    page = render(evaluation, [], [], made_of, title="Cross-validation", notes=[*notes(entries)])
    with replacing(PREDICTIONS, METRICS, SCORES, REPORT) as (folder, metrics, scores, report):
        folder.mkdir()
        predictions.write(folder, NAME, evaluation.splits[NAME].sentences)
        write_json(metrics, compared(entries))
        write_json(scores, evaluation.metrics)
        predictions.write_provenance(folder, evaluation.labels, evaluation.settings, {SCORES: scores})
        report.write_bytes(page.encode())
    show("\n\n".join([score_table(evaluation.metrics), *map(wrapped, notes(entries))]))


if __name__ == "__main__":
    exit_with_message(main)
