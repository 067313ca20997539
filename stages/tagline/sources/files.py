"""Data sets in files: the files of each split, their sentences as rows of data/raw, and splits drawn from train."""

from __future__ import annotations

import fnmatch
import glob
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tagline.artifacts.raw_data import SPLITS
from tagline.core.errors import UserError
from tagline.core.provenance import sha256
from tagline.sources.formats import conll, conllu, csv_rows, json_rows, parquet, spans
from tagline.sources.formats.base import leads_out
from tagline.sources.formats.lists import Keys
from tagline.sources.formats.schemas import (
    AnyFiles,
    ConllFiles,
    ConlluFiles,
    CsvFiles,
    JsonFiles,
    ParquetFiles,
    SpanFiles,
)
from tagline.sources.formats.sentence import Sentence
from tagline.sources.splitting import TRAIN, drawn_split

# id (where the source has one), words, and a list of tags a layer.
Row = dict[str, Any]
# Ids that `corpus.write` gives.
NUMBERED = re.compile(rf"({'|'.join(SPLITS)})-\d+")
Reader = Callable[[Path], Iterator[Sentence]]


class FileSource:
    """The data set that ``download.dataset`` names.

    Raises:
        UserError: a split's file is missing or a folder, or its pattern matches none.
    """

    def __init__(self, folder: Path, dataset: AnyFiles) -> None:
        self.folder = folder
        self.dataset = dataset
        self.paths = {split: find(folder, split, pattern) for split, pattern in dataset.files.items()}
        self.misaligned_spans = spans.MisalignedSpans(
            dataset.misaligned_spans if isinstance(dataset, SpanFiles) else "error"
        )

    def splits(self) -> dict[str, Iterator[Row]]:
        """The rows of each split, read as they are asked for.

        Raises:
            UserError: (the iterators) a file is malformed, an id stands twice in a split, a drawn split gets no sentence.
        """
        given = {split: self._rows(split) for split in self.paths}
        drawing = self.dataset.split
        if drawing is None:
            return given
        drawn = {split: self._drawn_rows(split, drawing.seed) for split in (TRAIN, *self.dataset.shares)}
        return {split: (given | drawn)[split] for split in SPLITS}

    def provenance(self) -> dict[str, Any]:
        """The files of each split with their hashes, and how splits without files were drawn."""
        files = {
            split: [{"path": path.relative_to(self.folder).as_posix(), "sha256": sha256(path)} for path in paths]
            for split, paths in self.paths.items()
        }
        drawn = {"seed": self.dataset.split.seed, **self.dataset.shares} if self.dataset.split else None
        return {"source": "files", "files": files, **({"drawn_from_train": drawn} if drawn else {})}

    def report(self) -> str:
        """What a user should know of the sentences, once all are read.

        Raises:
            UserError: the params refuse what was found.
        """
        return self.misaligned_spans.report()

    def _rows(self, split: str) -> Iterator[Row]:
        for sentence in self._sentences(split):
            yield to_row(sentence)

    def _drawn_rows(self, split: str, seed: int) -> Iterator[Row]:
        # Each drawn split reads the files of train anew: the time is small, the memory would not be.
        empty = True
        for sentence in self._sentences(TRAIN):
            if drawn_split(sentence.words, seed, self.dataset.shares) == split:
                empty = False
                yield to_row(sentence)
        if empty:
            raise UserError(
                f"{self.folder / self.dataset.train}: no sentence of it was drawn for {split}: "
                "change the shares under download.dataset.split in params.yaml, or name a file"
            )

    def _sentences(self, split: str) -> Iterator[Sentence]:
        """The sentences of a split's files, in the order of their names, whose ids are checked."""
        read = reader(self.dataset, self.misaligned_spans)
        places: dict[str, str] = {}
        unnamed = ""
        for path in self.paths[split]:
            for sentence in tqdm(read(path), desc=path.name, unit=" sentences", disable=None):
                if sentence.id is None:
                    unnamed = unnamed or sentence.place
                else:
                    if sentence.id in places:
                        raise UserError(
                            f"{sentence.place}: the id {sentence.id!r} stands at {places[sentence.id]} already: "
                            "ids must be unique inside a split"
                        )
                    places[sentence.id] = sentence.place
                yield sentence
        numbered = next(filter(NUMBERED.fullmatch, places), None) if unnamed else None
        if numbered is not None:
            raise UserError(
                f"{places[numbered]}: the id {numbered!r} is of the kind that sentences without one get, "
                f"as at {unnamed}: give each sentence an id, or none of them"
            )


