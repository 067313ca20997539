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


def test_folders_patterns_and_names_are_read_in_order_and_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "c.jsonl")
    (folder / "d.jsonl").symlink_to("a.jsonl")
    (folder / "e[1].jsonl").touch()
    assert names(folder, str(folder)) == ["a.jsonl", "b.jsonl", "d.jsonl", "deep/c.jsonl.gz", "e[1].jsonl"]
    assert names(folder, f"{folder}/[ab].jsonl", f"{folder}/a.jsonl") == ["a.jsonl", "b.jsonl"]
    assert names(folder, f"{folder}/e[1].jsonl") == ["e[1].jsonl"], "no pattern"
    monkeypatch.chdir(folder)
    assert names(folder, "a.jsonl") == ["a.jsonl"], "an absolute path"


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


def test_names_in_the_output_are_without_secrets() -> None:
    assert InputFile.of("ftp://ada:secret@host/a.txt").name == "ftp://***@host/a.txt"
    assert InputFile.of("/a\u202f1.txt").name == "/a\u202f1.txt"


@pytest.mark.parametrize(
    ("url", "output", "message"),
    [
        ("", "/elsewhere", r"z.txt: text, but .*a.jsonl is jsonl; expected files of one format"),
        ("a.jsonl", "", r"a.jsonl: in the output folder .*; expected output outside of the input"),
        ("none.txt", "/elsewhere", r"txt: no file found; expected a file, a pattern, or a folder with files"),
        ("x*.txt", "/elsewhere", r"txt: no file found; expected a file, a pattern, or a folder with files"),
        ("c.jsonl", "/elsewhere", r"c.jsonl: no file found"),  # a pipe
    ],
)
def test_input_without_files_of_one_format_is_an_error(folder: Path, url: str, output: str, message: str) -> None:
    (folder / "z.txt").touch()
    os.mkfifo(folder / "c.jsonl")
    with pytest.raises(UserError, match=message):
        find([f"{folder}/{url}"], output or str(folder))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        *(
            (name, f"^{name}: unknown suffix; expected .parquet, .jsonl, .ndjson, .json, .txt, of")
            for name in ("a.csv", "a.gz")
        ),
        ("a\udcff.txt", r"a\udcff.txt: the name is not UTF-8; expected a name that output can contain"),
    ],
)
def test_name_that_is_not_of_a_format_is_an_error(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        InputFile.of(name)


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
        file.write(b"Ada\nBo\n" * 500)
    path.write_bytes(path.read_bytes() * 2)  # joined files are read to the end
    with InputFile.of(str(path)).opened() as content:
        assert content.readlines() == [b"Ada\n", b"Bo\n"] * 1000


def test_a_truncated_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Ada\n" * 1000)[:-10])
    message = r"a.txt.gz: unreadable \(Truncated compressed stream\); replace the file, then run the same command again"
    with pytest.raises(UserError, match=message), InputFile.of(f"{tmp_path}/a.txt.gz").opened() as content:
        content.read()
