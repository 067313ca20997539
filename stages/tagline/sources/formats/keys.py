"""The values that keys of ``download.dataset`` can have, and shared keys about words."""

import codecs
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tagline.core import FURTHER, SPLITS
from tagline.core.params import InnerPath, Section
from tagline.labels import is_type
from tagline.text.sentence import EMPTY_SENTENCES, EMPTY_WORDS, WordRules

# The columns of data/raw that are not tag columns.
RESERVED = ("id", "document", "words", "annotated_types")
# Python's encodings of domain names and of string literals.
_NOT_OF_FILES = ("idna", "punycode", "raw-unicode-escape", "unicode-escape")


def column_name(name: str) -> str:
    """Return a tag column's name unchanged if data/raw can have it."""
    if name in RESERVED or not name.strip():
        raise ValueError(f"a tag column cannot be named {name!r}; {', '.join(RESERVED)} are other columns")
    return name


def column_names(columns: dict[str, str]) -> dict[str, str]:
    """Return a mapping from tag columns unchanged if it has any and all names can be used."""
    if not columns:
        raise ValueError("must name at least one tag column")
    for name in columns:
        column_name(name)
    return columns


def type_name(name: str) -> str:
    """Return the name of a type unchanged if it is one."""
    if not is_type(name):
        raise ValueError(f"{name!r} is not the name of a type such as PER; O, B-PER and I-PER are tags of words")
    return name


def label_names(names: list[str]) -> list[str]:
    """Return the names of numbered labels unchanged if all differ and none is empty."""
    if not names or not all(names) or len(set(names)) < len(names):
        raise ValueError("must be the label names, each once, in the order of their numbers from 0")
    return names


def text_encoding(name: str) -> str:
    """Return an encoding unchanged if Python can read text with it."""
    try:
        "".encode(name)
        usable = codecs.lookup(name).name not in _NOT_OF_FILES
    except (LookupError, ValueError):
        usable = False
    if not usable:
        raise ValueError("must be an encoding that Python knows, such as utf-8, latin-1, cp1252 or utf-16")
    return name


def test_names(tests: dict[str, str]) -> dict[str, str]:
    """Return further test sets unchanged if their names can be used."""
    for name in tests:
        if name in SPLITS or not re.fullmatch("[A-Za-z0-9_-]+", name):
            raise ValueError(
                f"{name!r} cannot name a test set; expected letters, digits, - and _, but not {', '.join(SPLITS)}"
            )
    return tests


def named_tests(tests: Mapping[str, str]) -> dict[str, str]:
    """The further test sets by split name."""
    return {f"{FURTHER}{name}": test for name, test in tests.items()}


def pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"must be a regular expression of Python ({error})") from None
    return text


Share = Annotated[float, Field(gt=0, lt=1)]
Key = Annotated[str, Field(min_length=1)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
TagColumnName = Annotated[str, AfterValidator(column_name)]
TypeName = Annotated[str, AfterValidator(type_name)]
# The name of each tag column in data/raw, and the column or key of the file that holds its tags.
TagColumns = Annotated[dict[str, str], AfterValidator(column_names)]
# What is a document in files of columns: what lines mark (-DOCSTART-, # newdoc), each file, or each sentence by itself.
Documents = Literal["marked", "file", "none"]
Encoding = Annotated[str, AfterValidator(text_encoding)]
# Further test sets: the name of each, and its path or pattern, or its name on the Hub.
Tests = Annotated[dict[str, InnerPath], AfterValidator(test_names)]
LabelNames = Annotated[list[str], AfterValidator(label_names)]


class UnknownTag(Section):
    unknown_tag: Key | None = None


class WordKeys(UnknownTag):
    """The keys of `WordRules`."""

    strip_pattern: Annotated[str, Field(min_length=1), AfterValidator(pattern)] | None = None
    empty_words: Literal["error", "skip"] = "error"

    @property
    def meanings(self) -> dict[str, str]:
        if self.empty_words == "error":
            return {}
        return {EMPTY_WORDS: "words of white space only, skipped", EMPTY_SENTENCES: "rows without words, left out"}

    @property
    def rules(self) -> WordRules:
        return WordRules(
            self.strip_pattern,
            self.empty_words == "skip",
            "; to skip such words set download.dataset.empty_words: skip in params.yaml",
        )
