"""Origins: the data set and the encoder that a model was made of, as the stage download wrote them down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The splits in their order; what is left out of a drawn split's description.
TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class File:
    """A file with its SHA-256, and the split that was read from it, if there is one."""

    path: str
    sha256: str
    split: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Attributes:
        name: the Hub's, or the names of the files that training read.
        commit: the Hub's, None for files.
        config: one of the Hub's configs, if the data set has several.
        test: what the source calls the test split.
        rows: sentences of each split.
        files: of a data set in files.
        drawn: the seed and the shares of splits that were drawn from train, if any were.
    """

    name: str
    commit: str | None
    config: str | None
    test: str
    rows: Mapping[str, int]
    files: list[File]
    drawn: Mapping[str, Any] | None

    @classmethod
    def of(cls, provenance: Mapping[str, Any]) -> Dataset:
        """The data set of data/raw/provenance.json."""
        rows = provenance["rows"]
        if provenance["source"] == "hub":
            commit, config = provenance["commit"], provenance["config"]
            return cls(provenance["name"], commit, config, provenance["splits"][TEST], rows, [], None)
        by_split = provenance["files"]
        files = [File(file["path"], file["sha256"], split) for split, of in by_split.items() for file in of]
        name = ", ".join(file.path for file in files if file.split == TRAIN)
        return cls(name, None, None, TEST, rows, files, provenance.get("drawn_from_train"))


@dataclass(frozen=True)
class Encoder:
    """A pretrained encoder.

    Attributes:
        name: the Hub's, or of which package or folder it is.
        source: hub, package or path.
        revision: the Hub's commit, or the package's version; None for a folder.
        weights: its files of weights.
    """

    name: str
    source: str
    revision: str | None
    weights: list[File]

    @classmethod
    def of(cls, provenance: Mapping[str, Any]) -> Encoder:
        """The encoder of models/pretrained/provenance.json."""
        source = provenance["source"]
        weights = [File(path, value) for path, value in provenance["sha256"].items() if path.endswith(".safetensors")]
        match source:
            case "hub":
                return cls(provenance["name"], source, provenance["commit"], weights)
            case "package":
                name = f"{provenance['path']} of the package {provenance['package']}"
                return cls(name, source, provenance["revision"], weights)
            case _:
                return cls(f"the folder {provenance['path']}", source, None, weights)
