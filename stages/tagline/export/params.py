"""The section ``export``: the folder that a user takes away."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagline.core.params import Section
from tagline.hub.params import Push


class Card(Section):
    """What the model card says beside what the stages know."""

    language: Annotated[str, Field(pattern="^([a-z]{2,3}|multilingual)$")] | None
    license: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9.-]*$")] | None


class Export(Section):
    """See params.yaml for what each key means."""

    dtype: Literal["float32", "bfloat16", "float16"]
    onnx: bool
    int8: bool
    min_agreement: float = Field(ge=0, le=1)
    max_f1_drop: float = Field(ge=0, le=1)
    card: Card
    hub: Push
