"""The commands that show and push what the pipeline made. They import late: `--help` does not wait for libraries."""

from collections.abc import Iterator
from pathlib import Path

from tagline.terminal import ArgumentParser, quiet, show, show_json, take_no_arguments, wrapped

PREDICTIONS, OF_FOLDS = Path("data/predictions"), Path("data/crossval/predictions")
# What `dvc repro evaluate` writes for people.
PAGE = Path("reports/evaluate.html")
SCORES, CROSSVAL = Path("reports/evaluate.json"), Path("reports/crossval.json")
EXPORT, REPORT = Path("models/export"), Path("reports/export.json")
PRETRAINED, FINETUNED = Path("models/pretrained/provenance.json"), Path("models/finetuned/provenance.json")


def scores() -> None:
    """Print the scores of the last run, and what the export says of backends whose F1 is lower.

    Then the cross-validated scores, if `dvc repro crossval/dvc.yaml` computed them.
    """
    parser = ArgumentParser(description=scores.__doc__)
    parser.add_json("evaluate and crossval (as in reports/), notes")
    options = parser.parse_args()
    from tagline.artifacts.exported import read_report
    from tagline.comparison.outdated import outdated_notes
    from tagline.core import verify
    from tagline.core.params import PARAMS, read_file
    from tagline.crossval import summary
    from tagline.evaluation.score_table import read_scores
    from tagline.results.pushed_card import MADE_BY

    if PARAMS.exists():
        read_file()  # with the marks of a merge conflict, nobody can say whether scores are outdated
    reports = {}
    tables: list[str] = []
    notes: list[str] = []
    if SCORES.exists() or not CROSSVAL.exists():
        verify(PREDICTIONS, "evaluate", SCORES)
        reports["evaluate"], tables, notes = read_scores(SCORES)
        notes += [*_notes_of_models(), *outdated_notes("evaluate")]
    if REPORT.exists():
        notes += read_report(REPORT)[-1]
    if CROSSVAL.exists():
        verify(OF_FOLDS, MADE_BY, CROSSVAL)
        reports["crossval"], of_folds, notes_of_folds = read_scores(CROSSVAL, MADE_BY)
        tables += of_folds
        notes += [*notes_of_folds, *summary.notes(reports["crossval"][summary.NAME])]
        notes += (f"{summary.NAME}: {note}" for note in outdated_notes(MADE_BY))
    if options.json:
        show_json({**reports, "notes": notes})
    else:
        page = [f"every error: {PAGE}"] if PAGE.exists() else []
        show("\n\n".join(map(wrapped, [*tables, *notes, *page])))


def _notes_of_models() -> Iterator[str]:
    """Note what explains low scores; the models may be missing after `dvc pull`."""
    from tagline.core.provenance import read_listed

    if PRETRAINED.exists():
        yield from read_listed(PRETRAINED, "download").get("notes", ())
    if FINETUNED.exists():
        trained = read_listed(FINETUNED, "train")
        if "planned_steps" in trained:
            yield f"training ended at step {trained['steps']:,} of {trained['planned_steps']:,} by train.max_steps"


def next_steps() -> None:
    """Show where F1 of test, or else validation, is lost, and a command with its cost for each loss.

    The column `without` is what F1 would be
      missed, spurious, type error, boundary error: if there were no error of this kind
      not in train:    if entities whose text train does not have were right as often as those that it has; if it has
                       none, if all were right
      lowercase text:  if text in this letter case, the worst one, had the F1 of text as it is

    The difference is an upper bound for the command, not a forecast. Losses overlap: do not add them up. Intervals of
    95 % are from a bootstrap over sentences. Wrong labels teach errors of the same kind. `tagline learning-curve`
    measures what more sentences bring.
    """
    parser = ArgumentParser(description=next_steps.__doc__)
    parser.add_json("split, f1, low, high, entities, losses, notes")
    options = parser.parse_args()
    from tagline.results import lost_f1

    result = lost_f1.find()
    if options.json:
        show_json(result)
    else:
        show(lost_f1.table(result))


def push() -> None:
    """Push models/export to the Hugging Face Hub in one commit, to the repository that `export.hub` names.

    The pushed model card also has the cross-validated scores, if `dvc repro crossval/dvc.yaml` computed them.
    """
    take_no_arguments(push.__doc__)
    from tagline.core.params import read_section
    from tagline.export.export_params import Export
    from tagline.hub.push import Target

    params = read_section("export", Export)
    target = Target.of("export.hub", params.hub)
    quiet()
    target.check()
    if not params.card.license:
        show(
            "params.yaml: export.card.license is empty, so that nobody knows what they may do with the model; expected "
            "an identifier such as apache-2.0; fill it in and run `dvc repro`"
        )
    from tagline.export import stage  # takes seconds
    from tagline.results.pushed_card import pushed_card

    stage.push(target, EXPORT, REPORT, lambda card: pushed_card(card, CROSSVAL))
