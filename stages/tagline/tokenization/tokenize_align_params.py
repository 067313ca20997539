"""The section ``tokenize_align``: the tag column, its label scheme, and windows of sub-words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tagline.core.params import Section
from tagline.labels.schemes import Scheme

Limit = Annotated[int, Field(ge=0)] | None


class Limits(Section):
    """The largest allowed count per split of each finding in reports/data.json; None: no limit."""

    illegal_tags: Limit = None
    """Tags that the scheme does not allow at their position."""
    unseen_labels: Limit = None
    """Labels of validation or test that do not occur in train."""
    unknown_labels: Limit = None
    """Words of train whose label is not known, or only in part (docs/data.md)."""
    incomplete_sentences: Limit = None
    """Sentences of validation or test that are left out, since the label of a word is not known."""
    no_entities: Limit = None
    """1 if the split has no entity, so that its F1 is always 0. Not counted for plain tags."""
    duplicate_sentences: Limit = None
    """Sentences of validation or test that also occur in train."""
    words_without_subwords: Limit = None
    """Words that the tokenizer removes. They stay in the sentence and get the label predicted for unseen words."""
    unknown_words: Limit = None
    """Words with a sub-word such as [UNK], which stands for what the vocabulary lacks."""
    long_words: Limit = None
    """Words of more than 200 characters, such as URLs or words that were not split."""
    truncated_words: Limit = None
    """Words longer than a window; the encoder sees only their first sub-words."""
    long_sentences: Limit = None
    """Sentences of more than 500 words, such as whole documents."""
    windowed_sentences: Limit = None
    """Sentences longer than a window."""


class TokenizeAlign(Section):
    """Params of tokenization and alignment."""

    tag_column: str
    """Tag column to learn: the name of a tag column of the data set (ner, chunk or pos in the sample)."""
    scheme: Literal["auto", Scheme]
    """Label scheme of its tags: auto, IOB1, IOB2, BIOES, BILOU, IO (no B-), or tags (plain ones, such as pos). auto:
    inferred from the tags of each split, printed, and recorded in reports/data.json. BMES and BMEOW are BIOES."""
    outside: str | None = None
    """Tag of words outside all spans where it is not O, such as OTHER or "0"; empty: O. Ignored when scheme is tags."""
    illegal: Literal["repair", "error"] = "repair"
    """How to handle tags that the scheme does not allow: repair or error. repair: as conlleval reads them, a stray I-
    starts an entity. error: the stage fails and lists them."""
    label_all_tokens: bool
    """Whether all sub-words of a word are labelled, or only the first. true: B- as I- after the first. false: also the
    one after it if that marks a capital; others get -100."""
    max_length: Annotated[int, Field(ge=8)]
    """Maximum window length in sub-words, special tokens included. Longer sentences are split into several windows."""
    stride: Annotated[int, Field(ge=0)]
    """Overlap of two neighbouring windows in sub-words, at most half of max_length."""
    context_subwords: Annotated[int, Field(ge=0)] = 0
    """Maximum number of sub-words of neighbouring sentences that a window also reads on each side. They are of the same
    document, as far as max_length leaves room, and are not labelled. 0: each sentence is read by itself."""
    lowercase_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the training sentences that are also learnt in small letters. Above 0, sentences whose capitals say
    nothing (in capitals, or a title) are read in small letters, by the exported model too. 0: all are read as they
    are."""
    typo_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the training sentences that are also learnt with typing errors, in one word of seven. 0: none."""
    limits: Limits = Limits()
    """Maximum number of each finding per split. The stage fails above it and lists the first ones; empty: no limit."""

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
