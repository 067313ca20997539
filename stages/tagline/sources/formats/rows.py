"""JSON objects of annotated texts, and those that are annotations of one text."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tagline.sources.formats.json_objects import read_rows
from tagline.sources.formats.lists import keys_of, to_id
from tagline.terminal import UserError, quoted

S = TypeVar("S")
# Of a file of one annotator in a folder.
SUFFIXES = (".jsonl", ".jsonl.gz")


class Row(NamedTuple):
    """An object of a file, or one inside it, and where it begins."""

    location: str
    content: Mapping[str, Any]

    def text(self, key: str) -> str:
        """The text of a key; a `UserError` if it is missing or not a string."""
        if key not in self.content:
            raise UserError(f"{self.location}: the key {key!r} is missing (keys: {keys_of(self.content)})")
        if not isinstance(self.content[key], str):
            raise UserError(f"{self.location}: {key!r} must be a string; got {quoted(self.content[key])}")
        return str(self.content[key])

    def items(self, key: str) -> list[Any]:
        """The list of spans or other parts; empty if the row has none, or null."""
        value = self.content.get(key)
        if not isinstance(value, list | None):
            raise UserError(f"{self.location}: {key!r} must be a list; got {quoted(value)}")
        return value or []

    def id(self, key: str = "id") -> str | None:
        """The id of a row, if any; see `to_id`."""
        return to_id(self.content[key], key, self.location) if key in self.content else None


def rows_of(files: Iterable[Path], encoding: str) -> Iterator[Row]:
    """Yield the rows of all files; locations begin with the file."""
    for file in files:
        for location, content in read_rows(file, encoding):
            yield Row(location, content)


def grouped(rows: Callable[[], Iterable[Row]], key: str) -> Iterator[list[Row]]:
    """Join the rows with one value of a key, of which a file has one per annotator, perhaps apart.

    The file is read twice, so that only incomplete groups are in memory. A row without the key is alone.
    """

    def keyed() -> Iterator[tuple[str | int, Row]]:
        for number, row in enumerate(rows()):
            value = row.content.get(key)
            yield number if value is None else str(value), row

    sizes = Counter(value for value, _ in keyed())
    held: defaultdict[str | int, list[Row]] = defaultdict(list)
    for value, row in keyed():
        held[value].append(row)
        if len(held[value]) == sizes[value]:
            yield held.pop(value)


def shared(rows: Sequence[Row], content: Callable[[Row], S]) -> S:
    """The content of rows of one text; a `UserError` if they differ: spans of one would mark words of another."""
    first, *others = rows
    common = content(first)
    for other in others:
        if content(other) != common:
            raise UserError(
                f"{other.location}: another text than at {first.location}, but the same id; expected annotations of "
                "one text; read files of different texts by a pattern such as *.jsonl, or give each text its own id"
            )
    return common


def annotator_of(location: str) -> str:
    """The annotator of a row: ``ada`` of ``FOLDER/ada.jsonl:3``."""
    return Path(location.rpartition(":")[0].removesuffix(".gz")).stem


def by_file(rows: Sequence[Row]) -> dict[str, Row]:
    """The rows of one text by annotator; a `UserError` if a file has several, perhaps of different texts."""
    annotators: dict[str, Row] = {}
    for row in rows:
        first = annotators.setdefault(annotator_of(row.location), row)
        if first is not row:
            raise UserError(
                f"{row.location}: another row of this file has the id {row.id()}; expected one, with all entities of a "
                "text; join them, or give each text its own id; several annotators have a file each, in one folder"
            )
    return annotators


def annotator_files(path: Path) -> list[Path]:
    """The files in a folder with one per annotator, by name, or the file itself; a `UserError` about any other file."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if not file.name.startswith("."))
    for file in files:
        if not file.is_file() or not file.name.endswith(SUFFIXES):
            raise UserError(
                f"{file}: expected {path} to hold only files {' or '.join(SUFFIXES)}, one per annotator; rename it, or "
                "move it away"
            )
    return files
