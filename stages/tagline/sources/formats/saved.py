"""Folders that ``Dataset.save_to_disk`` of Hugging Face datasets writes: list columns of words and tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from tagline.core.errors import UserError
from tagline.core.reading import parse_object, reading
from tagline.core.terminal import shortened
from tagline.sources.formats import sniffing
from tagline.sources.formats.base import is_plain
from tagline.sources.formats.lists import ListFiles, class_label_names, columns_of, sniff_lists, to_sentence
from tagline.sources.formats.sniffing import Sample
from tagline.text.sentence import Sentence

BATCH_ROWS = 1000
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
            names = columns_of(self.keys, rows.column_names)
            for column in names:
                if column not in rows.column_names:
                    raise UserError(f"{path}: no column {column!r} (columns: {', '.join(rows.column_names) or 'none'})")
            keys = replace(self.keys, names={**class_label_names(rows.features, self.keys), **self.names})
            row = 0
            for columns in rows.select_columns(names).with_format(None).iter(BATCH_ROWS):
                for values in zip(*columns.values(), strict=True):
                    row += 1
                    yield to_sentence(dict(zip(columns, values, strict=True)), keys, f"{path}: row {row}")
