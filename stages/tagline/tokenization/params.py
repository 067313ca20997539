"""The section ``tokenize_align``: which tags are learnt, and how words become sub-words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tagline.core.params import Section

Limit = Annotated[int, Field(ge=0)] | None


class Limits(Section):
    """The most of each kind that a split may have; None for any number. The names are those of metrics/data.json."""

    illegal: Limit
    unseen: Limit
    duplicates: Limit
    without_subwords: Limit
    cut_words: Limit
    windowed: Limit


class TokenizeAlign(Section):
    """See params.yaml for what each key means."""

    task: str
    scheme: Literal["auto", "IOB1", "IOB2", "BIOES", "BILOU", "IO", "tags"]
    illegal: Literal["repair", "error"]
    label_all_tokens: bool
    max_length: int = Field(ge=8)
    stride: int = Field(ge=0)
    limits: Limits

    @model_validator(mode="after")
    def _windows_move_on(self) -> TokenizeAlign:
        if self.stride > self.max_length // 2:
            raise ValueError(
                "stride is the overlap of two windows, so it must be at most half of max_length "
                f"({self.max_length // 2})"
            )
        return self
