"""What params.yaml says of repositories on the Hugging Face Hub: a data set's columns, an encoder's name."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tagline.core.params import Section

RepositoryName = Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")]
Name = Annotated[str, Field(min_length=1)]


class HubSplits(Section):
    """What the Hub's repository calls the three splits."""

    train: Name
    validation: Name
    test: Name


class HubDataset(Section):
    """A data set on the Hub: a row a sentence, a list of words and lists of tags in its columns."""

    source: Literal["hub"]
    name: RepositoryName
    config: Name | None
    revision: Name
    splits: HubSplits
    words: Name
    layers: dict[Name, Name] = Field(min_length=1)
    names: dict[Name, list[Name]]

    @model_validator(mode="after")
    def _names_are_usable(self) -> HubDataset:
        if taken := sorted({"id", "words"} & set(self.layers)):
            raise ValueError(f"layers must not hold {taken[0]!r}: data/raw has another column of that name")
        if unknown := sorted(set(self.names) - set(self.layers)):
            raise ValueError(f"names has {unknown[0]!r}, which is none of layers ({', '.join(self.layers)})")
        for layer, names in self.names.items():
            if len(set(names)) < len(names):
                raise ValueError(f"names.{layer} holds a name twice")
        return self


class HubEncoder(Section):
    """A pretrained encoder with its tokenizer on the Hub."""

    source: Literal["hub"]
    name: RepositoryName
    revision: Name
