"""Input files, and the slices and batches in which their rows are read.

Files are found by folder, pattern or name, on any file system; their format is known by their suffix. `rows` reads
them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import pyarrow as pa

from tagline.core.reading import reading
from tagline.terminal import UserError
from tagline.tools.bulk.storage import named, reaching, url_of

FormatName = Literal["parquet", "jsonl", "text"]
SUFFIXES: dict[str, FormatName] = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".txt": "text",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
EXPECTED = f"expected {', '.join(SUFFIXES)}, of which all but .parquet may end with {' or '.join(COMPRESSIONS)}"
_BUFFER = 2**20
_HIDDEN = re.compile(r"(^|/)[._]")
# Rows in memory at a time, besides those of the words that the tagger labels together.
BATCH_ROWS = 1024


@dataclass(frozen=True)
class InputFile:
    """A file to label.

    Attributes:
        url: absolute path or URL.
        format: by its suffix.
        compression: gzip or zstd; None: not compressed, or by the format itself.
    """

    url: str
    format: FormatName
    compression: str | None = None

    @classmethod
    def of(cls, url: str) -> InputFile:
        """Infer the format of a file.

        Raises:
            UserError: the suffix is unknown, or the name is not UTF-8.
        """
        name = PurePosixPath(url.lower())
        compression = COMPRESSIONS.get(name.suffix)
        if compression:
            name = name.with_suffix("")
        format_name = SUFFIXES.get(name.suffix)
        if format_name is None or (compression and format_name == "parquet"):
            raise UserError(f"{url}: unknown suffix; {EXPECTED}; rename the file, or select others by a pattern")
        if any("\ud800" <= character <= "\udfff" for character in url):  # how Python shows other bytes
            raise UserError(f"{url}: the name is not UTF-8; expected a name that output can contain; rename the file")
        return cls(url, format_name, compression)

    @property
    def name(self) -> str:
        """The path, or the URL without passwords and signatures, as output and messages contain it."""
        return named(self.url)

    @contextmanager
    def opened(self, offset: int = 0) -> Iterator[BinaryIO]:
        """Open the decompressed content at an offset in bytes, which must be 0 if the file is compressed.

        Raises:
            UserError: what is read in the block is damaged.
        """
        damaged = reading(self.name, problem="unreadable", remedy="replace the file, then run the same command again")
        with reaching(self.url) as (file_system, path), damaged, file_system.open(path, "rb") as file:
            if self.compression:
                file = pa.CompressedInputStream(pa.PythonFile(file), self.compression)
            elif offset:
                file.seek(offset)
            yield cast(BinaryIO, file if self.format == "parquet" else io.BufferedReader(file, _BUFFER))

    def check_unchanged(self, planned: str, sha256: str) -> None:
        """Compare a hash of what has been read with the hash of the scan.

        Raises:
            UserError: they differ.
        """
        if sha256 != planned:
            raise UserError(
                f"{self.name}: changed while it was read; "
                "expected files that stay as they are; label them into a new folder"
            )


class Slice(NamedTuple):
    """Successive rows of a file.

    Attributes:
        first: index of the first row, or line, from 0.
        rows: their number; empty lines are counted.
        offset: of the first line in bytes; 0 for Parquet.
        sha256: of the lines; of the file's footer for Parquet.
    """

    first: int
    rows: int
    offset: int
    sha256: str


class Scan(NamedTuple):
    """What one pass over a file finds.

    Attributes:
        slices: at most ``--part-rows`` rows each; the whole file if it is compressed.
        schema: the columns.
    """

    slices: list[Slice]
    schema: pa.Schema


class Rows(NamedTuple):
    """A batch of rows.

    Attributes:
        numbers: of each row, or line, in its file, from 1.
        columns: all columns of the input.
        values: what is to be labelled.
        problems: why a row could not be read; None: it was.
    """

    numbers: Sequence[int]
    columns: pa.Table
    values: Sequence[Any]
    problems: Sequence[str | None]


def find(urls: Sequence[str], output: str) -> list[InputFile]:
    """Find the files of folders (and the folders in them), patterns and names, sorted by path or URL.

    Names that start with a full stop or underscore are left out of folders, as Spark and Hadoop do.

    Args:
        urls: paths or URLs.
        output: absolute path or URL of the output folder, which must not be part of the input.

    Raises:
        UserError: nothing is found, or files are of an unknown format or of several.
    """
    paths = set[str]()
    for url in urls:
        paths.update(_files_of(url))
    files = [InputFile.of(path) for path in sorted(paths)]
    for file in files:
        if file.url.startswith(f"{output}/"):
            raise UserError(f"{file.url}: in the output folder {output}; expected output outside of the input")
        if file.format != files[0].format:
            raise UserError(
                f"{file.url}: {file.format}, but {files[0].url} is {files[0].format}; "
                "expected files of one format; label each format into its own folder"
            )
    return files


def _files_of(url: str) -> list[str]:
    """Return the paths or URLs of the files of a folder, pattern or name."""
    with reaching(url) as (file_system, path):
        if file_system.isfile(path):
            return [url_of(file_system, path)]
        if file_system.isdir(path):
            listed = file_system.find(path, detail=True).items()
            # Not pipes and devices; a link, too, is listed as neither file nor folder.
            files = [file for file, info in listed if info["type"] == "file" or file_system.isfile(file)]
            paths = [file for file in files if not _HIDDEN.search(file[len(path) :])]
        else:
            paths = [file for file in file_system.glob(path) if file_system.isfile(file)]
        if not paths:
            raise UserError(f"{url}: no file found; expected a file, a pattern, or a folder with files; {EXPECTED}")
        return [url_of(file_system, file) for file in paths]
