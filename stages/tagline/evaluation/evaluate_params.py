"""Schema of the section ``evaluate``: how the fine-tuned model is scored."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tagline.core.params import Section
from tagline.labels.model_settings import Decoding, Precision


class Bootstrap(Section):
    """The bootstrap behind the intervals of the scores."""

    resamples: int = Field(ge=100, le=100_000)
    seed: int = Field(ge=0, lt=2**32)


Measure = Literal["recall", "precision"]
Share = Annotated[float, Field(gt=0, lt=1)]


class OperatingPoint(Section):
    """The recall or the precision that types should reach on validation."""

    recall: dict[str, Share] | None = None
    precision: dict[str, Share] | None = None

    @property
    def by_measure(self) -> dict[Measure, dict[str, float]]:
        return {"recall": self.recall or {}, "precision": self.precision or {}}

    @model_validator(mode="after")
    def _one_target_per_type(self) -> Self:
        recall, precision = self.by_measure.values()
        if both := sorted(recall.keys() & precision.keys()):
            raise ValueError(f"both recall and precision of {', '.join(both)}; expected one of them per type")
        return self


class Evaluate(Section):
    """See params.yaml for what each key means."""

    subwords_per_batch: Annotated[int, Field(ge=1, le=2**24)] | None
    precision: Precision
    decoding: Decoding
    bootstrap: Bootstrap
    operating_point: OperatingPoint = OperatingPoint()
