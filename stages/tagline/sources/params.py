"""The section ``download``: where the data set and the pretrained encoder come from."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tagline.core.params import Section
from tagline.sources.formats.base import InnerPath
from tagline.sources.formats.schemas import AnyFiles
from tagline.sources.hub_params import HubDataset, HubEncoder

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


# What the stages write: DVC lets no stage read what it, or one after it, writes.
OUTS = ("data/raw", "data/tokenized", "data/predictions", "models", "metrics", "plots", "reports", ".work")


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
