"""Folding: how a cross-validation divides the sentences into folds."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tagline.core.params import Section
from tagline.terminal import UserError

Group = Literal["sentence", "document"]
"""What is held out together."""


class Folding(NamedTuple):
    """How sentences are divided into folds.

    Attributes:
        section: of the params, which is also the name of their folder.
        params: of the folds.
        folds: their numbers, from 1.
        splits: whose sentences are held out.
        group: what is held out together.
        seed: of the division.
    """

    section: str
    params: Section
    folds: list[int]
    splits: list[str]
    group: Group
    seed: int

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
    return params.model_dump()


def refuse_earlier_models(models: Collection[Path]) -> None:
    """Raise a `UserError` if training continues from models or learns from them."""
    if models:
        raise UserError(
            "train.start_from and train.teacher: an earlier model may have learnt the labels that are checked; "
            "expected neither; remove them, or run this in a pipeline folder without them"
        )
