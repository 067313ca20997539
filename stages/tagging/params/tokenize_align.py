"""The section ``tokenize_align``: which tags are learnt, and how words become sub-words."""

from __future__ import annotations

from pydantic import Field, model_validator

from tagging.params.reader import Section


class TokenizeAlign(Section):
    """See params.yaml for what each key means."""

    task: str
    label_all_tokens: bool
    max_length: int = Field(ge=8)
    stride: int = Field(ge=0)

    @model_validator(mode="after")
    def _windows_move_on(self) -> TokenizeAlign:
        if self.stride > self.max_length // 2:
            raise ValueError(
                "stride is the overlap of two windows, so it must be at most half of max_length "
                f"({self.max_length // 2})"
            )
        return self
