"""JSON or JSON Lines: one object per sentence, with a list of words and lists of tags."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.base import Format, WordFiles
from tagline.sources.formats.json_objects import read_rows
from tagline.sources.formats.keys import Encoding
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.list_sniffing import sniff_lists
from tagline.sources.formats.lists import ListKeys, to_sentence
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.text.sentence import Sentence


class Keys(ListKeys, WordFiles):
    """The keys of an object."""

    format: Literal["json"]
    encoding: Encoding = UTF_8


def recognise(sample: Sample) -> Guess | None:
    """Guess the keys of a file."""

    def rows() -> Iterator[Mapping[str, Any]]:
        return (row for _, row in read_rows(sample.path, sample.encoding))

    return sniff_lists(rows) if sample.is_json else None


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a sentence per object."""
    for location, row in read_rows(path, keys.encoding):
        yield to_sentence(row, keys, keys.rules, keys.names, location)


FORMAT = Format(
    keys=Keys,
    read=read,
    recognise=recognise,
    holds="JSON Lines, a JSON list, or an object with one such list: one object per sentence",
)
