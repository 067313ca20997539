"""What all formats share: the files of each split, checked paths inside ``download.folder``, names of tag columns."""

from __future__ import annotations

import codecs
import os
import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PureWindowsPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tagline.core.findings import Findings, lines_by_split
from tagline.core.params import InnerPath, Section
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.terminal.errors import UserError
from tagline.text.languages import Language
from tagline.text.sentence import EMPTY_SENTENCES, EMPTY_WORDS, Sentence, WordRules

# The columns of data/raw that are not tag columns.
RESERVED = ("id", "document", "words", "annotated_types")
# A longer text is not one sentence.
MOST_WORDS = 500
# Python's encodings of domain names and of string literals.
_NOT_OF_FILES = ("idna", "punycode", "raw-unicode-escape", "unicode-escape")


def leads_out(path: Path, *folders: Path) -> bool:
    """Whether a path, with links resolved, is outside all of the folders, whose own links are resolved too."""
    real = Path(os.path.realpath(path))  # unlike Path.resolve() it does not raise for a loop of links
    return not any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def is_plain(name: str) -> bool:
    """Whether a name found in a file is a file name without a folder, on any system."""
    return name not in ("", ".", "..") and "\0" not in name and PureWindowsPath(name).name == name


def column_name(name: str) -> str:
    """Return the name of a tag column unchanged if data/raw can have a column of that name."""
    if name in RESERVED or not name.strip():
        raise ValueError(f"a tag column cannot be named {name!r}; {', '.join(RESERVED)} are other columns")
    return name


def column_names(columns: dict[str, str]) -> dict[str, str]:
    """Return a mapping from tag columns unchanged if it has at least one and all their names can be used."""
    if not columns:
        raise ValueError("must name at least one tag column")
    for name in columns:
        column_name(name)
    return columns


def type_name(name: str) -> str:
    """Return the name of a type of entities unchanged if it is one."""
    if name == "O" or not name.strip():
        raise ValueError(f"{name!r} is not the name of a type; O is the tag of words outside of entities")
    return name


def label_names(names: list[str]) -> list[str]:
    """Return the names of numbered labels unchanged if they are different and none is empty."""
    if not names or not all(names) or len(set(names)) < len(names):
        raise ValueError("must be the label names, each once, in the order of their numbers from 0")
    return names


def text_encoding(name: str) -> str:
    """Return the name of an encoding unchanged if Python can read text with it."""
    try:
        "".encode(name)
        usable = codecs.lookup(name).name not in _NOT_OF_FILES
    except (LookupError, ValueError):
        usable = False
    if not usable:
        raise ValueError("must be an encoding that Python knows, such as utf-8, latin-1, cp1252 or utf-16")
    return name


def pattern(text: str) -> str:
    """Return a regular expression unchanged if it is one."""
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"must be a regular expression of Python ({error})") from None
    return text


