"""The section ``download``: where the data set and the pretrained encoder come from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagging.params.files import InnerPath
from tagging.params.formats import AnyFiles
from tagging.params.hub import HubDataset, HubEncoder
from tagging.params.reader import Section

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class PackagedEncoder(Section):
    """An encoder with its tokenizer that an installed Python distribution carries."""

    source: Literal["package"]
    package: str
    path: str
    sha256: Sha256


class LocalEncoder(Section):
    """An encoder with its tokenizer in a folder inside ``download.folder``."""

    source: Literal["path"]
    path: InnerPath


AnyDataset = Annotated[AnyFiles | HubDataset, Field(discriminator="source")]
AnyEncoder = Annotated[PackagedEncoder | LocalEncoder | HubEncoder, Field(discriminator="source")]


class Download(Section):
    """See params.yaml for what each key means."""

    folder: str
    dataset: AnyDataset
    encoder: AnyEncoder
