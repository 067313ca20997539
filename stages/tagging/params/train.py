"""The section ``train``: how the encoder is fine-tuned."""

from __future__ import annotations

from pydantic import Field

from tagging.params.reader import Section


class Train(Section):
    """See params.yaml for what each key means."""

    seed: int = Field(ge=0, lt=2**32)
    epochs: int = Field(ge=1, le=10_000)
    batch_size: int = Field(ge=1, le=2**20)
    learning_rate: float = Field(gt=0, lt=1)
    weight_decay: float = Field(ge=0, lt=1)
    warmup: float = Field(ge=0, lt=1)
