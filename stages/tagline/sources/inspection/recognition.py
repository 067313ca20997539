"""Which format a file has: each is asked, and a guess counts only if the format reads the file."""

import codecs
from collections import deque
from itertools import islice
from pathlib import Path

from tagline.sources.formats.lines import BINARY, GZIP, UTF_8, read_lines
from tagline.sources.formats.registry import FORMATS
from tagline.sources.formats.sniffing import Guess, Sample
from tagline.sources.inspection import unread
from tagline.terminal import UserError

# Lines that are looked at.
_LINES = 5000
# Bytes at the beginning of a file, among which a NUL shows that it is not text.
_START = 8192
# Encodings by which every byte is a character come last: nothing in the text can show that they are wrong.
_ENCODINGS = (UTF_8, "cp1252", "latin-1")


def guess(path: Path) -> Guess:
    """Guess format, keys and encoding of a file or folder.

    Raises:
        Unread: no format fits.
    """
    sample = read_sample(path)
    if path.is_file() and sample.problem is None and not sample.text.strip():
        raise UserError(f"{path}: an empty file; expected a data set; docs/data.md describes the formats")
    try:
        unread.refuse(sample)
        for name, section in reversed(FORMATS.items()):
            keys = section.recognise(sample)
            if keys is not None:
                if sample.encoding != UTF_8 and "encoding" in section.model_fields:
                    keys["encoding"] = sample.encoding
                return {"format": name, **keys}
    except UserError as error:
        raise unread.Unread(str(error), sample) from None
    if sample.problem is not None and not sample.lines:
        raise sample.problem
    raise unread.Unread(unread.message(sample), sample)


def read_sample(path: Path) -> Sample:
    """Read the first lines, in the first encoding that fits the whole file."""
    if path.is_dir():
        return Sample(path)
    with path.open("rb") as file:
        start = file.read(_START)
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    problems = []
    for encoding in ("utf-16",) if marked else _ENCODINGS:
        lines = read_lines(path, encoding)
        try:
            sample = [line for _, line in islice(lines, _LINES)]
            deque(lines, maxlen=0)  # reads the others
        except UserError as error:
            problems.append(error)
        else:
            return Sample(path, encoding, sample, problems[0] if problems else None)
    if b"\0" in start and not marked and not start.startswith((GZIP, *BINARY)):
        problems = [UserError(f"{path}: not a text file, since it has NUL bytes; expected {unread.EXPECTED}")]
    return Sample(path, problem=problems[0])  # in UTF-8, since nothing speaks for another encoding
