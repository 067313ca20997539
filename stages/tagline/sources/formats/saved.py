"""Folders that ``Dataset.save_to_disk`` of Hugging Face datasets writes: list columns of words and tags."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from tagline.core.errors import UserError
from tagline.core.reading import parse_object, reading
from tagline.core.terminal import shortened
from tagline.sources.formats import sniffing
from tagline.sources.formats.base import is_plain
from tagline.sources.formats.lists import ListFiles, columns_of, rows_of, sniff_lists, to_sentence
from tagline.sources.formats.sniffing import Sample
from tagline.text.sentence import Sentence

INFO = "dataset_info.json"  # in each folder that is saved


class SavedFiles(ListFiles):
    """A saved data set per split; of a saved DatasetDict, its folder of the split."""

    folders: ClassVar[bool] = True

    holds: ClassVar[str] = "what `Dataset.save_to_disk` wrote: a folder"

    format: Literal["save_to_disk"]

    @classmethod
    def sniff(cls, sample: Sample) -> sniffing.Keys | None:
        path = sample.path
        if not (path / INFO).is_file():
            return None
        from datasets import load_from_disk  # imported here: it is slow to load

        with reading(path, problem="not a data set that save_to_disk wrote, or damaged", remedy="save it again"):
            saved = load_from_disk(str(path))
            return sniff_lists(lambda: iter(saved), path, saved.features)

    def files(self, path: Path) -> list[Path]:
        return sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]

    def read(self, path: Path) -> Iterator[Sentence]:
        # Imported here: whoever only checks params.yaml need not wait for it.
        from datasets import DatasetDict, load_from_disk

        with reading(path, problem="not a data set that save_to_disk wrote, or damaged", remedy="save it again"):
            if (state := path / "state.json").is_file():
                for name in (file["filename"] for file in parse_object(state.read_bytes())["_data_files"]):
                    if not is_plain(name):
                        raise UserError(
                            f"{state}: it names the file {shortened(repr(name))}; expected files beside it, without a "
                            "folder; save the data set again"
                        )
            rows = load_from_disk(str(path))
            if isinstance(rows, DatasetDict):
                raise UserError(f"{path}: a DatasetDict; expected the folder of one split ({', '.join(rows)}) in it")
            keys = self.keys_for(rows.features)
            for number, row in enumerate(rows_of(rows, columns_of(keys, rows.column_names, str(path))), 1):
                yield to_sentence(row, keys, f"{path}: row {number}")
