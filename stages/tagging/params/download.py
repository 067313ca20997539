"""The section ``download``: where the data set and the pretrained encoder come from."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tagging.params.hub import HubDataset, HubEncoder
from tagging.params.reader import Section

WORDS = "words"
SKIP = "-"


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not path.strip():
        raise ValueError("must be a path inside the folder that download.folder names")
    return path


InnerPath = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ConllFiles(Section):
    """CoNLL column files in ``download.folder``, one a split."""

    source: Literal["files"]
    columns: list[str]
    train: InnerPath
    validation: InnerPath
    test: InnerPath

    @model_validator(mode="after")
    def _names_are_usable(self) -> ConllFiles:
        layers = self.layers
        if self.columns.count(WORDS) != 1:
            raise ValueError(f"columns must hold {WORDS!r} exactly once")
        if not layers:
            raise ValueError("columns must name at least one column of tags")
        if len(set(layers)) < len(layers) or "id" in layers:
            raise ValueError("columns must have different names, and 'id' is taken")
        return self

    @property
    def layers(self) -> list[str]:
        """The tag layers: the columns that are neither the words nor skipped."""
        return [name for name in self.columns if name not in (WORDS, SKIP)]

    @property
    def files(self) -> dict[str, str]:
        """Split name to path inside the folder."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


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


class Download(Section):
    """See params.yaml for what each key means."""

    folder: str
    dataset: ConllFiles | HubDataset = Field(discriminator="source")
    encoder: PackagedEncoder | LocalEncoder | HubEncoder = Field(discriminator="source")
