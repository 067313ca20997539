"""The bodies of requests, as the OpenAPI schema describes them, and their limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

Input = str | Sequence[str]
"""A text, or the words of a sentence."""
# Of a request: about 45,000 words, which take some seconds. A proxy limits the bytes before they are read.
MOST_CHARACTERS, MOST_TEXTS = 2**18, 1000
GivenWord = Annotated[str, Field(min_length=1)]
# The check ends at the first fault: to describe thousands of them would hold up the requests of others.
AllTexts = Annotated[list[str], Field(max_length=MOST_TEXTS, fail_fast=True)]
GivenWords = Annotated[list[GivenWord], Field(fail_fast=True)]
AllWords = Annotated[list[GivenWords], Field(max_length=MOST_TEXTS, fail_fast=True)]


class Body(BaseModel):
    """What both interfaces have in common."""

    model_config = ConfigDict(strict=True)

    def given(self) -> tuple[Sequence[Input], bool]:
        """The inputs, and whether they were given as a list."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _is_short(self) -> Body:
        characters = sum(sum(map(len, input_)) for input_ in self.given()[0])
        if characters > MOST_CHARACTERS:
            raise ValueError(f"{characters:,} characters; expected at most {MOST_CHARACTERS:,} per request")
        return self


class Texts(Body):
    """Texts, or sentences that are already split into words."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str | AllTexts | None = Field(None, description="A text, or a list of texts.")
    words: GivenWords | AllWords | None = Field(None, description="The words of a sentence, or a list of such.")

    @model_validator(mode="after")
    def _has_one_of_both(self) -> Texts:
        if (self.text is None) == (self.words is None):
            raise ValueError("expected either text or words")
        return self

    def given(self) -> tuple[Sequence[Input], bool]:
        if self.words is None:
            return _texts(self.text)
        several = bool(self.words) and isinstance(self.words[0], list)
        return cast("list[list[str]]", self.words if several else [self.words]), several


class Parameters(BaseModel):
    """Each strategy gives the same answer: words are never split."""

    model_config = ConfigDict(extra="forbid", strict=True)

    aggregation_strategy: Literal["simple", "first", "average", "max"] | None = None


class InferenceInputs(Body):
    """The request of Hugging Face's inference API for token classification."""

    inputs: str | AllTexts = Field(description="A text, or a list of texts.")
    parameters: Parameters | None = None

    def given(self) -> tuple[Sequence[Input], bool]:
        return _texts(self.inputs)


def entity_groups(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The entities of an answer as Hugging Face's inference API gives them."""
    names = {"type": "entity_group", "text": "word"}
    return [{names.get(key, key): value for key, value in entity.items()} for entity in answer["entities"]]


def described(faults: Sequence[Any]) -> Iterator[str]:
    """Describe the faults of a body without its text."""
    for fault in faults:
        if fault["type"] == "json_invalid":
            yield f"the body is not JSON (character {fault['loc'][1]})"
            continue
        # pydantic also names the alternative of a union, such as list[str]; FastAPI, that it is the body.
        path = [name for name in map(str, fault["loc"][1:]) if name != "str" and not name.startswith("list[")]
        yield f"{'.'.join(path) or 'the body'}: {fault['msg'].removeprefix('Value error, ')}"


def _texts(given: str | list[str] | None) -> tuple[list[str], bool]:
    if isinstance(given, list):
        return given, True
    return [given or ""], False
