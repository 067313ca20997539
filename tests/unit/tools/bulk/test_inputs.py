"""Input files of bulk.py: what is found, and what is refused."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from tagline.core.errors import UserError
from tagline.tools.bulk.inputs import InputFile, find


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jsonl", "a.jsonl", "deep/c.jsonl.gz", "_SUCCESS", ".hidden/d.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(folder: Path, *urls: str) -> list[str]:
    return [file.url.removeprefix(f"{folder}/") for file in find(urls, "/elsewhere")]


def test_a_folder_is_read_with_its_folders_in_order(folder: Path) -> None:
    assert names(folder, str(folder)) == ["a.jsonl", "b.jsonl", "deep/c.jsonl.gz"]


def test_patterns_and_names_are_joined_without_repetition(folder: Path) -> None:
    assert names(folder, f"{folder}/*.jsonl", f"{folder}/a.jsonl") == ["a.jsonl", "b.jsonl"]


def test_a_name_with_brackets_is_not_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").touch()
    assert names(tmp_path, f"{tmp_path}/a[1].txt") == ["a[1].txt"]


def test_a_relative_path_becomes_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert names(folder, "a.jsonl") == ["a.jsonl"]


def test_other_file_systems_keep_their_scheme() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/texts/a.txt", b"Ada\nBo\n")
    (file,) = find(["memory://texts"], "memory://tagged")
    assert file == InputFile("memory:///texts/a.txt", "text")
    with file.opened(4) as content:
        assert content.readlines() == [b"Bo\n"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.parquet", ("parquet", None)),
        ("a.JSONL", ("jsonl", None)),
        ("a.ndjson.zst", ("jsonl", "zstd")),
        ("a.2026.txt.gz", ("text", "gzip")),
    ],
)
def test_the_suffix_decides(name: str, expected: tuple[str, str | None]) -> None:
    file = InputFile.of(name)
    assert (file.format, file.compression) == expected


def test_only_regular_files_are_read(folder: Path) -> None:
    os.mkfifo(folder / "c.jsonl")
    (folder / "d.jsonl").symlink_to("a.jsonl")
    assert names(folder, str(folder)) == ["a.jsonl", "b.jsonl", "d.jsonl", "deep/c.jsonl.gz"]
    with pytest.raises(UserError, match=r"c.jsonl: no file found"):
        names(folder, f"{folder}/c.jsonl")


def test_a_name_that_is_not_utf_8_is_an_error() -> None:
    with pytest.raises(UserError, match=r"a\udcff.txt: the name is not UTF-8; expected a name that output can contain"):
        InputFile.of("a\udcff.txt")


def test_names_in_the_output_are_without_secrets() -> None:
    assert InputFile.of("ftp://ada:secret@host/a.txt").name == "ftp://***@host/a.txt"
    assert InputFile.of("/a\u202f1.txt").name == "/a\u202f1.txt"


@pytest.mark.parametrize("name", ["a.csv", "a.gz", "a.parquet.gz", "README"])
def test_an_unknown_suffix_is_an_error(name: str) -> None:
    with pytest.raises(
        UserError, match=f"^{name}: unknown suffix; expected .parquet, .jsonl, .ndjson, .json, .txt, of"
    ):
        InputFile.of(name)


def test_files_of_several_formats_are_an_error(folder: Path) -> None:
    (folder / "z.txt").touch()
    with pytest.raises(UserError, match=r"z.txt: text, but .*a.jsonl is jsonl; expected files of one format"):
        find([str(folder)], "/elsewhere")


def test_output_in_the_input_is_an_error(folder: Path) -> None:
    with pytest.raises(UserError, match=r"a.jsonl: in the output folder .*; expected output outside of the input"):
        find([str(folder)], str(folder))


@pytest.mark.parametrize("url", ["none.txt", "*.txt"])
def test_nothing_found_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"txt: no file found; expected a file, a pattern, or a folder with files"):
        find([url], "/elsewhere")


@pytest.mark.parametrize(
    "url",
    ["nfs9://a", "zip::", "data:", "data:text/plain,Ada", "git://x", "reference://x", "s3://key:secret@bucket/a.txt"],
)
def test_an_address_that_no_file_system_takes_is_an_error(url: str) -> None:
    shown = url.replace("key:secret", r"\*\*\*")
    with pytest.raises(
        UserError, match=rf"^{shown}: .*; expected a path or a URL of a file system of fsspec"
    ) as raised:
        find([url], "/elsewhere")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_content(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    with pa.CompressedOutputStream(path, "gzip" if suffix == ".gz" else "zstd") as file:
        file.write(b"Ada\nBo\n" * 1000)
    with InputFile.of(str(path)).opened() as content:
        assert content.readlines() == [b"Ada\n", b"Bo\n"] * 1000


def test_joined_gzip_files_are_read_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Ada\n") + gzip.compress(b"Bo\n"))
    with InputFile.of(f"{tmp_path}/a.txt.gz").opened() as content:
        assert content.read() == b"Ada\nBo\n"


def test_a_truncated_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Ada\n" * 1000)[:-10])
    message = r"a.txt.gz: unreadable \(Truncated compressed stream\); replace the file, then run the same command again"
    with pytest.raises(UserError, match=message), InputFile.of(f"{tmp_path}/a.txt.gz").opened() as content:
        content.read()
