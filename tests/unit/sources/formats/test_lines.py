"""Lines of text files: encodings, gzip, byte order marks, and the line of what cannot be read."""

import gzip

import pytest
from helpers.messages import message_of

from tagline.sources.formats.lines import read_lines


@pytest.mark.parametrize("encoding", ["UTF8", "utf-8-sig", "cp1252", "utf-16", "utf-7"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_plain_and_packed(tmp_path, encoding, packed):
    content = "Zoë\r\n\r\nça va".encode(encoding)
    (tmp_path / "file").write_bytes(gzip.compress(content) if packed else content)
    assert list(read_lines(tmp_path / "file", encoding)) == [(1, "Zoë"), (2, ""), (3, "ça va")]


ODD = [
    ("\ufeffa\n\ufeff\n\ufeffb\nc\ufeffd\n".encode(), "utf-8", ["a", "", "b", "c\ufeffd"]),  # of joined files
    ("CAFÉ»\nZoë\n".encode("latin-1"), "latin-1", ["CAFÉ»", "Zoë"]),  # its first line is UTF-8 by chance
    (b"a O\r\r\nb O\r\r\n", "utf-8", ["a O", "", "b O", ""]),
]


@pytest.mark.parametrize(("content", "encoding", "lines"), ODD)
def test_odd_bytes_are_read(tmp_path, content, encoding, lines):
    (tmp_path / "file").write_bytes(content)
    assert [line for _, line in read_lines(tmp_path / "file", encoding)] == lines


SET = "; save the file as UTF-8, or set download.dataset.encoding in params.yaml (latin-1, cp1252, utf-16 or another"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
IN_ALL = "but UTF-8, as in all lines beyond ASCII; remove download."


UNREADABLE = [
    ("a\nZoë".encode("latin-1"), "utf-8", f":2: not UTF-8 (unexpected end of data){SET}"),
    (b"a\n\x81b", "cp1252", f":2: not cp1252 (byte 0x81){SET}"),
    ("a\nb".encode("utf-16") + b"c", "utf-16", f": after line 1: not utf-16 (truncated data){SET}"),
    ("a\nZoë\nça".encode(), "latin-1", f":2: not latin-1 {IN_ALL}"),
    ("Zoë\nça\n".encode() + b"K\xf6ln", "cp1252", ":1: not cp1252 but UTF-8, as in 2 of 3 lines beyond ASCII"),
    (b"a\nb\0\n", "utf-8", ":2: NUL byte; expected a text file"),
    (LFS, "utf-8", ": a pointer of Git LFS, not the file itself; run `git lfs pull`"),
    (gzip.compress(b"a\n" * 999, mtime=0)[:-9], "utf-8", ": a damaged gzip file (Compressed file ended before the"),
    (b"a O\r\r\nb O\r\r\n", "utf-8", r": lines end with \r\r\n, as a line and an empty one; expected \n or \r\n"),
]


@pytest.mark.parametrize(("content", "encoding", "message"), UNREADABLE)
def test_unreadable_text_is_reported_by_line(tmp_path, content, encoding, message):
    (tmp_path / "file").write_bytes(content)
    found = message_of(list, read_lines(tmp_path / "file", encoding, borders=True))
    assert found.startswith(f"{tmp_path}/file{message}")
