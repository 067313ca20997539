"""The model card that `tagline push` sends: the export's, with any cross-validated scores.

The stage export can't depend on the cross-validation, a pipeline that few clones have.
"""

from pathlib import Path
from typing import Any

from tagline.comparison.outdated import outdated_notes
from tagline.core import read_json
from tagline.crossval import summary
from tagline.terminal import show

# The section of the card that follows the scores.
NEXT_SECTION = "\n## Backends\n"
MADE_BY = "crossval/dvc.yaml:crossval"


def pushed_card(card: str, crossval: Path) -> str:
    """Add the cross-validated scores, if any, to a card, unless they or the model are outdated; then say so."""
    if not crossval.is_file():
        return card
    notes = outdated_notes("export", MADE_BY)
    if notes:
        show(f"the card is pushed without the cross-validated scores: {'; '.join(notes)}")
        return card
    entries = read_json(crossval, MADE_BY)[summary.NAME]
    scores, section, rest = card.partition(NEXT_SECTION)
    return f"{scores}\n{_paragraph(entries)}\n{section}{rest}"


def _paragraph(entries: dict[str, Any]) -> str:
    overall = entries["overall"]
    intervals = entries["intervals"]["overall"]
    shown = [
        f"{name} {overall[key]:.3f} ({intervals[key]['low']:.3f} to {intervals[key]['high']:.3f})"
        for name, key in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
    ]
    share = summary.learnt_share(entries)
    return (
        f"By cross-validation, on all {entries['sentences']:,} sentences: {', '.join(shown)}. Each was labelled by one "
        f"of {len(entries['folds'])} models that learnt from about {share:.0%} of train, without it; this model is "
        "not one of them, and learnt from all of train."
    )
