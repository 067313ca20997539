"""The section ``tokenize_align``: the task, its label scheme, and windows of sub-words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tagline.core.params import Section

Limit = Annotated[int, Field(ge=0)] | None


class Limits(Section):
    """The largest allowed count per split of each finding in reports/data.json; None: no limit."""

    illegal_tags: Limit
    unseen_labels: Limit
    no_entities: Limit = None
    duplicate_sentences: Limit
    words_without_subwords: Limit
    unknown_words: Limit = None
    long_words: Limit = None
    truncated_words: Limit
    long_sentences: Limit = None
    windowed_sentences: Limit


class TokenizeAlign(Section):
    """See params.yaml for what each key means."""

    task: str
    scheme: Literal["auto", "IOB1", "IOB2", "BIOES", "BILOU", "IO", "tags"]
    outside: str | None = None
    illegal: Literal["repair", "error"]
    label_all_tokens: bool
    max_length: int = Field(ge=8)
    stride: int = Field(ge=0)
    context_subwords: int = Field(default=0, ge=0)
    limits: Limits

    @model_validator(mode="after")
    def _windows_are_possible(self) -> TokenizeAlign:
        if self.stride > self.max_length // 2:
            raise ValueError(
                f"stride is the overlap of two windows; it must be at most half of max_length ({self.max_length // 2})"
            )
        if self.context_subwords >= self.max_length:
            raise ValueError(
                "context_subwords is what a window also reads on each side of its sentence; it must be less than "
                f"max_length ({self.max_length})"
            )
        return self
