"""Schema of crossval/params.yaml."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from tagline.core.params import PARAMS, Section, read_file, read_section
from tagline.terminal import UserError

CROSSVAL_PARAMS = Path("crossval/params.yaml")


class Crossval(Section):
    """Params of the cross-validation."""

    folds: Annotated[int, Field(ge=2, le=1000)]
    """Number of folds: each is a training without its sentences, which that model then labels."""
    group: Literal["document", "sentence"]
    """document: the sentences of a document are held out together, where documents are known. sentence: only equal
    sentences are."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """Random seed of the division into folds. Training has its own, train.seed in params.yaml."""


def read_crossval() -> Crossval:
    """Read crossval/params.yaml.

    Raises:
        UserError: it has errors, or there is no cross-validation.
    """
    if not CROSSVAL_PARAMS.is_file():
        raise UserError(
            f"{CROSSVAL_PARAMS} is missing; expected the section crossval in it; run `tagline crossval`, which "
            "creates it"
        )
    params = read_section("crossval", Crossval, CROSSVAL_PARAMS)
    for section in read_file(CROSSVAL_PARAMS):
        if section != "crossval":
            raise UserError(
                f"{CROSSVAL_PARAMS}: {section}: unknown section (allowed: crossval); training follows {PARAMS}"
            )
    return params


def refuse_earlier_models(models: Collection[Path]) -> None:
    """Raise a `UserError` if training continues from models or learns from them."""
    if models:
        raise UserError(
            "train.start_from and train.teacher: an earlier model may have learnt the labels that are checked; "
            "expected neither; remove them, or run this on a branch without them"
        )
