"""Lines of text files: encodings, gzip, byte order marks, and the line of what cannot be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pydantic import ValidationError

from tagline.core.errors import UserError
from tagline.sources.formats.conllu import ConlluFiles
from tagline.sources.formats.lines import read_lines

TEXT = "Zoë\r\n\r\nça va"
LINES = [(1, "Zoë"), (2, ""), (3, "ça va")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-be", "cp850", "utf-7"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_every_encoding_plain_and_packed(tmp_path: Path, encoding: str, packed: bool) -> None:
    content = TEXT.encode(encoding)
    (tmp_path / "file").write_bytes(gzip.compress(content) if packed else content)
    assert list(read_lines(tmp_path / "file", encoding)) == LINES


def test_byte_order_marks_of_joined_files_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("\ufeffa\n\ufeff\n\ufeffb\nc\ufeffd\n", encoding="utf-8")
    assert [line for _, line in read_lines(tmp_path / "file")] == ["a", "", "b", "c\ufeffd"]


def test_text_that_is_utf_8_by_chance(tmp_path: Path) -> None:
    text = "«CAFÉ»\nZoë\n"
    (tmp_path / "file").write_bytes(text.replace("«", "").encode("latin-1"))
    assert [line for _, line in read_lines(tmp_path / "file", "latin-1")] == ["CAFÉ»", "Zoë"]


SET = (
    "; save the file as UTF-8, or set download.dataset.encoding in params.yaml (latin-1, cp1252, utf-16 or another name"
)


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("a\nZoë".encode("latin-1"), "utf-8", f":2: not UTF-8 (unexpected end of data){SET}"),
        (b"a\n\x81b", "cp1252", f":2: not cp1252 (byte 0x81){SET}"),
        ("a\nb".encode("utf-16") + b"c", "utf-16", f": after line 1: not utf-16 (truncated data){SET}"),
        (
            "a\nb".encode("utf-16-be"),
            "utf-16",
            ": after line 0: not utf-16 (",  # Python 3.13 words the rest in another way
        ),
        ("Ada\nжил".encode(), "cp1251", ":2: not cp1251 but UTF-8, as in all lines beyond ASCII; remove download."),
        ("Ada\nжил".encode(), "koi8-r", ":2: not koi8-r but UTF-8, as in all lines beyond ASCII; remove download."),
        ("Łódź".encode(), "iso8859-2", ":1: not iso8859-2 but UTF-8, as in all lines beyond ASCII; remove download."),
        ("a\nZoë\nça".encode(), "latin-1", ":2: not latin-1 but UTF-8, as in all lines beyond ASCII; remove download."),
        ("a\nZoë\nça".encode(), "cp1252", ":2: not cp1252 but UTF-8, as in all lines beyond ASCII; remove download."),
        (
            "Zoë\nça\n".encode() + "Köln".encode("cp1252"),
            "cp1252",
            ":1: not cp1252 but UTF-8, as in 2 of 3 lines beyond ASCII; save all of the file as UTF-8, and remove downl",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "utf-8",
            ": a pointer of Git LFS, not the file itself; run `git lfs pull`",
        ),
        (
            gzip.compress(b"a\n" * 999, mtime=0)[:-9],
            "utf-8",
            ": a damaged gzip file (Compressed file ended before the end-of-",
        ),
        (
            gzip.compress(b"abc", mtime=0)[:10] + b"\x07" * 40,
            "utf-8",
            ": a damaged gzip file (Error -3 while decompressing",
        ),
    ],
)
def test_unreadable_text_is_reported_by_line(tmp_path: Path, content: bytes, encoding: str, message: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UserError) as raised:
        list(read_lines(tmp_path / "file", encoding))
    assert str(raised.value).startswith(f"{tmp_path}/file{message}")


@pytest.mark.parametrize("packed", [False, True])
def test_lines_that_end_twice_are_refused_as_borders(tmp_path: Path, packed: bool) -> None:
    path, content = tmp_path / "file", b"a O\r\r\nb O\r\r\n"
    path.write_bytes(gzip.compress(content) if packed else content)
    assert [line for _, line in read_lines(path)] == ["a O", "", "b O", ""], "empty rows of CSV and JSON Lines"
    with pytest.raises(UserError) as raised:
        list(read_lines(path, borders=True))
    assert str(raised.value) == rf"{path}: lines end with \r\r\n, as a line and an empty one; expected \n or \r\n"


@pytest.mark.parametrize("name", ["utf-9", "hex", "", "undefined", "\0", "idna", "punycode", "unicode_escape"])
def test_unknown_encoding_is_refused(name: str) -> None:
    files = dict(zip(("train", "validation", "test"), "abc", strict=True))
    with pytest.raises(ValidationError, match="must be an encoding that Python knows, such as utf-8, latin-1"):
        ConlluFiles(source="files", format="conllu", tag_columns={"pos": "upos"}, encoding=name, **files)
