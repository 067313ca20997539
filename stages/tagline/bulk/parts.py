"""Parts of the output: Parquet files with a record each, which says that the part is complete.

The record is written after the part and has its hash. So whoever starts a part first looks whether it exists: a run
that continues an earlier one, and Ray when it repeats the work of a killed node, keep what is complete.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.bulk import line_rows, parquet_rows
from tagline.bulk.columns import POSITION, PROBLEM
from tagline.bulk.inputs import InputFile
from tagline.bulk.plan import Part, Plan
from tagline.bulk.rows import Scan
from tagline.bulk.storage import Folder
from tagline.bulk.tagging import tag
from tagline.core.provenance import sha256
from tagline.inference import Tagger

MANIFEST = "_manifest.json"
RECORDS = "_records"
# Rows per row group.
GROUP_ROWS = 16 * 1024


@dataclass(frozen=True)
class Record:
    """What is known of a complete part.

    Attributes:
        sha256: of its file.
        rows: their number.
        not_tagged: number of rows that could not be labelled.
        first_problem: the position of the first of them, and the reason.
    """

    sha256: str
    rows: int
    not_tagged: int
    first_problem: str | None


def scan(file: InputFile, part_rows: int) -> Scan:
    """Read a file once; see `Scan`."""
    if file.format == "parquet":
        return parquet_rows.scan(file, part_rows)
    return line_rows.scan(file, part_rows)


def complete(part: Part, folder: Folder) -> Record | None:
    """Return the record of a part if it is complete and unchanged."""
    content = folder.read_json(f"{RECORDS}/{part.name}.json")
    if not isinstance(content, dict) or content.keys() != Record.__dataclass_fields__.keys():
        return None
    record = Record(**content)
    return record if folder.sha256(part.name) == record.sha256 else None


def make(part: Part, plan: Plan, folder: Folder, tagger: Callable[[], Tagger]) -> Record:
    """Label a part and write it, unless it is complete.

    Args:
        part: to make.
        plan: that it belongs to.
        folder: the output.
        tagger: returns the tagger; called only if it is needed.

    Raises:
        UserError: the input can't be read.
    """
    if record := complete(part, folder):
        return record
    read = parquet_rows.read if part.file.format == "parquet" else line_rows.read
    rows = read(part.file, part.slice, plan.schema, plan.column)
    with tempfile.TemporaryDirectory() as local:
        path = Path(local) / part.name
        record = _write(tag(rows, tagger(), plan.column, part.file.url, plan.output), plan.output, path)
        folder.put(path, part.name)
    folder.put_json(f"{RECORDS}/{part.name}.json", asdict(record))
    return record


def write_manifest(records: dict[str, Record], folder: Folder) -> None:
    """Write the list of parts, which says that the output is complete."""
    total = {"rows": sum(r.rows for r in records.values()), "not_tagged": sum(r.not_tagged for r in records.values())}
    parts = {name: {"sha256": r.sha256, "rows": r.rows, "not_tagged": r.not_tagged} for name, r in records.items()}
    folder.put_json(MANIFEST, total | {"parts": parts})


def _write(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> Record:
    rows = not_tagged = 0
    first: str | None = None
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in _grouped(tables):
            writer.write_table(table)
            rows += table.num_rows
            problems = table.filter(pc.is_valid(table[PROBLEM])).select([*POSITION.names, PROBLEM])
            if problems.num_rows and first is None:
                first = "{input_file}:{input_row}: {tagging_error}".format(**problems.slice(0, 1).to_pylist()[0])
            not_tagged += problems.num_rows
    return Record(sha256(path), rows, not_tagged, first)


def _grouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Join tables into row groups of `GROUP_ROWS` rows or a little more."""
    group: list[pa.Table] = []
    for table in tables:
        group.append(table)
        if sum(each.num_rows for each in group) >= GROUP_ROWS:
            yield pa.concat_tables(group)
            group = []
    if group:
        yield pa.concat_tables(group)
