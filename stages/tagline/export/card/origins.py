"""The data set and the encoder of a model, from the provenance that the stage download wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRAIN, TEST = "train", "test"


@dataclass(frozen=True)
class File:
    """A file with its SHA-256, and the split that was read from it, if any."""

    path: str
    sha256: str
    split: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set.

    Attributes:
        name: on the Hub, or the names of the training files.
        commit: on the Hub; None for files.
        config: the configuration on the Hub, if the data set has several.
        test: the name of the test split in the source.
        rows: the number of sentences of each split.
        files: the files of a data set in files.
        drawn: the seed and the shares of splits that were drawn from train, if any.
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
        """Read the content of data/raw/provenance.json."""
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
        name: on the Hub, or the package or folder.
        source: hub, package or path.
        revision: the commit on the Hub, or the version of the package; None for a folder.
        weights: the weight files.
        marks: the sub-words that download added before words with an initial capital and words in capitals.
    """

    name: str
    source: str
    revision: str | None
    weights: list[File]
    marks: list[str]

    @classmethod
    def of(cls, provenance: Mapping[str, Any]) -> Encoder:
        """Read the content of models/pretrained/provenance.json."""
        source = provenance["source"]
        weights = [File(path, value) for path, value in provenance["sha256"].items() if path.endswith(".safetensors")]
        marks = provenance.get("marks", [])
        match source:
            case "hub":
                return cls(provenance["name"], source, provenance["commit"], weights, marks)
            case "package":
                name = f"{provenance['path']} of the package {provenance['package']}"
                return cls(name, source, provenance["revision"], weights, marks)
            case _:
                return cls(f"the folder {provenance['path']}", source, None, weights, marks)
