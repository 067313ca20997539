"""The bodies of requests and answers, as the OpenAPI schema describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tagline.tools.serving.batching import Answer, Input

GivenWord = Annotated[str, Field(min_length=1)]
# The check ends at the first fault: to describe thousands of them would hold up the requests of others.
AllTexts = Annotated[list[str], Field(fail_fast=True)]
GivenWords = Annotated[list[GivenWord], Field(fail_fast=True)]


class Texts(BaseModel):
    """Texts, or sentences that are already split into words."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str | AllTexts | None = Field(None, description="A text, or a list of texts.")
    words: GivenWords | Annotated[list[GivenWords], Field(fail_fast=True)] | None = Field(
        None, description="The words of a sentence, or a list of such."
    )

    @model_validator(mode="after")
    def _has_one_of_both(self) -> Texts:
        if (self.text is None) == (self.words is None):
            raise ValueError("expected either text or words")
        return self

    def given(self) -> tuple[Sequence[Input], bool]:
        """The inputs, and whether they were given as a list."""
        if self.words is None:
            return _texts(self.text)
        several = bool(self.words) and isinstance(self.words[0], list)
        return cast("list[list[str]]", self.words if several else [self.words]), several

    @staticmethod
    def shown(answer: Answer) -> Answer:
        return answer


class Parameters(BaseModel):
    """Each strategy gives the same answer: words are never split."""

    model_config = ConfigDict(extra="forbid", strict=True)

    aggregation_strategy: Literal["simple", "first", "average", "max"] | None = None


class InferenceInputs(BaseModel):
    """The request of Hugging Face's inference API for token classification."""

    model_config = ConfigDict(strict=True)

    inputs: str | AllTexts = Field(description="A text, or a list of texts.")
    parameters: Parameters | None = None

    def given(self) -> tuple[Sequence[Input], bool]:
        """The inputs, and whether they were given as a list."""
        return _texts(self.inputs)

    @staticmethod
    def shown(answer: Answer) -> list[dict[str, Any]]:
        names = {"type": "entity_group", "text": "word"}
        groups = []
        for entity in answer["entities"]:
            groups.append({names.get(key, key): value for key, value in entity.items()})
        return groups


def _texts(given: str | list[str] | None) -> tuple[list[str], bool]:
    if isinstance(given, list):
        return given, True
    return [given or ""], False


class FoundEntity(BaseModel):
    """An entity; offsets count code points of the text, or words of the sentence, and the end is exclusive."""

    type: str
    text: str
    start: int
    end: int
    score: float
    accepted: bool | None = None


class Tagged(BaseModel):
    """What `tagline predict` writes as a line of JSON: the input with its entities; of words also labels and scores."""

    text: str | None = None
    words: list[str] | None = None
    labels: list[str] | None = None
    scores: list[float] | None = None
    entities: list[FoundEntity]
    promised: bool | None = None


class EntityGroup(BaseModel):
    """An entity as Hugging Face's inference API gives it."""

    entity_group: str
    score: float
    word: str
    start: int
    end: int
    accepted: bool | None = None