Share = Annotated[float, Field(gt=0, lt=1)]
Key = Annotated[str, Field(min_length=1)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
TagColumn = Annotated[str, AfterValidator(column_name)]
TypeName = Annotated[str, AfterValidator(type_name)]
# The name of each tag column in data/raw, and the column or key of the file that holds its tags.
TagColumns = Annotated[dict[str, str], AfterValidator(column_names)]
# What is a document in files of columns: what lines mark (-DOCSTART-, # newdoc), each file, or each sentence by itself.
Documents = Literal["marked", "file", "none"]
LabelNames = Annotated[list[str], AfterValidator(label_names)]


def in_documents(sentences: Iterable[Sentence], documents: Documents) -> Iterator[Sentence]:
    """Yield the sentences of a file, whose documents are those that the file marks, with the documents of a choice."""
    for sentence in sentences:
        yield sentence if documents == "marked" else replace(sentence, document=1 if documents == "file" else None)


def with_borders(sentences: Iterable[Sentence], path: Path, remedy: str) -> Iterator[Sentence]:
    """Yield the sentences of a file.

    Raises:
        UserError: the only one is so long that the file was not divided into sentences; its words, and the remedy.
    """
    count = words = 0
    for sentence in sentences:
        count, words = count + 1, len(sentence.words)
        yield sentence
    if count == 1 and words > MOST_WORDS:
        raise UserError(f"{path}: {words:,} words {remedy}")


class Shares(Section):
    """The shares of the training documents that become the splits without a file."""

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
        """Split name to what the source has it in, for each split that it has."""

    @property
    def shares(self) -> dict[str, float]:
        """Split name to its share of train, for each split that is drawn from train."""
        return {}

    @model_validator(mode="after")
    def _has_a_split(self) -> Self:
        if not self.patterns:
            raise ValueError("no split is named; expected at least one of train, validation and test")
        if "train" not in self.patterns and (self.shares or self.repeat > 1):
            key = "split draws from" if self.shares else "repeat is of"
            raise ValueError(f"{key} train, which this source does not have; name train, or remove the key")
        return self


class Files(Source):
    """A data set in files: a path or a glob pattern per split, in ``download.folder``.

    A format is a subclass with ``holds``, a ``format``, its own keys, ``tag_columns``, `read` and `sniff`, and `files`
    if it keeps a document in several files.
    """

    # What a file has, for the table of formats in the docs.
    holds: ClassVar[str]
    # Whether `read` takes folders: a folder of such files is one data set.
    folders: ClassVar[bool] = False
    # The name of a file that each such folder has, if it has one.
    marker: ClassVar[str | None] = None
    # Whether each file is one document of many: the files of a folder are one data set, and each is read by itself.
    is_document: ClassVar[bool] = False

    source: Literal["files"]
    """Where the data set is stored. files: in `folder`. hub: on the Hugging Face Hub, as in presets/conll2003.yaml."""
    language: Language | None = None
    train: InnerPath | None = None
    """File or glob pattern of each split."""
    validation: InnerPath | None = None
    """Instead of a validation or test file, a share of train can be set, for example `split: {seed: 42, validation:
    0.1, test: 0.1}`; the seed and a document's words alone decide its split."""
    test: InnerPath | None = None
    split: Shares | None = None
    # Path or pattern of text files, one text per line, which train gets with unknown tags.
    unlabelled: InnerPath | None = None
    # Path or pattern of some of the files, and the types of entities that alone are annotated in them.
    annotated_types: dict[InnerPath, Annotated[list[Key], Field(min_length=1)]] = Field(default_factory=dict)

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
        """Split name to path or glob pattern inside the folder, for each split that has one."""
        return self.model_dump(include={"train", "validation", "test"}, exclude_none=True)

    @property
    def shares(self) -> dict[str, float]:
        """Split name to its share of train, for each split without a file."""
        named = {"test": self.split.test, "validation": self.split.validation} if self.split else {}
        return {split: share for split, share in named.items() if share is not None}

    def annotated_by(self, file: str) -> str | None:
        """The pattern of ``annotated_types`` for a file, given by its path in the folder: the first that matches."""
        return next((pattern for pattern in self.annotated_types if fnmatchcase(file, pattern)), None)

    def annotated(self, file: str) -> Sequence[str] | None:
        """The types of entities that alone are annotated in a file; None: all."""
        pattern = self.annotated_by(file)
        return None if pattern is None else sorted(set(self.annotated_types[pattern]))

    @property
    def lacks_types(self) -> bool:
        """Whether sentences can have ``annotated_types``."""
        return bool(self.annotated_types)

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:  # noqa: ARG003 (used by formats)
        """Guess the keys of a file; None if it has another format.

        Raises:
            UserError: the file has this format, but cannot be read.
        """
        return None

    @abstractmethod
    def read(self, path: Path) -> Iterator[Sentence]:
        """Read the sentences of a file, and of those that belong to it.

        Args:
            path: a file, or folder, that ``train``, ``validation`` or ``test`` names.

        Raises:
            UserError: the file is malformed; the message begins with the file and the line or row.
        """

    def files(self, path: Path) -> list[Path]:
        """All files that `read` opens for a path. They are checked before reading and hashed into the provenance."""
        return [path]

    @property
    def meanings(self) -> dict[str, str]:
        """What each kind of note in `Sentence.notes` means, for the terminal."""
        return {}

    def report(self, findings: Mapping[str, Findings]) -> str:
        """Summarise the notes of all sentences of each split for the terminal; an empty string prints nothing.

        Raises:
            UserError: the params do not allow what the notes say.
        """
        return "\n".join(lines_by_split(findings))


class TextFiles(Files):
    """A data set in text files."""

    encoding: Annotated[str, AfterValidator(text_encoding)] = UTF_8


class UnknownTag(Section):
    """The tag of words whose tag is not known."""

    unknown_tag: Key | None = None


class WordKeys(UnknownTag):
    """The keys of `WordRules`."""

    strip_pattern: Annotated[str, Field(min_length=1), AfterValidator(pattern)] | None = None
    empty_words: Literal["error", "skip"] = "error"

    @property
    def meanings(self) -> dict[str, str]:
        """See `Files.meanings`."""
        if self.empty_words == "error":
            return {}
        return {EMPTY_WORDS: "words of white space only, skipped", EMPTY_SENTENCES: "rows without words, left out"}

    @property
    def rules(self) -> WordRules:
        remedy = "; to skip such words set download.dataset.empty_words: skip in params.yaml"
        return WordRules(self.strip_pattern, self.empty_words == "skip", remedy)
