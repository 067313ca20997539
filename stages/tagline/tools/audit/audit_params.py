"""Schema of audit/params.yaml: what is audited, and how it is divided into folds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tagline.core.params import Section

AUDIT_PARAMS = Path("audit/params.yaml")

SplitName = Literal["train", "validation", "test"]


def _numbered(folds: list[int]) -> list[int]:
    if len(folds) < 2 or folds != list(range(1, len(folds) + 1)):
        raise ValueError("must be the numbers from 1 to the number of folds, at least 2")
    return folds


def _with_train(splits: list[SplitName]) -> list[SplitName]:
    if "train" not in splits or len(set(splits)) < len(splits):
        raise ValueError("must contain train, and no split twice; evaluate lists the errors of validation and test")
    return splits


class Audit(Section):
    """Params of the audit; audit/params.yaml describes each key."""

    folds: Annotated[list[int], AfterValidator(_numbered)]
    splits: Annotated[list[SplitName], AfterValidator(_with_train)]
    group: Literal["sentence", "document", "surface"]
    seed: int = Field(ge=0, lt=2**32)
    most: int = Field(ge=1, le=1_000_000)
