"""Schema of the section ``train`` of params.yaml: how the encoder is fine-tuned."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tagline.core.params import Section
from tagline.hub.hub_params import Push
from tagline.model.heads import HEADS

# Params that change no weight: an interrupted run continues although they changed.
WITHOUT_EFFECT = {"checkpoint_every", "hub"}
Attention = Literal["sdpa", "eager", "flash_attention_2", "flash_attention_3", "flex_attention"]


class Batches(Section):
    """How windows are grouped into batches. Both sizes are required, so that changing `order` alone switches."""

    order: Literal["by_length", "random"]
    subwords_per_batch: int = Field(ge=1, le=2**24)  # of order by_length only
    batch_size: int = Field(ge=1, le=2**20)  # of order random only


class Train(Section):
    """Params of training; params.yaml describes each key."""

    engine: Literal["accelerate", "trainer"]
    seed: int = Field(ge=0, lt=2**32)
    epochs: int = Field(ge=1, le=10_000)
    max_steps: Annotated[int, Field(ge=1)] | None
    early_stopping: Annotated[int, Field(ge=1)] | None
    head: Literal["linear", "crf"]
    head_learning_rate: float = Field(gt=0, lt=1)  # of head crf only
    batches: Batches
    checkpoint_every: Annotated[int, Field(ge=1)] | None
    pad_to_multiple_of: Annotated[int, Field(ge=1, le=2**10)] | None
    subwords_per_device: Annotated[int, Field(ge=1, le=2**24)] | None
    precision: Literal["auto", "fp32", "bf16", "fp16"]
    attention: Attention
    compile: bool
    learning_rate: float = Field(gt=0, lt=1)
    schedule: Literal["linear", "cosine"]
    warmup: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0, lt=1)
    max_grad_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None
    label_smoothing: float = Field(ge=0, lt=1)
    hub: Push

    @model_validator(mode="after")
    def _no_smoothing_of_sequences(self) -> Self:
        if HEADS[self.head].scores_sequences and self.label_smoothing:
            raise ValueError(f"label_smoothing is not possible with head {self.head}; set it to 0.0")
        return self

    def effective(self) -> dict[str, Any]:
        """The params that the weights depend on, as plain values."""
        return self.model_dump(exclude=WITHOUT_EFFECT)
