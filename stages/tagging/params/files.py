"""``download.dataset`` with ``source: files``: one schema a format, so that a key of another format is told."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tagging.formats import conllu
from tagging.formats.conll import SKIP, WORDS
from tagging.params.reader import Section

# Columns of data/raw that are no layers.
_TAKEN = {"id", WORDS}
_CONLLU = conllu.COLUMNS[2:]


def inside(path: str) -> str:
    """A path as it is, if it can't lead out of a folder that it is joined to."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not path.strip():
        raise ValueError("must be a path inside the folder that download.folder names")
    return path


def _layer(name: str) -> str:
    if name in _TAKEN or not name.strip():
        raise ValueError(f"a layer can't be named {name!r}: {' and '.join(sorted(_TAKEN))} are taken")
    return name


def _layers(layers: dict[str, str]) -> dict[str, str]:
    if not layers:
        raise ValueError("must name at least one layer of tags")
    for name in layers:
        _layer(name)
    return layers


def _label_list(names: list[str]) -> list[str]:
    if not names or not all(names) or len(set(names)) < len(names):
        raise ValueError("must be label names, each given once, in the order of their numbers from 0")
    return names


InnerPath = Annotated[str, AfterValidator(inside)]
Share = Annotated[float, Field(gt=0, lt=1)]
# Name of a tag layer to where the format holds it.
Layers = Annotated[dict[str, str], AfterValidator(_layers)]
Names = dict[str, Annotated[list[str], AfterValidator(_label_list)]]


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


class ConllFiles(Files):
    """Column files, one word a line."""

    format: Literal["conll"]
    columns: list[str]
    comments: bool = False

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


class ConlluFiles(Files):
    """CoNLL-U files: a layer is a column by its name in lower case, or one key of FEATS or MISC (``misc:NER``)."""

    format: Literal["conllu"]
    layers: Layers
    absent: str = Field("_", min_length=1)

    @model_validator(mode="after")
    def _columns_exist(self) -> ConlluFiles:
        for layer, column in self.layers.items():
            base, colon, key = column.partition(":")
            if base not in _CONLLU or (colon and (base not in ("feats", "misc") or not key)):
                raise ValueError(
                    f"layers: {layer}: {column!r} is no column of CoNLL-U "
                    f"(allowed: {', '.join(_CONLLU)}, feats:KEY, misc:KEY)"
                )
        return self


class ListFiles(Files):
    """What JSON and Parquet share: a row a sentence, a list of words and a list a layer."""

    words: str
    layers: Layers
    names: Names = Field(default_factory=dict)
    id: str | None = None

    @model_validator(mode="after")
    def _names_are_of_layers(self) -> ListFiles:
        for layer in self.names:
            if layer not in self.layers:
                raise ValueError(f"names: {layer} is no layer (layers: {', '.join(self.layers)})")
        return self


class JsonFiles(ListFiles):
    """JSON or JSON Lines: an object a sentence."""

    format: Literal["json"]


class ParquetFiles(ListFiles):
    """Parquet with list columns."""

    format: Literal["parquet"]


class CsvFiles(Files):
    """CSV in long form: a row a word, a header, a column that says which sentence the word is of."""

    format: Literal["csv"]
    sentence: str
    words: str
    layers: Layers
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: Annotated[str, Field(min_length=1, max_length=1)] | None = '"'

    @model_validator(mode="after")
    def _cells_can_be_told_apart(self) -> CsvFiles:
        if {self.delimiter, self.quote} & {"\n", "\r"} or self.delimiter == self.quote:
            raise ValueError("delimiter and quote must be two different characters, neither of them a line end")
        return self


class SpanFiles(Files):
    """JSON or JSON Lines of raw text with character spans."""

    format: Literal["spans"]
    layer: Annotated[str, AfterValidator(_layer)]
    cut_spans: Literal["widen", "drop", "refuse"]
    id: str | None = None

    @property
    def layers(self) -> list[str]:
        """The one layer, in IOB2."""
        return [self.layer]


AnyFiles = Annotated[
    ConllFiles | ConlluFiles | JsonFiles | CsvFiles | ParquetFiles | SpanFiles, Field(discriminator="format")
]
