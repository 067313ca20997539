"""The model card that `tagline push` sends: the export's, with the cross-validated scores if there are any.

The stage export can't depend on the cross-validation, a pipeline that few clones have.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagline.core import HASHES, read_json, sha256
from tagline.core.params import read_section
from tagline.crossval import out_of_fold, summary
from tagline.crossval.crossval_params import FOLDS, read_crossval
from tagline.terminal import UserError, show
from tagline.training.train_params import Train

TOKENIZED = Path("data/tokenized")
# The section of the card that follows the scores.
NEXT_SECTION = "\n## Backends\n"


def pushed_card(card: str, crossval: Path) -> str:
    """Add the cross-validated scores to a card, unless they are of other data or params; then say so.

    Args:
        card: models/export/README.md.
        crossval: reports/crossval.json, which may be missing.
    """
    if not crossval.is_file():
        return card
    try:
        _check_folds()
    except UserError as error:
        show(f"the card is pushed without the cross-validated scores: {error}")
        return card
    entries = read_json(crossval, "crossval/dvc.yaml:crossval")[summary.NAME]
    scores, section, rest = card.partition(NEXT_SECTION)
    return f"{scores}\n{_paragraph(entries)}\n{section}{rest}"


def _check_folds() -> None:
    """Raise a `UserError` unless the folds are complete, and of the data and params that are here."""
    params = read_crossval()
    made_of = out_of_fold.read_folds(FOLDS, "crossval", params, params.folds)[0].made_of
    here = {"tokenized": sha256(TOKENIZED / HASHES), "train": read_section("train", Train).effective()}
    if any(made_of[key] != value for key, value in here.items()):
        raise UserError(f"{FOLDS} is of other data or train params; run `dvc repro crossval/dvc.yaml`")


def _paragraph(entries: Mapping[str, Any]) -> str:
    folds = entries["folds"]
    overall = entries["overall"]
    intervals = entries["intervals"]["overall"]
    share = sum(fold["learnt"] for fold in folds) / sum(fold["train"] for fold in folds)
    shown = [
        f"{name} {overall[key]:.3f} ({intervals[key]['low']:.3f} to {intervals[key]['high']:.3f})"
        for name, key in (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))
    ]
    return (
        f"By cross-validation, on all {entries['sentences']:,} sentences: {', '.join(shown)}. Each was labelled by one "
        f"of {len(folds)} models that learnt from about {share:.0%} of train, without it; this model learnt from all "
        "of train."
    )
