"""The section ``download``: where the data set and the pretrained encoder come from."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tagline.core.params import Section
from tagline.sources.formats.base import RESERVED, InnerPath, Key
from tagline.sources.formats.cleaning import WordKeys
from tagline.sources.formats.registry import AnyFiles
from tagline.text.languages import Language

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
RepositoryName = Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")]


class HubSplits(Section):
    """The names of the three splits in the Hub's repository."""

    train: Key
    validation: Key
    test: Key

    @model_validator(mode="after")
    def _test_is_apart(self) -> HubSplits:
        if self.validation == self.test:
            raise ValueError(f"validation and test are the same split {self.test}; name another one for each")
        return self


class HubDataset(WordKeys):
    """A data set on the Hub: one row per sentence, with a list of words and lists of tags in its columns."""

    source: Literal["hub"]
    language: Language | None = None
    name: RepositoryName
    config: Key | None
    revision: Key
    splits: HubSplits
    words: Key
    tag_columns: dict[Key, Key] = Field(min_length=1)
    document: Key | None = None
    names: dict[Key, list[Key]]

    @model_validator(mode="after")
    def _names_are_usable(self) -> HubDataset:
        if reserved := sorted(set(RESERVED) & set(self.tag_columns)):
            raise ValueError(f"tag_columns.{reserved[0]}: data/raw has another column of that name; rename it")
        if unknown := sorted(set(self.names) - set(self.tag_columns)):
            raise ValueError(f"names.{unknown[0]}: not one of tag_columns ({', '.join(self.tag_columns)})")
        for column, names in self.names.items():
            if len(set(names)) < len(names):
                raise ValueError(f"names.{column} contains a name twice")
        return self


class PackagedEncoder(Section):
    """An encoder with its tokenizer that an installed Python distribution contains."""

    source: Literal["package"]
    package: Key
    path: InnerPath
    sha256: Sha256


class LocalEncoder(Section):
    """An encoder with its tokenizer in a folder inside ``download.folder``."""

    source: Literal["path"]
    path: InnerPath


class HubEncoder(Section):
    """A pretrained encoder with its tokenizer on the Hub."""

    source: Literal["hub"]
    name: RepositoryName
    revision: Key


AnyDataset = Annotated[AnyFiles | HubDataset, Field(discriminator="source")]
AnyEncoder = Annotated[PackagedEncoder | LocalEncoder | HubEncoder, Field(discriminator="source")]


# What the stages write. DVC does not let a stage read what it, or a later stage, writes.
OUTS = (
    "data/raw",
    "data/tokenized",
    "data/predictions",
    "data/audit",
    "models",
    "metrics",
    "plots",
    "reports",
    ".work",
)


def _source(folder: str) -> str:
    path = PurePosixPath(posixpath.normpath(folder))
    if not folder.strip() or "\0" in folder:
        raise ValueError("must be a folder")
    for out in map(PurePosixPath, OUTS):
        if path == out or path in out.parents or out in path.parents:
            raise ValueError(f"must be a folder apart from what the stages write ({', '.join(OUTS)})")
    return folder


class Download(Section):
    """See params.yaml for what each key means."""

    folder: Annotated[str, AfterValidator(_source)]
    dataset: AnyDataset
    encoder: AnyEncoder
