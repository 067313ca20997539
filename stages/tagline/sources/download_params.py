"""The section ``download``: where the data set and the encoder come from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from tagline.core.params import MAPPING, SEQUENCE, InnerPath, Section, SourceFolder
from tagline.sources.formats.base import Source
from tagline.sources.formats.keys import Key, LabelNames, TagColumns, Tests, WordKeys, named_tests
from tagline.sources.formats.lists import RowKeys, check_names
from tagline.sources.formats.registry import AnyFiles
from tagline.text.languages import Language

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
RepositoryName = Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")]


class HubSplits(Section):
    """The names of the splits on the Hub."""

    train: Key | None = None
    validation: Key | None = None
    test: Key | None = None
    tests: Tests = Field(default_factory=dict)

    @property
    def patterns(self) -> dict[str, str]:
        return self.model_dump(exclude={"tests"}, exclude_none=True) | named_tests(self.tests)

    @model_validator(mode="after")
    def _splits_are_apart(self) -> HubSplits:
        for (first, name), (second, other) in combinations(self.patterns.items(), 2):
            if name == other:
                raise ValueError(f"{first} and {second} are the same split {name}; name another one for each")
        return self


class HubDataset(RowKeys, WordKeys, Source):
    """A data set on the Hub: one row per sentence, with lists of words and of tags."""

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
    """Name on the Hub of each of the three splits, and of further test sets: `tests: {social: test_social}`."""
    words: Key
    """Column with the words of each sentence."""
    tag_columns: TagColumns
    """Tag columns: the name to use here, and the column on the Hub."""
    names: dict[str, LabelNames]
    """Label names of integer tags per tag column, in the order of the integers; {} if the data set has them."""

    @model_validator(mode="after")
    def _names_are_of_tag_columns(self) -> HubDataset:
        check_names(self.names, self.tag_columns)
        return self

    @property
    def patterns(self) -> dict[str, str]:
        return self.splits.patterns


class Encoder(Section):
    mark_capitals: bool = False
    """Whether capitals get a mark, if the tokenizer lower-cases. It is a sub-word of its own, before a word with an
    initial capital or in capitals."""


class PackagedEncoder(Encoder):
    """An encoder with its tokenizer in an installed Python distribution."""

    source: Literal["package"]
    """Where it is: package (Python distribution), path (inside `folder`) or hub. hub: on the Hugging Face Hub, as in
    presets/conll2003.yaml."""
    package: Key
    """Name of the distribution."""
    path: InnerPath
    """Path of the model inside the distribution."""
    sha256: Sha256
    """SHA-256 of model.safetensors; the stage fails if the file has another one."""


class LocalEncoder(Encoder):
    """An encoder with its tokenizer in a folder."""

    source: Literal["path"]
    """path: a folder inside `folder` with an encoder and its tokenizer."""
    path: InnerPath
    """Path of the folder."""


class HubEncoder(Encoder):
    """An encoder with its tokenizer on the Hub."""

    source: Literal["hub"]
    """hub: an encoder with its tokenizer on the Hugging Face Hub, its weights in safetensors."""
    name: RepositoryName
    """Name of the repository."""
    revision: Key
    """Branch, tag or commit. To pin it, use the commit in models/pretrained/provenance.json."""


AnyDataset = Annotated[AnyFiles | HubDataset, Field(discriminator="source")]


def sources_of(dataset: AnyDataset | Sequence[AnyDataset]) -> Sequence[AnyDataset]:
    return dataset if isinstance(dataset, Sequence) else [dataset]


def shared_columns(sources: Sequence[AnyDataset]) -> list[str]:
    """The tag columns that all sources have."""
    columns = set(sources[0].tag_columns).intersection(*(source.tag_columns for source in sources))
    return [name for name in sources[0].tag_columns if name in columns]


def language_of(sources: Sequence[AnyDataset]) -> Language | None:
    """The language whose rules split raw text for the model: the first that a source names."""
    return next((source.language for source in sources if source.language), None)


def _complete(dataset: AnyDatasets) -> AnyDatasets:
    """Return a data set unchanged if it can be trained on and its sources fit together; else a `ValueError`."""
    sources = sources_of(dataset)
    if not sources:
        raise ValueError("a list without sources; expected at least one")
    for split in ("train", "validation"):
        if any(split in source.patterns or split in source.shares for source in sources):
            continue
        if split == "train":
            raise ValueError("train has neither a file nor a share of train; name a file")
        raise ValueError(
            f"{split} has neither a file nor a share of train; name a file, or add a share such as "
            f"`split: {{seed: 42, {split}: 0.1}}`"
        )
    if not shared_columns(sources):
        columns = "; ".join(f"{number}: {', '.join(source.tag_columns)}" for number, source in enumerate(sources))
        raise ValueError(f"no tag column is in all sources ({columns}); give the one to learn the same name in each")
    if sources[0] is dataset and sources[0].repeat > 1:
        raise ValueError("repeat is for one source among several; train.epochs repeats all; remove it")
    return dataset


AnyDatasets = Annotated[
    Annotated[AnyDataset, AfterValidator(_complete), Tag(MAPPING)]
    | Annotated[list[AnyDataset], AfterValidator(_complete), Tag(SEQUENCE)],
    Discriminator(lambda value: SEQUENCE if isinstance(value, list) else MAPPING),
]
AnyEncoder = Annotated[PackagedEncoder | LocalEncoder | HubEncoder, Field(discriminator="source")]


class Download(Section):
    """Params of the download."""

    folder: SourceFolder
    """Folder of the files that are named below (data/none if none are). DVC tracks it: a change to its files reruns the
    stage."""
    corrections: dict[Key, InnerPath] | None = None
    """What the annotation page saved, by tag column: a file in `folder`, a pattern, or a folder with a file per
    annotator, such as {ner: fixes.ada.jsonl}; empty: none (docs/audit.md)."""
    dataset: AnyDatasets
    encoder: AnyEncoder

    @model_validator(mode="after")
    def _corrections_are_of_tag_columns(self) -> Download:
        columns = shared_columns(sources_of(self.dataset))
        for name in self.corrections or ():
            if name not in columns:
                raise ValueError(f"corrections: no tag column {name}; expected one of {', '.join(columns)}")
        return self
