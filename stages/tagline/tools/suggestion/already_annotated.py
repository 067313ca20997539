"""Keys of texts that are already annotated."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

from tagline.artifacts import raw_data
from tagline.core import DOCUMENT, verify
from tagline.inference import Document
from tagline.inference.documents import Splitter
from tagline.sources.formats.json_objects import rows_in
from tagline.terminal import UserError
from tagline.tools.texts.options import infer_format
from tagline.tools.texts.readers import EXPECTED, NumberedLines, of_row, opened, reader_of

# Bytes of a key: enough that no two of a billion texts share one.
SIZE = 16


def text_key(words: Sequence[str]) -> bytes:
    """A key that is equal for equal texts, however split into words."""
    return blake2b("".join("".join(words).split()).encode(), digest_size=SIZE).digest()


def annotated_keys(paths: Iterable[Path], split: Splitter) -> set[bytes]:
    """The keys of annotated texts, of about 100 bytes of memory each.

    Args:
        paths: folders like data/raw, or files of text, JSON Lines, Label Studio or CoNLL (words in the first column).
        split: finds the words of raw text.

    Raises:
        UserError: a file is missing, malformed, changed or of an unknown format.
    """
    keys = set[bytes]()
    for path in paths:
        keys.update(map(text_key, _texts(path, split)))
    return keys


def without(documents: Iterable[Document], annotated: Collection[bytes]) -> Iterator[Document]:
    """Yield the documents that have words and are not annotated."""
    for document in documents:
        if document.words and text_key(document.words) not in annotated:
            yield document


def _texts(path: Path, split: Splitter) -> Iterator[Sequence[str]]:
    if path.is_dir():
        return _of_folder(path)
    return _of_file(path, split)


def _of_folder(path: Path) -> Iterator[Sequence[str]]:
    """Yield the words of each sentence and each document: a text of a pool can be either."""
    verify(path, "download")
    data = raw_data.load(path)
    for split in data.sentences:
        rows = chain.from_iterable(
            batch.select([DOCUMENT, raw_data.WORDS]).to_pylist() for batch in data.batches(split)
        )
        for _, document in groupby(rows, key=itemgetter(DOCUMENT)):
            sentences = [row[raw_data.WORDS] for row in document]
            yield from sentences
            if len(sentences) > 1:
                yield list(chain.from_iterable(sentences))


def _of_file(path: Path, split: Splitter) -> Iterator[Sequence[str]]:
    try:
        format_ = infer_format("--exclude", str(path), "a folder like data/raw")
    except ValueError as error:
        raise UserError(str(error)) from None
    reader = reader_of(format_, 1, split)
    if format_ == "jsonl":
        reader = partial(_read_json, split=split)
    with opened(str(path), reader, show_progress=False) as source:
        for document in source.documents:
            yield document.words


def _read_json(lines: NumberedLines, name: str, split: Splitter) -> Iterator[Document]:
    """As `read_json`; Label Studio has the text in "data"."""
    for location, row in rows_in(lines, name, EXPECTED):
        if isinstance(row.get("data"), dict):
            row = row["data"]
        yield of_row(row, location, split)
