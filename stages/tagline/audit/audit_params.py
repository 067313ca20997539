"""Schema of audit/params.yaml: what is audited, and how it is divided into folds."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tagline.core.params import Section, read_only_section
from tagline.crossval.folding import EARLY, Folding, Group
from tagline.terminal import UserError

AUDIT_PARAMS = Path("audit/params.yaml")
AUDIT = "tagline audit create"
SplitName = Literal["train", "validation", "test"]


CROSSVAL: Literal["crossval"] = "crossval"
"""Instead of own folds: those of crossval/."""
Numbers = list[int] | Literal["crossval"]


def _numbered(folds: object) -> object:
    if folds not in ([EARLY], CROSSVAL) and not Folding.are_numbered(folds):
        raise ValueError("must be [0], crossval, or the numbers from 1 to the number of folds, at least 2")
    return folds


def _with_train(splits: list[SplitName]) -> list[SplitName]:
    if "train" not in splits or len(set(splits)) < len(splits):
        raise ValueError("must contain train, and no split twice; evaluate lists the errors of validation and test")
    return splits


class Audit(Section):
    """Params of the audit."""

    folds: Annotated[Numbers, BeforeValidator(_numbered)]
    """[0]: one training on all sentences for half of the epochs, which learns few wrong labels. Or folds, numbered from
    1: each is a training without its sentences, which that model then labels. crossval: the folds of crossval/ are
    used; run `tagline audit create` after a change from or to it."""
    splits: Annotated[list[SplitName], AfterValidator(_with_train)]
    """Splits to audit: train, and if wanted validation and test. The part of validation that is not held out chooses
    the epoch."""
    group: Group
    """sentence: equal sentences are held out together. document: the sentences of a document are. surface: as sentence,
    and no sentence is learnt from that has an entity of the same words as one that is held out, so that no model has
    seen the labels of its entities. Ignored when folds is crossval."""
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    """Random seed of the division into folds. Training has its own, train.seed in params.yaml. Ignored when folds is
    crossval."""
    most: Annotated[int, Field(ge=1, le=1_000_000)]
    """Maximum number of suspicions in reports/audit.jsonl, the most suspicious ones."""

    @model_validator(mode="after")
    def _held_out_to_group(self) -> Self:
        if self.folds == [EARLY] and self.group != "sentence":
            raise ValueError(f"group: {self.group} needs folds, but folds: [0] holds nothing out; set group: sentence")
        return self

    @property
    def folding(self) -> Folding:
        """The division into folds, if it has its own."""
        folds = [] if self.folds == CROSSVAL else [*self.folds]
        return Folding("audit", self, folds, [*self.splits], self.group, self.seed)

    @property
    def by_surface(self) -> bool:
        """Whether no model has seen the labels of the entities that it labels."""
        return self.folds != CROSSVAL and self.group == "surface"


def read_audit() -> Audit:
    """Read audit/params.yaml.

    Raises:
        UserError: it has errors, or there is no audit.
    """
    return read_only_section("audit", Audit, AUDIT_PARAMS, AUDIT)


def check_half(folds: Numbers, epochs: int, least_steps: int, max_steps: int | None) -> None:
    """Raise a `UserError` if half of the training is all of it, so that wrong labels are learnt, too.

    Args:
        folds: of the audit.
        epochs: of the section ``train``.
        least_steps: likewise; half of the passes of one epoch are half of its training.
        max_steps: likewise.
    """
    if folds == [EARLY] and (max_steps or max(epochs, least_steps)) == 1:
        raise UserError(
            "audit.folds: [0] trains for half of the epochs, but train.epochs is 1; expected 2 or more; set it, or "
            f"folds: [1, 2, 3, 4, 5] in {AUDIT_PARAMS}"
        )
