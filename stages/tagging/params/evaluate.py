"""The section ``evaluate``: how the fine-tuned model is scored."""

from __future__ import annotations

from pydantic import Field

from tagging.params.reader import Section


class Evaluate(Section):
    """See params.yaml for what each key means."""

    batch_size: int = Field(ge=1, le=2**20)
