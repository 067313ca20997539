"""The commands that show and push what the pipeline made. They import late: `--help` does not wait for libraries."""

from __future__ import annotations

from pathlib import Path

from tagline.core.errors import show, take_no_arguments

SCORES = Path("reports/evaluate.json")
EXPORT, REPORT = Path("models/export"), Path("reports/export.json")


def scores() -> None:
    """Print the scores of the last run."""
    take_no_arguments(scores.__doc__)
    from tagline.evaluation.score_table import score_table_of

    show(score_table_of(SCORES))


def push() -> None:
    """Push models/export to the Hugging Face Hub in one commit, to the repository that `export.hub` names."""
    take_no_arguments(push.__doc__)
    from tagline.core.params import read_section
    from tagline.core.progress import quiet
    from tagline.export.export_params import Export
    from tagline.hub.push import Target

    target = Target.of("export.hub", read_section("export", Export).hub)
    quiet()
    target.check()
    from tagline.export import stage  # takes seconds

    stage.push(target, EXPORT, REPORT)
