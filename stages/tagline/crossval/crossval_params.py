"""Schema of crossval/params.yaml: how the data set is divided into folds."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tagline.core.params import Section, read_only_section
from tagline.crossval.folding import Folding

CROSSVAL_PARAMS = Path("crossval/params.yaml")
CREATE = "tagline crossval create"
# The outputs of the folds, by which an audit may rank.
FOLDS = Path("data/crossval/folds")


def _numbered(folds: object) -> object:
    if not Folding.are_numbered(folds):
        raise ValueError("must be the numbers from 1 to the number of folds, at least 2")
    return folds


class Crossval(Section):
    """Params of the cross-validation."""

    folds: Annotated[list[int], BeforeValidator(_numbered)]
    """Folds, numbered from 1: each is a training without its sentences, which that model then labels."""
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
    return read_only_section("crossval", Crossval, CROSSVAL_PARAMS, CREATE)
