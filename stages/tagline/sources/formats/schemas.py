"""``download.dataset`` with ``source: files``: one schema a format, so that a key of another format is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tagline.sources.formats import conllu
from tagline.sources.formats.base import Files
from tagline.sources.formats.conll import SKIP, WORDS

# Columns of data/raw that are no layers.
_TAKEN = {"id", WORDS}
_CONLLU = conllu.COLUMNS[2:]


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


Key = Annotated[str, Field(min_length=1)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
# Name of a tag layer to where the format holds it.
Layers = Annotated[dict[str, str], AfterValidator(_layers)]
Names = dict[str, Annotated[list[str], AfterValidator(_label_list)]]


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
    absent: Key = "_"

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

    words: Key
    layers: Layers
    names: Names = Field(default_factory=dict)
    id: Key | None = None

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
    sentence: Key
    words: Key
    layers: Layers
    delimiter: Character = ","
    quote: Character | None = '"'

    @model_validator(mode="after")
    def _cells_can_be_told_apart(self) -> CsvFiles:
        if {self.delimiter, self.quote} & {"\n", "\r"} or self.delimiter == self.quote:
            raise ValueError("delimiter and quote must be two different characters, neither of them a line end")
        return self


class SpanFiles(Files):
    """JSON or JSON Lines of raw text with character spans."""

    format: Literal["spans"]
    layer: Annotated[str, AfterValidator(_layer)]
    misaligned_spans: Literal["expand", "drop", "error"]
    id: Key | None = None

    @property
    def layers(self) -> list[str]:
        """The one layer, in IOB2."""
        return [self.layer]


AnyFiles = Annotated[
    ConllFiles | ConlluFiles | JsonFiles | CsvFiles | ParquetFiles | SpanFiles, Field(discriminator="format")
]
