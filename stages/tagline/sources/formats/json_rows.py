"""JSON and JSON Lines: one object per sentence, one per line or all in one list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from tagline.sources.formats.base import TextFiles
from tagline.sources.formats.json_objects import objects_in, read_rows
from tagline.sources.formats.lists import ListFiles, sniff_lists, to_sentence
from tagline.sources.formats.sniffing import Keys, Sample
from tagline.text.sentence import Sentence


class JsonFiles(TextFiles, ListFiles):
    """JSON or JSON Lines: one object per sentence."""

    holds: ClassVar[str] = 'JSON Lines, a JSON list or `{"data": LIST}`: one object per sentence'

    format: Literal["json"]

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        return sniff_lists(lambda: objects_in(sample), sample.path) if sample.is_json else None

    def read(self, path: Path) -> Iterator[Sentence]:
        keys = self.keys
        for location, row in read_rows(path, self.encoding):
            yield to_sentence(row, keys, location)
