"""A format is a class: its fields are the keys of params.yaml, `read` reads a file, `recognise` guesses the keys.

This module has what all formats share, `annotated` what annotated texts share.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tagline.core import Findings
from tagline.core.findings import lines_by_split
from tagline.core.params import InnerPath, Section
from tagline.sources.formats.keys import Documents, Key, Share, Tests, TypeName, WordKeys, named_tests
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal import UserError
from tagline.text.languages import Language
from tagline.text.sentence import Sentence

# A longer text is not one sentence.
MOST_WORDS = 500


def leads_out(path: Path, *folders: Path) -> bool:
    """Whether a path is outside all of the folders, with links resolved on both sides."""
    real = Path(os.path.realpath(path))  # unlike Path.resolve() it does not raise for a loop of links
    return not any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


class Shares(Section):
    """The shares of training documents that become the splits without a file."""

    seed: int
    validation: Share | None = None
    test: Share | None = None


class Source(Section):
    """A data set, or one of several that become one."""

    repeat: Annotated[int, Field(ge=1)] = 1
    # Names of types in the source, and those that they get.
    types: dict[Key, TypeName] = Field(default_factory=dict)

    @property
    @abstractmethod
    def patterns(self) -> dict[str, str]:
        """Split name to what the source has it in."""

    @property
    def shares(self) -> dict[str, float]:
        """Split name to its share of train, if it is drawn from train."""
        return {}

    @model_validator(mode="after")
    def _has_a_split(self) -> Self:
        if not self.patterns:
            raise ValueError("no split is named; expected at least one of train, validation, test and tests")
        if "train" not in self.patterns and (self.shares or self.repeat > 1):
            key = "split draws from" if self.shares else "repeat is of"
            raise ValueError(f"{key} train, which this source does not have; name train, or remove the key")
        return self


class Files(Source):
    """A data set in files: a path or a glob pattern per split, in ``download.folder``."""

    # Whether a path can be a folder: its files are one data set.
    folders: ClassVar[bool] = False
    # Whether each file is one document: the files of a folder are one data set, and each is read by itself.
    is_document: ClassVar[bool] = False

    source: Literal["files"]
    """Where the data set is stored: files (in `folder`) or hub (Hugging Face Hub, as in presets/conll2003.yaml)."""
    language: Language | None = None
    train: InnerPath | None = None
    """File or glob pattern of train."""
    validation: InnerPath | None = None
    """Likewise for validation, which may be a share of train instead: `split: {seed: 42, validation: 0.1, test: 0.1}`.
    The seed and a document's words alone decide its split."""
    test: InnerPath | None = None
    """Likewise for test; without it, scores are of validation (docs/small.md). Further test sets, which are scored too,
    can have names of yours: `tests: {social: social.conll}`."""
    tests: Tests = Field(default_factory=dict)
    split: Shares | None = None
    # Path or pattern of text files, one text per line, which train gets with unknown tags.
    unlabelled: InnerPath | None = None
    # Path or pattern of some of the files, and the types of entities that alone are annotated in them.
    annotated_types: dict[InnerPath, Annotated[list[Key], Field(min_length=1)]] = Field(default_factory=dict)

    if TYPE_CHECKING:  # a key of some formats, and for others what follows from their keys

        @property
        def tag_columns(self) -> Collection[str]:
            """The names of the tag columns."""

    @model_validator(mode="after")
    def _no_split_has_two_origins(self) -> Files:
        for name, file in (("validation", self.validation), ("test", self.test)):
            if file is not None and getattr(self.split, name, None) is not None:
                raise ValueError(f"{name} has both a file and a share under split; remove one of them")
        if self.split and not self.shares:
            raise ValueError("split has no effect when validation and test have files; remove it")
        if sum(self.shares.values()) >= 1:
            raise ValueError("the shares under split leave nothing for train; their sum must be less than 1")
        return self

    @property
    def patterns(self) -> dict[str, str]:
        """Split name to path or glob pattern inside the folder."""
        splits = self.model_dump(include={"train", "validation", "test"}, exclude_none=True)
        return splits | named_tests(self.tests)

    @property
    def shares(self) -> dict[str, float]:
        """Split name to its share of train, if it has no file."""
        named = {"test": self.split.test, "validation": self.split.validation} if self.split else {}
        return {split: share for split, share in named.items() if share is not None}

    def annotated_by(self, file: str) -> str | None:
        """The first pattern of ``annotated_types`` that matches a file, given by its path in the folder."""
        return next((pattern for pattern in self.annotated_types if fnmatchcase(file, pattern)), None)

    def annotated(self, file: str) -> Sequence[str] | None:
        """The types that alone are annotated in a file; None: all."""
        pattern = self.annotated_by(file)
        return None if pattern is None else sorted(set(self.annotated_types[pattern]))

    @property
    def lacks_types(self) -> bool:
        """Whether sentences can have ``annotated_types``."""
        return bool(self.annotated_types)

    @classmethod
    def recognise(cls, _: Sample) -> Guess | None:
        """Guess the keys of a file for `tagline inspect`; None if it is another format."""
        return None

    @abstractmethod
    def read(self, path: Path) -> Iterator[Sentence]:
        """Read the sentences of a file or folder.

        Raises:
            UserError: it is malformed; the message begins with the file and the line or row.
        """

    def files(self, path: Path) -> list[Path]:
        """All files that `read` opens for a path, to be checked before and hashed."""
        return [path]

    @property
    def meanings(self) -> dict[str, str]:
        """What each kind of `Sentence.notes` means, for the terminal."""
        return {}

    def report(self, findings: Mapping[str, Findings]) -> str:
        """Summarise the notes of each split for the terminal; empty: print nothing.

        Raises:
            UserError: the params do not allow what the notes say.
        """
        return "\n".join(lines_by_split(findings))


class WordFiles(WordKeys, Files):
    """Files of words with tags."""


def in_documents(sentences: Iterable[Sentence], documents: Documents) -> Iterator[Sentence]:
    """Yield the sentences of a file, whose documents are marked, with the documents of a choice."""
    for sentence in sentences:
        if documents == "marked":
            yield sentence
        else:
            yield replace(sentence, document=1 if documents == "file" else None)


def with_borders(sentences: Iterable[Sentence], path: Path, remedy: str) -> Iterator[Sentence]:
    """Yield the sentences of a file.

    Raises:
        UserError: the only one is so long that the file was not divided into sentences.
    """
    count = 0
    words = 0
    for sentence in sentences:
        count += 1
        words = len(sentence.words)
        yield sentence
    if count == 1 and words > MOST_WORDS:
        raise UserError(f"{path}: {words:,} words {remedy}")
