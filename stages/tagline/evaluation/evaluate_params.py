"""Schema of the section ``evaluate``: how the fine-tuned model is scored."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from tagline.core.params import Section
from tagline.labels.label_list import Decoding, Precision


class Bootstrap(Section):
    """The bootstrap behind the intervals of the scores."""

    resamples: Annotated[int, Field(ge=100, le=100_000)] = 1000
    """Number of resamples. More of them make the interval bounds more stable."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    """Random seed of the resampling."""


Share = Annotated[float, Field(gt=0, lt=1)]
FoundIf = Literal["exact", "covered"]


class Recall(Section):
    """The minimum recall of a type; a number alone is ``at_least``."""

    at_least: Share
    """Minimum recall."""
    confidence: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    """Confidence that later texts like those of validation reach it; empty: validation reaches it."""
    found: FoundIf = "exact"
    """When an entity is found. exact: type and boundaries agree. covered: each of its words is in a predicted entity of
    any type."""

    @model_validator(mode="before")
    @classmethod
    def _of_number(cls, value: Any) -> Any:
        if isinstance(value, float | int):
            return {"at_least": value}
        if not isinstance(value, dict) or value.keys() - cls.model_fields.keys():
            raise ValueError("expected a number, or a mapping with at_least, confidence and found")
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        mapping = handler(schema)
        del mapping["description"]  # a docstring, which is for programmers
        return {"anyOf": [mapping["properties"]["at_least"], mapping]}


class OperatingPoint(Section):
    """The recall that types should reach."""

    recall: dict[str, Recall] | None = None
    """Minimum recall of types on validation, such as {PER: 0.95}; empty: none. On later texts: {PER: {at_least: 0.95,
    confidence: 0.9}}, with `found: covered` for masking (docs/scores.md)."""

    @model_validator(mode="after")
    def _all_or_none_promised(self) -> Self:
        recall = self.recall or {}
        promised = sorted(name for name, target in recall.items() if target.confidence)
        others = sorted(recall.keys() - promised)
        if promised and others:
            raise ValueError(
                f"{', '.join(promised)} with a confidence, {', '.join(others)} without; expected one for all or for "
                "none, since biases chosen for other targets would break the promise"
            )
        return self


ALL = "all types"
"""The key of what holds for all types together."""


class Accept(Section):
    """The precision of the entities above a score."""

    precision: Share = Field(description="Minimum share of the entities above the score that are right.")
    confidence: Share = Field(description="Confidence that later texts like those of validation reach it.")

    @model_validator(mode="before")
    @classmethod
    def _has_both(cls, value: Any) -> Any:
        if not isinstance(value, dict) or value.keys() != cls.model_fields.keys():
            raise ValueError("expected a mapping with precision and confidence, or one of these for each type")
        return value


class Evaluate(Section):
    """Params of the evaluation."""

    subwords_per_batch: Annotated[int, Field(ge=1, le=2**24)] | None = None
    """Maximum number of sub-words per forward pass; empty: 256 on a CPU, 16,384 on other devices. Padding is included.
    Scores can differ in the last digits."""
    precision: Precision = "auto"
    """Number format of matrix products: auto, fp32, bf16 or fp16. auto: bf16 where the hardware is faster in it,
    otherwise fp32."""
    decoding: Decoding
    """How labels are chosen, in the exported model too: greedy or constrained. greedy: the most probable label of each
    word (head crf: the most probable sequence). constrained: the most probable sequence that is valid in IOB2; no
    difference for plain tags."""
    operating_point: OperatingPoint = OperatingPoint()
    """Minimum recall of types on validation; a bias on their scores is chosen to reach it, the one closest to 0, in the
    exported model too."""
    accept: dict[str, Accept] | None = None
    """Promised precision of the entities above a score, {precision: 0.97, confidence: 0.9}; empty: none. For all types,
    or each: {PER: {precision: 0.97, confidence: 0.9}}. The lowest such score is chosen on validation, and the exported
    model marks entities above it as accepted (docs/scores.md)."""
    beta: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    """How many times as much recall weighs as precision in F-beta. The reports give it beside F1; 1: F1 only."""
    bootstrap: Bootstrap = Bootstrap()
    """Bootstrap over sentences, for the 95 % confidence intervals of the scores."""

    @field_validator("accept", mode="before", json_schema_input_type=Accept | dict[str, Accept] | None)
    @classmethod
    def _for_all_types(cls, value: Any) -> Any:
        if value is None:
            return None
        is_of_types = isinstance(value, dict) and all(isinstance(promise, dict) for promise in value.values())
        return value if is_of_types else {ALL: value}
