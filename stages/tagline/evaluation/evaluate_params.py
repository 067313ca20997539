"""Schema of the section ``evaluate``: how the fine-tuned model is scored."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tagline.core.params import Section
from tagline.labels.model_settings import Decoding, Precision


class Bootstrap(Section):
    """The bootstrap behind the intervals of the scores."""

    resamples: int = Field(
        ge=100, le=100_000, description="Number of resamples. More of them make the interval bounds more stable."
    )
    seed: int = Field(ge=0, lt=2**32, description="Random seed of the resampling.")


Measure = Literal["recall", "precision"]
Share = Annotated[float, Field(gt=0, lt=1)]


class OperatingPoint(Section):
    """The recall or the precision that types should reach on validation."""

    recall: dict[str, Share] | None = Field(
        default=None, description="Minimum recall of types, for example {PER: 0.95}; empty: none."
    )
    precision: dict[str, Share] | None = Field(
        default=None,
        description="Minimum precision of types, for example {ORG: 0.9}; one measure per type; empty: none.",
    )

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
    """Params of the evaluation."""

    subwords_per_batch: Annotated[int, Field(ge=1, le=2**24)] | None = Field(
        description="Maximum number of sub-words per forward pass, padding included; empty: 256 on a CPU, 16,384 on "
        "other devices. Scores can differ in the last digits."
    )
    precision: Precision = Field(
        description="Number format of matrix products: fp32, bf16 or fp16. auto: bf16 where the hardware is faster in "
        "it, otherwise fp32."
    )
    decoding: Decoding = Field(
        description="How labels are chosen, in the exported model too. greedy: the most probable label of each word "
        "(head crf: the most probable sequence). constrained: the most probable sequence that is valid in IOB2; no "
        "difference for plain tags."
    )
    operating_point: OperatingPoint = Field(
        default=OperatingPoint(),
        description="Minimum recall or precision of types on validation; a bias on their scores is chosen to reach "
        "it, the one closest to 0, in the exported model too.",
    )
    bootstrap: Bootstrap = Field(
        description="Bootstrap over sentences, for the 95 % confidence intervals of the scores."
    )
