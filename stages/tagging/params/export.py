"""The section ``export``: the folder that a user takes away."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tagging.params.reader import Section


class Export(Section):
    """See params.yaml for what each key means."""

    dtype: Literal["float32", "bfloat16", "float16"]
    onnx: bool
    int8: bool
    min_agreement: float = Field(ge=0, le=1)
    max_f1_drop: float = Field(ge=0, le=1)
