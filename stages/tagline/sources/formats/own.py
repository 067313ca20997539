"""A reader of one's own, for layouts that no format reads: a file of Python in ``download.folder``.

Its function ``read(path)`` yields ``{"words": ["Ada"], "tags": ["B-PER"]}`` or
``{"text": "Ada", "spans": [[0, 3, "PER"]]}``, with an optional ``id`` and ``document``. It is code of the clone's
owner, and runs only if params.yaml names it.
"""

import json
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tagline.core.params import InnerPath
from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, to_sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.lines import at_least_one
from tagline.sources.formats.lists import ListKeys, to_id, to_sentence
from tagline.sources.formats.offsets import to_span
from tagline.sources.formats.rows import Row
from tagline.terminal import UserError, quoted
from tagline.text.sentence import AS_THEY_ARE, Sentence

OPTIONAL = {"id", "document"}
LAYOUTS = ({"words", "tags"}, {"text", "spans"})
EXPECTED = 'expected {"words": [...], "tags": [...]} or {"text": ..., "spans": [[start, end, type], ...]}'


class Own(AnnotatedFiles):
    """The reader, in the folder of the files or in one above."""

    format: Literal["own"]
    reader: InnerPath

    def files(self, path: Path) -> list[Path]:
        return [path, reader_of(path, self.reader)]

    def read(self, path: Path) -> Iterator[Sentence]:
        """Read the rows that the reader yields; errors name the row, and the reader's line."""
        missing = f"{path}: {self.reader} yields no row; {EXPECTED}"
        for number, row in enumerate(at_least_one(_rows(path, reader_of(path, self.reader)), missing), 1):
            content = row.content
            if "words" in content:
                yield to_sentence(content, _names(self.tag_column, frozenset(content)), AS_THEY_ARE, {}, row.location)
                continue
            spans = [to_span(value, row.location) for value in row.items("spans")]
            text = AnnotatedText(row.location, row.text("text"), [Annotation("", spans)], row.id())
            if "document" in content:
                text.document = to_id(content["document"], "document", row.location)
            yield from to_sentences(text, self, number)


def reader_of(path: Path, reader: str) -> Path:
    """The reader of a file; it need not exist."""
    readers = [folder / reader for folder in path.parents]
    return next(filter(Path.is_file, readers), readers[0])


def _rows(path: Path, reader: Path) -> Iterator[Row]:
    namespace: dict[str, Any] = {"__name__": reader.stem, "__file__": str(reader)}
    number = 0
    try:
        exec(compile(reader.read_bytes(), str(reader), "exec"), namespace)
        if not callable(namespace.get("read")):
            raise UserError(f"{reader}: no function read(path); {EXPECTED}")
        rows = namespace["read"](path)
        for number, row in enumerate(rows, 1):
            frame = getattr(rows, "gi_frame", None)
            line = f" ({reader.name}:{frame.f_lineno})" if frame else ""
            yield _checked(row, f"{path}: row {number}{line}")
    except UserError:
        raise
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(reader)]
        last = lines[-1] if lines else getattr(error, "lineno", 1)
        raise UserError(
            f"{reader}:{last}: {type(error).__name__} ({error}), after row {number} of {path}; correct the reader"
        ) from error


def _checked(row: Any, location: str) -> Row:
    """A row whose content JSON can have: tuples are lists."""
    try:
        content = json.loads(json.dumps(row, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(f"{location}: {quoted(row)} is no JSON ({error}); {EXPECTED}") from None
    if not isinstance(content, dict) or content.keys() - OPTIONAL not in LAYOUTS:
        raise UserError(f"{location}: {quoted(content)}; {EXPECTED}, and no keys but id and document beside these")
    return Row(location, content)


@cache
def _names(tag_column: str, keys: frozenset[str]) -> ListKeys:
    document = "document" if "document" in keys else None
    return ListKeys(
        words="words", tag_columns={tag_column: "tags"}, document=document, id="id" if "id" in keys else None
    )
