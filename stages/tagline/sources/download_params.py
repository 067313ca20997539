"""The section ``download``: where the data set and the pretrained encoder come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tagline.core.params import InnerPath, Section, SourceFolder
from tagline.sources.formats.base import Key, LabelNames, TagColumns
from tagline.sources.formats.lists import ListKeys
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


class HubDataset(ListKeys):
    """A data set on the Hub: one row per sentence, with a list of words and lists of tags in its columns."""

    source: Literal["hub"]
    """hub: a data set on the Hugging Face Hub, one row per sentence."""
    language: Language | None = None
    name: RepositoryName
    """Name of the repository."""
    config: Key | None
    """Configuration of the data set; empty if it has only one."""
    revision: Key
    """Branch, tag or commit. To pin it, use the commit that the stage prints and writes to data/raw/provenance.json."""
    splits: HubSplits
    """Name on the Hub of each of the three splits."""
    words: Key
    """Column with the words of each sentence."""
    tag_columns: TagColumns
    """Tag columns: the name to use here, and the column on the Hub."""
    names: dict[str, LabelNames]
    """Label names of integer tags per tag column, in the order of the integers; {} if the data set has them."""


class Encoder(Section):
    """What encoders of all sources have in common."""

    mark_capitals: bool = False
    """Whether words with an initial capital and words in capitals get a mark, a sub-word of its own, where the
    tokenizer lower-cases."""


class PackagedEncoder(Encoder):
    """An encoder with its tokenizer that an installed Python distribution contains."""

    source: Literal["package"]
    """Where the pretrained encoder and its tokenizer are stored. package: in an installed Python distribution. path: in
    a folder inside `folder`. hub: on the Hugging Face Hub, as in presets/conll2003.yaml."""
    package: Key
    """Name of the distribution."""
    path: InnerPath
    """Path of the model inside the distribution."""
    sha256: Sha256
    """Expected SHA-256 of model.safetensors; the stage fails if the file has another one."""


class LocalEncoder(Encoder):
    """An encoder with its tokenizer in a folder inside ``download.folder``."""

    source: Literal["path"]
    """path: a folder inside `folder` with an encoder and its tokenizer."""
    path: InnerPath
    """Path of the folder."""


class HubEncoder(Encoder):
    """A pretrained encoder with its tokenizer on the Hub."""

    source: Literal["hub"]
    """hub: an encoder with its tokenizer on the Hugging Face Hub, its weights in safetensors."""
    name: RepositoryName
    """Name of the repository."""
    revision: Key
    """Branch, tag or commit. To pin it, use the commit in models/pretrained/provenance.json."""


AnyDataset = Annotated[AnyFiles | HubDataset, Field(discriminator="source")]
AnyEncoder = Annotated[PackagedEncoder | LocalEncoder | HubEncoder, Field(discriminator="source")]


class Download(Section):
    """Params of the download."""

    folder: SourceFolder
    """Local folder that contains the files named below (data/none if none are). DVC tracks it: a change to its files
    reruns the stage."""
    dataset: AnyDataset
    encoder: AnyEncoder
