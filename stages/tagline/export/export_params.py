"""The section ``export`` of params.yaml: exported backends, their checks, and the model card."""

from typing import Annotated, Literal

from pydantic import Field

from tagline.core.params import Section
from tagline.hub.hub_params import Push


class Card(Section):
    """Facts on the model card that the pipeline does not know."""

    language: Annotated[str, Field(pattern="^([a-z]{2,3}|multilingual)$")] | None = None
    """Language of the texts as an ISO code, or multilingual."""
    license: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9.-]*$")] | None = None
    """Licence of the model, by its identifier on the Hub (apache-2.0, cc-by-4.0, ...)."""
    data_license: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9.-]*$")] | None = None
    """Licence of the data set, by its identifier on the Hub."""
    dataset: Annotated[str, Field(pattern="^([A-Za-z0-9._-]+/[A-Za-z0-9._-]+|[^/]+)$")] | None = None
    """Name of the data set in place of its files' names: OWNER/NAME on the Hub, or a plain one. A data set from the Hub
    keeps its own name beside it."""


class Export(Section):
    """Params of the export."""

    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    """Number format of the exported weights for transformers: float32, bfloat16 or float16."""
    onnx: bool
    """Whether to export onnx/model.onnx, the model in float32 for onnxruntime."""
    int8: bool
    """Whether to export onnx/model_quantized.onnx, in 8-bit integers: smaller and usually faster."""
    browser: bool = False
    """Whether onnx/model.onnx has a copy of its weights beside it, so that transformers.js can load it. Otherwise its
    weights are those of model.safetensors. The 8-bit graph needs no copy."""
    min_agreement: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Minimum share of test words with the same label as from the trained model. For the floating-point exports; the
    stage fails below it."""
    max_f1_drop: Annotated[float, Field(ge=0, le=1)]
    """Maximum loss of test F1 against the trained model, for each exported form. If the loss is larger and significant,
    the 8-bit graph is left out; for another form, the stage fails. A larger loss that is not significant is reported.
    """
    card: Card = Card()
    """What the model card, models/export/README.md, cannot take from the pipeline; empty: left out."""
    hub: Push = Push()
    """Push models/export to the Hugging Face Hub in one commit, once it is complete; `tagline push` pushes later. The
    model card mentions repo_id."""
