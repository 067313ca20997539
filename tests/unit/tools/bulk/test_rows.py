"""Rows of input files: slices give the same rows as the whole file, and malformed rows keep their position."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tagline.core.errors import UserError
from tagline.tools.bulk import line_rows, parquet_rows, parts
from tagline.tools.bulk.inputs import InputFile
from tagline.tools.bulk.rows import Column, Rows, Slice

TEXT = Column("text", False)


def rows(path: Path, part_rows: int, column: Column = TEXT) -> list[tuple[int, Any, str | None, dict[str, Any]]]:
    """Read all slices of a file: number, value, problem and columns of each row."""
    file = InputFile.of(str(path))
    scan = parts.scan(file, part_rows)
    module = parquet_rows if file.format == "parquet" else line_rows
    batches: list[Rows] = [b for part in scan.slices for b in module.read(file, part, scan.schema, column)]
    return [
        (number, value, problem, row)
        for batch in batches
        for number, value, problem, row in zip(
            batch.numbers, batch.values, batch.problems, batch.columns.to_pylist(), strict=True
        )
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same 5,000 rows in each format."""
    folder = tmp_path_factory.mktemp("files")
    values = [{"id": index, "text": f"Zo\u00eb {index}"} for index in range(5000)]
    lines = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    (folder / "a.jsonl").write_text(lines, encoding="utf-8")
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    pq.write_table(pa.Table.from_pylist(values), folder / "a.parquet", row_group_size=700)
    (folder / "a.txt").write_text("".join(f"{value['text']}\n" for value in values), encoding="utf-8")
    return {name: folder / f"a.{name}" for name in ("jsonl", "jsonl.gz", "parquet", "txt")}


@pytest.mark.parametrize("part_rows", [333, 700, 10_000])
@pytest.mark.parametrize("name", ["jsonl", "jsonl.gz", "parquet", "txt"])
def test_slices_give_each_row_once(files: dict[str, Path], name: str, part_rows: int) -> None:
    found = rows(files[name], part_rows)
    assert [number for number, *_ in found] == list(range(1, 5001))
    assert [value for _, value, _, _ in found] == [f"Zo\u00eb {index}" for index in range(5000)]
    assert {problem for _, _, problem, _ in found} == {None}
    if name != "txt":
        assert [row["id"] for *_, row in found] == list(range(5000))


def test_slices(files: dict[str, Path]) -> None:
    def slices(name: str) -> list[Slice]:
        return parts.scan(InputFile.of(str(files[name])), 2000).slices

    for name in ("parquet", "jsonl"):
        assert [each[:2] for each in slices(name)] == [(0, 2000), (2000, 2000), (4000, 1000)]
    assert [each[:3] for each in slices("jsonl.gz")] == [(0, 5000, 0)]  # can only be read from its start


def test_a_slice_of_parquet_reads_only_its_row_groups(files: dict[str, Path]) -> None:
    metadata = pq.ParquetFile(files["parquet"]).metadata
    assert parquet_rows._row_groups(metadata, Slice(699, 702, 0, "")) == ([0, 1, 2], 0)
    assert parquet_rows._row_groups(metadata, Slice(700, 700, 0, "")) == ([1], 700)


@pytest.mark.parametrize("name", ["jsonl", "jsonl.gz", "parquet", "txt"])
def test_a_file_that_changes_after_the_scan_is_an_error(files: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name}"
    path.write_bytes(files[name].read_bytes())
    file = InputFile.of(str(path))
    scan = parts.scan(file, 5000)
    assert parts.scan(file, 5000) == scan
    if name == "parquet":
        pq.write_table(pq.read_table(path).slice(1), path)
    elif name == "jsonl.gz":
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"4999", b"5000")))
    else:
        path.write_bytes(path.read_bytes().replace(b"4999", b"5000"))
    module = parquet_rows if name == "parquet" else line_rows
    with pytest.raises(UserError, match=r"a\..*: changed while bulk.py was running; expected files that stay as"):
        list(module.read(file, scan.slices[0], scan.schema, TEXT))


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_a_line_without_end_is_an_error(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Ada\n" + b"o\r" * (line_rows.LONGEST // 2) + end, 1))
    with pytest.raises(UserError, match=r"a.txt.gz:2: a line of more than 16 MiB; expected a document per line; split"):
        parts.scan(InputFile.of(f"{tmp_path}/a.txt.gz"), 10)


def test_malformed_lines_of_json(tmp_path: Path) -> None:
    lines = [
        b'\xef\xbb\xbf{"text": "Ada"}',
        b"  ",
        b"{",
        b'{"text": "\xff"}',
        b'{"text": "a", "text": "b"}',
        b'{"text": "\\ud800"}',
        b'[{"text": "a"}]',
        b'"a"',
        b'{"text": "a"} {"text": "b"}',
        b'{"text": "a\0"}',
        b'{"text": "Bo"}',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    found = {number: problem for number, _, problem, _ in rows(tmp_path / "a.jsonl", 3)}
    assert found == {
        1: None,
        3: "not JSON (Expecting property name enclosed in double quotes); expected a JSON object",
        4: "not UTF-8 (invalid start byte); save the file as UTF-8",
        5: "the key 'text' is in one object twice",
        6: "half of a surrogate pair (\\ud800 to \\udfff); expected whole characters",
        7: "a list; expected a JSON object",
        8: "'\"a\"' is not an object; expected a JSON object",
        9: "text after the object; expected a JSON object",
        10: "NUL byte; expected text",
        11: None,
    }


def test_lines_end_as_in_predict(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"Ada\r\nBo\rCy\n\nDi\r\n\x0bEd\xe2\x80\xa8Flo\n\xff")
    for part_rows in (1, 2, 100):
        found = rows(tmp_path / "a.txt", part_rows)
        assert [value for _, value, _, _ in found] == ["Ada", "Bo", "Cy", "", "Di", "\x0bEd\u2028Flo", None]
        assert [number for number, *_ in found] == list(range(1, 8))
        assert found[-1][2] == "not UTF-8 (invalid start byte); save the file as UTF-8"


def test_words_of_text_lines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("New\u00a0York is\tbig \n", encoding="utf-8")
    assert rows(tmp_path / "a.txt", 10, Column("text", True))[0][1] == ["New\u00a0York", "is", "big"]


def test_a_json_list_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\n [{"text": "a"}]')
    with pytest.raises(UserError, match=r"a.json: a JSON list; expected JSON Lines: one object per line$"):
        parts.scan(InputFile.of(f"{tmp_path}/a.json"), 10)


def test_damaged_parquet_is_an_error(files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(files["parquet"].read_bytes()[:-4])
    with pytest.raises(UserError, match=r"a.parquet: unreadable \(Parquet magic bytes not found"):
        parts.scan(InputFile.of(str(path)), 10)
    content = bytearray(files["parquet"].read_bytes())
    content[4:400] = b"\xff" * 396  # pages, not the footer
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a.parquet: unreadable \("):
        rows(path, 10_000)
