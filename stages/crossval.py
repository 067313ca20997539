"""The cross-validated score: of the labels of all sentences, each by a model that was trained without its fold.

Reads crossval/params.yaml, the sections ``tokenize_align``, ``train`` and ``evaluate`` of params.yaml, data/raw,
data/tokenized, data/tokenized_tests and models/pretrained. For each fold it runs stages/tokenize_align.py, train.py and
evaluate.py in a folder in .work/, from which an interrupted run continues. Writes data/crossval/predictions (see
`tagline.artifacts.predictions`), crossval/metrics.json (what people compare between commits), reports/crossval.json
(all scores) and reports/crossval.html.

    python stages/crossval.py
"""

from tagline.terminal import exit_with_message, prepare_process, show, take_no_arguments, wrapped

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core import launchers, replacing, write_json
from tagline.core.params import read_section
from tagline.crossval.crossval_params import Crossval, read_crossval, refuse_earlier_models
from tagline.evaluation.evaluate_params import Evaluate
from tagline.training.train_params import Train

RAW, TOKENIZED, TESTS = Path("data/raw"), Path("data/tokenized"), Path("data/tokenized_tests")
PRETRAINED = Path("models/pretrained")
PREDICTIONS, METRICS = Path("data/crossval/predictions"), Path("crossval/metrics.json")
SCORES, REPORT = Path("reports/crossval.json"), Path("reports/crossval.html")


def main() -> None:
    take_no_arguments(__doc__)
    launchers.only_main_process("crossval")
    params = read_crossval()
    refuse_earlier_models(read_section("train", Train).models)
    run(params, read_section("evaluate", Evaluate))


def run(params: Crossval, evaluate: Evaluate) -> None:
    # Not above, since these load PyTorch, which takes seconds: messages about params do not wait for it.
    from tagline.artifacts import predictions
    from tagline.crossval.runner import runner
    from tagline.crossval.scoring import cross_validate
    from tagline.crossval.summary import NAME, compared, notes
    from tagline.evaluation.measurements import basic
    from tagline.evaluation.score_table import score_table
    from tagline.report.evaluation_page import origins, render
    from tagline.terminal import quiet

    quiet()
    made_of = origins(RAW / "provenance.json", PRETRAINED / "provenance.json")
    with runner("crossval", params.model_dump()) as folds:
        evaluation = cross_validate(folds, RAW, TOKENIZED, TESTS, PRETRAINED / "encoder", params, evaluate)
        entries = evaluation.metrics[NAME]
        said = [*notes(entries), *basic.notes(evaluation.metrics)]
        page = render(evaluation, [], [], made_of, title="Cross-validation", notes=said)
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
