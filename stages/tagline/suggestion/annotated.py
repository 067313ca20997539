"""Texts that are annotated already, which need no annotation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from tagline.artifacts import raw_data
from tagline.core.errors import UserError
from tagline.inference.documents import Split
from tagline.inference.options import infer_format, reader_of
from tagline.inference.sources import opened

# Bytes of a key: enough that no two of a billion texts share one.
SIZE = 16


def text_key(words: Sequence[str]) -> bytes:
    """A key that is equal for equal texts, however they are split into words."""
    return blake2b("".join("".join(words).split()).encode(), digest_size=SIZE).digest()


def annotated_keys(paths: Iterable[Path], split: Split) -> set[bytes]:
    """The keys of annotated texts, which take about 100 bytes of memory each.

    Args:
        paths: folders like data/raw, or files of text, JSON Lines or CoNLL, whose first column has the words.
        split: finds the words of raw text.

    Raises:
        UserError: a file is missing, malformed or of an unknown format.
    """
    return {text_key(words) for path in paths for words in (_of_folder if path.is_dir() else _of_file)(path, split)}


def _of_folder(path: Path, _: Split) -> Iterator[Sequence[str]]:
    data = raw_data.load(path)
    for name in raw_data.SPLITS:
        for batch in data.batches(name):
            yield from batch[raw_data.WORDS].to_pylist()


def _of_file(path: Path, split: Split) -> Iterator[Sequence[str]]:
    try:
        reader = reader_of(infer_format("--exclude", str(path), "a folder like data/raw"), 1, split)
    except ValueError as error:
        raise UserError(str(error)) from None
    with opened(path, reader, show_progress=False) as source:
        for document in source.documents:
            yield document.words
