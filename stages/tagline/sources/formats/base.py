"""``download.dataset`` with ``source: files``: where the files of each split are, whatever their format."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tagline.core.params import Section


def inside(path: str) -> str:
    """A path as it is, if it can't lead out of a folder that it is joined to."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not path.strip():
        raise ValueError("must be a path inside the folder that download.folder names")
    return path


def leads_out(path: Path, *folders: Path) -> bool:
    """Whether a path, with all links resolved, is outside of each of the folders, whose own links are resolved too."""
    real = Path(os.path.realpath(path))  # unlike Path.resolve() it raises nothing for links that form a loop
    return not any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


InnerPath = Annotated[str, AfterValidator(inside)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Shares(Section):
    """The parts of train that become the splits without a file of their own."""

    seed: int
    validation: Share | None = None
    test: Share | None = None


class Files(Section):
    """What all formats share: a file or a glob pattern a split, in ``download.folder``."""

    source: Literal["files"]
    train: InnerPath
    validation: InnerPath | None = None
    test: InnerPath | None = None
    split: Shares | None = None

    @model_validator(mode="after")
    def _every_split_has_one_origin(self) -> Files:
        for name, file in (("validation", self.validation), ("test", self.test)):
            share = getattr(self.split, name, None)
            if file is None and share is None:
                raise ValueError(
                    f"{name} names no file, so split must say which share of train it gets, "
                    f"such as `split: {{seed: 42, {name}: 0.1}}`"
                )
            if file is not None and share is not None:
                raise ValueError(f"{name} has a file and a share under split: leave out one of them")
        if self.split and not self.shares:
            raise ValueError("split is of no use where validation and test have files: leave it out")
        if sum(self.shares.values()) >= 1:
            raise ValueError("the shares under split leave nothing for train")
        return self

    @property
    def files(self) -> dict[str, str]:
        """Split name to path or pattern inside the folder, for each split that has one."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {split: file for split, file in named.items() if file is not None}

    @property
    def shares(self) -> dict[str, float]:
        """Split name to its share of train, for each split without a file."""
        named = {"test": self.split.test, "validation": self.split.validation} if self.split else {}
        return {split: share for split, share in named.items() if share is not None}
