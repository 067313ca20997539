"""Input files of `tagline bulk`: what is found, and what is refused."""

import os
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from tagline.terminal.errors import UserError
from tagline.tools.bulk.inputs import InputFile, find


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jsonl", "a.jsonl", "deep/c.jsonl.gz", "_SUCCESS", ".hidden/d.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(folder: Path, *urls: str) -> list[str]:
    return [file.url.removeprefix(f"{folder}/") for file in find(urls, "/elsewhere")]


def test_folders_patterns_and_names_are_read_in_order_and_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "c.jsonl")
    (folder / "d.jsonl").symlink_to("a.jsonl")
    (folder / "e[1].jsonl").touch()
    assert names(folder, str(folder)) == ["a.jsonl", "b.jsonl", "d.jsonl", "deep/c.jsonl.gz", "e[1].jsonl"]
    assert names(folder, f"{folder}/[ab].jsonl", f"{folder}/a.jsonl") == ["a.jsonl", "b.jsonl"]
    assert names(folder, f"{folder}/e[1].jsonl") == ["e[1].jsonl"], "no pattern"
    monkeypatch.chdir(folder)
    assert names(folder, "a.jsonl") == ["a.jsonl"], "an absolute path"
    with pytest.raises(UserError, match="c.jsonl: no file found; expected a file, a pattern, or a fol"):  # a pipe
        names(folder, f"{folder}/c.jsonl")


def test_other_file_systems_keep_their_scheme() -> None:
    fsspec.filesystem("memory").pipe("/texts/a.txt", b"Ada\nBo\n")
    (file,) = find(["memory://texts"], "memory://tagged")
    assert file == InputFile("memory:///texts/a.txt", "text")
    with file.opened(4) as content:
        assert content.readlines() == [b"Bo\n"]


def test_suffix_decides_and_names_in_the_output_have_no_secrets() -> None:
    names = ("a.JSONL", "a.2026.txt.gz", "ftp://ada:secret@host/a.ndjson.zst")
    assert [(file.format, file.compression, file.name) for file in map(InputFile.of, names)] == [
        ("jsonl", None, "a.JSONL"),
        ("text", "gzip", "a.2026.txt.gz"),
        ("jsonl", "zstd", "ftp://***@host/a.ndjson.zst"),
    ]


WRONG_FILES = [
    ("", r"z.txt: text, but .*a.jsonl is jsonl; expected files of one format"),
    ("out/a.jsonl", r"a.jsonl: in the output folder .*; expected output outside of the input"),
    ("a.csv", r"a.csv: unknown suffix; expected .parquet, .jsonl, .ndjson, .json, .txt, of"),
    ("a\udcff.txt", r"a\udcff.txt: the name is not UTF-8; expected a name that output can contain"),
]


@pytest.mark.parametrize(("url", "message"), WRONG_FILES)
def test_input_without_files_of_one_format_is_an_error(folder: Path, url: str, message: str) -> None:
    path = folder / (url or "z.txt")
    path.parent.mkdir(exist_ok=True)
    path.touch()
    with pytest.raises(UserError, match=message):
        find([f"{folder}/{url}"], f"{folder}/out")


@pytest.mark.parametrize("url", ["", "nfs9://a", "data:", "git://x", "s3://key:secret@bucket/a.txt"])
def test_an_address_that_no_file_system_takes_is_an_error_without_its_secrets(url: str) -> None:
    shown = url.replace("key:secret", r"\*\*\*") + ": " if url else "an empty path"
    with pytest.raises(UserError, match=rf"^{shown}.*; expected a path or a URL of a file system of fs") as raised:
        find([url], "/elsewhere")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_files_are_read_to_the_end_or_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    with pa.CompressedOutputStream(path, "gzip" if suffix == ".gz" else "zstd") as file:
        file.write(b"Ada\nBo\n" * 500)
    whole = path.read_bytes() * 2  # joined files
    path.write_bytes(whole)
    with InputFile.of(str(path)).opened() as content:
        assert content.readlines() == [b"Ada\n", b"Bo\n"] * 1000
    path.write_bytes(whole[:-10])
    message = r"unreadable \(Truncated compressed stream\); replace the file, then run the same command again"
    with pytest.raises(UserError, match=message), InputFile.of(str(path)).opened() as content:
        content.read()
