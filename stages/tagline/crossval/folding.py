"""Folding: how a cross-validation or an audit divides the sentences into folds."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tagline.core.params import Section
from tagline.terminal import UserError

# The number of a training that holds nothing out.
EARLY = 0

Group = Literal["sentence", "document", "surface"]
"""What is held out together; see `tagline.audit.audit_params.Audit`."""


class Folding(NamedTuple):
    """How sentences are divided into folds.

    Attributes:
        section: of the params, which is also the name of their folder: ``audit`` or ``crossval``.
        params: of the folds.
        folds: their numbers; `EARLY` alone: one training that holds nothing out.
        splits: whose sentences are held out.
        group: what is held out together.
        seed: of the division.
        scored: whether the labels are scored, so that each fold needs an entity.
    """

    section: str
    params: Section
    folds: list[int]
    splits: list[str]
    group: Group
    seed: int
    scored: bool = False

    @staticmethod
    def are_numbered(folds: object) -> bool:
        """Whether the param folds is a list of the numbers from 1 to that of the folds, at least 2."""
        return isinstance(folds, list) and len(folds) >= 2 and folds == list(range(1, len(folds) + 1))

    @property
    def file(self) -> Path:
        """The file of the params."""
        return Path(self.section, "params.yaml")


def division(params: Section) -> dict[str, Any]:
    """The params that decide what a fold learns and labels, as its provenance has them."""
    return params.model_dump(exclude={"most"})


def refuse_earlier_models(models: Collection[Path]) -> None:
    """Raise a `UserError` if training continues from models or learns from them."""
    if models:
        raise UserError(
            "train.start_from and train.teacher: an earlier model may have learnt the labels that are checked; "
            "expected neither; remove them, or run this in a pipeline folder without them"
        )
