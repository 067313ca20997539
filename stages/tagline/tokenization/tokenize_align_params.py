"""The section ``tokenize_align``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tagline.core.findings import MEANINGS
from tagline.core.params import Section
from tagline.labels.schemes import Scheme


def _is_finding(name: str) -> str:
    if name not in MEANINGS:
        raise ValueError(f"must be one of {', '.join(MEANINGS)}")
    return name


Finding = Annotated[str, AfterValidator(_is_finding)]


class TokenizeAlign(Section):
    """Params of tokenization and alignment."""

    tag_column: str
    """Tag column to learn: the name of a tag column of the data set (ner, chunk or pos in the sample)."""
    scheme: Literal["auto", Scheme]
    """Label scheme of its tags: auto, IOB1, IOB2, BIOES, BILOU, IO (no B-), or tags (plain ones, such as pos). auto:
    inferred from the tags of each split, printed, and recorded in reports/data.json. BMES and BMEOW are BIOES."""
    outside: str | None = None
    """Tag of words outside all spans where it is not O, such as OTHER or "0"; empty: O. Ignored when scheme is tags."""
    label_all_tokens: bool
    """Whether all sub-words of a word are labelled, or only the first. true: B- as I- after the first. false: also the
    one after it if that marks a capital; others get -100."""
    max_length: Annotated[int, Field(ge=8)]
    """Maximum window length in sub-words, special tokens included. Longer sentences are split into several windows."""
    stride: Annotated[int, Field(ge=0)]
    """Overlap of two neighbouring windows in sub-words, at most half of max_length."""
    lowercase_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the training sentences that are also learnt in small letters. Above 0, sentences whose capitals say
    nothing (in capitals, or a title) are read in small letters, by the exported model too. 0: all are read as they
    are."""
    limits: dict[Finding, Annotated[int, Field(ge=0)] | None] = Field(default={})
    """Maximum number of each finding per split, such as {illegal_tags: 0} (docs/data.md lists them); empty: no limit.
    The stage fails above it and names the first ones."""

    @model_validator(mode="after")
    def _windows_are_possible(self) -> TokenizeAlign:
        if self.stride > self.max_length // 2:
            raise ValueError(
                f"stride is the overlap of two windows; it must be at most half of max_length ({self.max_length // 2})"
            )
        return self