def find(folder: Path, split: str, pattern: str) -> list[Path]:
    """The files that a path or a glob pattern stands for, sorted by name.

    ``**`` in a pattern stands for any number of folders; it does not follow links to folders.

    Raises:
        UserError: there are none, or a link leads out of the folder.
    """
    named_by = f"download.dataset.{split} in params.yaml names it"
    path = folder / pattern
    if path.is_file():
        return [_checked(folder, path, named_by)]
    if path.is_dir():
        raise UserError(f"{path} is a folder, expected a file or a pattern such as {pattern}/*: {named_by}")
    found = sorted(set(_matches(folder, Path(), Path(pattern).parts, named_by)), key=str)
    files = [_checked(folder, folder / path, named_by) for path in found if (folder / path).is_file()]
    if not files:
        raise UserError(f"{path} {'matches no file' if glob.has_magic(pattern) else 'is missing'}: {named_by}")
    return files


def _matches(folder: Path, inner: Path, parts: Sequence[str], named_by: str) -> Iterator[Path]:
    """The paths inside the folder that match a pattern below ``inner``, as a shell matches them: no hidden ones.

    `glob` follows links to folders, out of the folder and round in a loop; Path.glob takes hidden files too, which an
    editor or a file manager may have left.
    """
    first, *rest = parts
    if not glob.has_magic(first):
        names = [first]
    else:
        # A link is checked before it is listed, so that nothing outside is read.
        place = _checked(folder, folder / inner, named_by)
        present = sorted(entry.name for entry in place.iterdir()) if place.is_dir() else []
        recursive = first == "**"
        names = fnmatch.filter(present, "*" if recursive else first)
        names = names if first.startswith(".") else [name for name in names if not name.startswith(".")]
        if recursive:
            yield from _matches(folder, inner, rest or ["*"], named_by)
            for name in names:
                path = folder / inner / name
                if path.is_dir():
                    _checked(folder, path, named_by)
                    if not path.is_symlink():
                        yield from _matches(folder, inner / name, parts, named_by)
            return
    for name in names:
        if not rest:
            yield inner / name
        elif (folder / inner / name).is_dir():
            yield from _matches(folder, inner / name, rest, named_by)


def _checked(folder: Path, path: Path, named_by: str) -> Path:
    if leads_out(path, folder):
        raise UserError(
            f"{path}: this link leads out of {folder}; expected files inside the folder that download.folder names; "
            f"copy there what it points to, or remove it: {named_by}"
        )
    return path


def reader(dataset: AnyFiles, misaligned_spans: spans.MisalignedSpans) -> Reader:
    """The reader of the format, with its params."""
    match dataset:
        case ConllFiles():
            return partial(conll.read_sentences, columns=dataset.columns, comments=dataset.comments)
        case ConlluFiles():
            return partial(conllu.read_sentences, layers=dataset.layers, absent=dataset.absent)
        case JsonFiles() | ParquetFiles():
            read = json_rows.read_sentences if isinstance(dataset, JsonFiles) else parquet.read_sentences
            return partial(read, keys=Keys(dataset.words, dataset.layers, dataset.names, dataset.id))
        case CsvFiles():
            return partial(
                csv_rows.read_sentences,
                sentence=dataset.sentence,
                words=dataset.words,
                layers=dataset.layers,
                delimiter=dataset.delimiter,
                quote=dataset.quote,
            )
        case SpanFiles():
            return partial(spans.read_sentences, layer=dataset.layer, id_key=dataset.id, cut=misaligned_spans)


def to_row(sentence: Sentence) -> Row:
    """A sentence as a row of data/raw; without an id of its own it is numbered there."""
    named = {} if sentence.id is None else {"id": sentence.id}
    return {**named, "words": sentence.words, **sentence.layers}
