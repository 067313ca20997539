"""Rows of input files: slices give the same rows as the whole file, and malformed rows keep their position."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tagline.terminal.errors import UserError
from tagline.tools.bulk import rows
from tagline.tools.bulk.columns import Column
from tagline.tools.bulk.inputs import InputFile, Rows, Scan

TEXT = Column("text", False)
NAMES = ("a.jsonl", "a.jsonl.gz", "a.parquet", "a.txt")
VALUES = [{"id": index, "text": f"Zo\u00eb {index}"} for index in range(5000)]


def write(path: Path, values: list[dict[str, Any]]) -> InputFile:
    """Write rows in the format of the suffix."""
    rows = [value["text"] if path.suffix == ".txt" else json.dumps(value, ensure_ascii=False) for value in values]
    lines = "".join(f"{row}\n" for row in rows)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(values), path, row_group_size=700)
    else:
        path.write_bytes(gzip.compress(lines.encode()) if path.suffix == ".gz" else lines.encode())
    return InputFile.of(str(path))


def read(file: InputFile, scan: Scan, column: Column = TEXT) -> list[Rows]:
    return [batch for part in scan.slices for batch in rows.read(file, part, scan.schema, column)]


def all_rows(path: Path, part_rows: int, column: Column = TEXT) -> list[tuple[int, Any, str | None, dict[str, Any]]]:
    """Read all slices of a file: number, value, problem and columns of each row."""
    file = InputFile.of(str(path))
    found = read(file, rows.scan(file, part_rows), column)
    columns = ((each.numbers, each.values, each.problems, each.columns.to_pylist()) for each in found)
    return [row for of_batch in columns for row in zip(*of_batch, strict=True)]


@pytest.mark.parametrize("part_rows", [333, 10_000])
@pytest.mark.parametrize("name", NAMES)
def test_slices_give_each_row_once(tmp_path: Path, name: str, part_rows: int) -> None:
    file = write(tmp_path / name, VALUES)
    numbers, values, problems, columns = zip(*all_rows(tmp_path / name, part_rows), strict=True)
    assert numbers == tuple(range(1, 5001))
    assert values == tuple(value["text"] for value in VALUES)
    assert set(problems) == {None}
    assert name == "a.txt" or list(columns) == VALUES
    sizes = [each.rows for each in rows.scan(file, part_rows).slices]
    # A compressed file can only be read from its start.
    assert sizes == ([333] * 15 + [5] if part_rows == 333 and file.compression is None else [5000])


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_changes_after_the_scan_is_an_error(tmp_path: Path, name: str) -> None:
    scan = rows.scan(write(tmp_path / name, VALUES), 5000)
    file = write(tmp_path / name, [*VALUES[:-1], VALUES[0]])
    with pytest.raises(UserError, match=r"a\..*: changed while it was read; expected files that stay as"):
        read(file, scan)


def test_malformed_lines_of_json_keep_their_numbers(tmp_path: Path) -> None:
    problems = {
        b'\xef\xbb\xbf{"text": "Ada"}': None,
        b"  ": "no row",
        b"{": "not JSON (Expecting property name enclosed in double quotes); expected a JSON object",
        b'{"text": "\xff"}': "not UTF-8 (invalid start byte); save the file as UTF-8",
        b'[{"text": "a"}]': "a list; expected a JSON object",
        b'"a"': "'\"a\"' is not an object; expected a JSON object",
        b'{"text": "a"} {"text": "b"}': "text after the object; expected a JSON object",
        b'{"text": "a\0"}': "NUL byte; expected text",
        b'{"text": "Bo"}': None,
    }
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(problems))
    found = {number: problem for number, _, problem, _ in all_rows(tmp_path / "a.jsonl", 3)}
    assert found == {number: each for number, each in enumerate(problems.values(), 1) if each != "no row"}


def test_lines_of_text_end_as_in_predict(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"Ada\r\nBo\rCy\n\nDi\r\n\x0bEd\xe2\x80\xa8Flo\n\xff")
    for part_rows in (1, 2, 100):
        numbers, values, problems, _ = zip(*all_rows(tmp_path / "a.txt", part_rows), strict=True)
        assert (numbers, values) == (tuple(range(1, 8)), ("Ada", "Bo", "Cy", "", "Di", "\x0bEd\u2028Flo", None))
        assert problems[-1] == "not UTF-8 (invalid start byte); save the file as UTF-8"
    (tmp_path / "a.txt").write_text("New\u00a0York is\tbig \n", encoding="utf-8")
    assert all_rows(tmp_path / "a.txt", 10, Column("text", True))[0][1] == ["New\u00a0York", "is", "big"]


def test_files_that_are_no_rows_are_errors(tmp_path: Path) -> None:
    line = gzip.compress(b"Ada\n" + b"o\r" * (rows.LONGEST // 2) + b"\n", 1)
    parquet = write(tmp_path / "a.parquet", VALUES)
    for name, content, message in (
        ("a.txt.gz", line, r"a.txt.gz:2: a line of more than 16 MiB; expected a document per line; split"),
        ("a.json", b'\n [{"text": "a"}]', r"a.json: a JSON list; expected JSON Lines: one object per line$"),
        ("b.parquet", Path(parquet.url).read_bytes()[:-4], r"b.parquet: unreadable \(Parquet magic bytes not found"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=message):
            rows.scan(InputFile.of(f"{tmp_path}/{name}"), 10)
    content = bytearray(Path(parquet.url).read_bytes())
    content[4:400] = b"\xff" * 396  # pages, not the footer
    Path(parquet.url).write_bytes(content)
    with pytest.raises(UserError, match=r"a.parquet: unreadable \("):
        all_rows(Path(parquet.url), 10_000)
