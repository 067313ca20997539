"""Schema of the section ``evaluate``: how the fine-tuned model is scored."""

from __future__ import annotations

from pydantic import Field

from tagline.core.params import Section
from tagline.labels.label_list import Decoding, Precision


class Bootstrap(Section):
    """The bootstrap behind the intervals of the scores."""

    resamples: int = Field(ge=100, le=100_000)
    seed: int = Field(ge=0, lt=2**32)


class Evaluate(Section):
    """See params.yaml for what each key means."""

    subwords_per_batch: int = Field(ge=1, le=2**24)
    precision: Precision
    decoding: Decoding
    bootstrap: Bootstrap
