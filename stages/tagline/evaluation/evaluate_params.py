"""Schema of the section ``evaluate``: how the fine-tuned model is scored."""

from typing import Annotated

from pydantic import Field

from tagline.core.params import Section
from tagline.evaluation.promises.promises_params import TypePromises
from tagline.labels import Precision


class Evaluate(Section):
    """Params of the evaluation."""

    subwords_per_batch: Annotated[int, Field(ge=1, le=2**24)] | None = None
    """Maximum number of sub-words per forward pass; empty: 256 on a CPU, 16,384 on other devices. Padding is included.
    Scores can differ in the last digits."""
    precision: Precision = "auto"
    """Number format of matrix products: auto, fp32, bf16 or fp16. auto: bf16 where the hardware is faster in it,
    otherwise fp32."""
    promises: dict[str, TypePromises] | None = None
    """Least recall or precision of types, such as {PER: {recall: {at_least: 0.95}}}; empty: none. A bias on their
    scores or a lowest score reaches it on validation, with `confidence: 0.9` in later texts (docs/scores.md)."""
