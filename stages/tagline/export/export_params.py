"""The section ``export`` of params.yaml: exported backends, their checks, and the model card."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagline.core.params import Section
from tagline.hub.hub_params import Push


class Card(Section):
    """Facts on the model card that the pipeline does not know. See params.yaml."""

    language: Annotated[str, Field(pattern="^([a-z]{2,3}|multilingual)$")] | None
    license: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9.-]*$")] | None


class Export(Section):
    """See params.yaml for the meaning of each key."""

    dtype: Literal["float32", "bfloat16", "float16"]
    onnx: bool
    int8: bool
    min_agreement: float = Field(ge=0, le=1)
    max_f1_drop: float = Field(ge=0, le=1)
    card: Card
    hub: Push
