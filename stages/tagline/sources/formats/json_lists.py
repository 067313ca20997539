"""JSON or JSON Lines: one object per sentence, with a list of words and lists of tags."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from tagline.sources.formats.base import WordFiles
from tagline.sources.formats.json_objects import read_rows
from tagline.sources.formats.keys import Encoding
from tagline.sources.formats.lines import UTF_8
from tagline.sources.formats.list_sniffing import sniff_lists
from tagline.sources.formats.lists import ListKeys, to_sentence
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.text.sentence import Sentence


class JsonLists(ListKeys, WordFiles):
    format: Literal["json"]
    encoding: Encoding = UTF_8

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        def rows() -> Iterator[Mapping[str, Any]]:
            return (row for _, row in read_rows(sample.path, sample.encoding))

        return sniff_lists(rows) if sample.is_json else None

    def read(self, path: Path) -> Iterator[Sentence]:
        for location, row in read_rows(path, self.encoding):
            yield to_sentence(row, self, self.rules, self.names, location)
