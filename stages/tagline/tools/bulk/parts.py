"""Parts of the output: rows with their answers, in a Parquet file per part.

A file appears complete or not at all. So whoever starts a part first looks whether it exists: a run that continues an
earlier one, and Ray when it repeats the work of a killed node, keep what is complete. The footer says what is known of
a part.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, tee
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.core import shards
from tagline.inference import AnyTagger, Document
from tagline.terminal import UserError
from tagline.tools.answers.notations import predictions
from tagline.tools.bulk import rows
from tagline.tools.bulk.columns import POSITION, PROBLEM, Column
from tagline.tools.bulk.inputs import Rows
from tagline.tools.bulk.plan import OutputPart, Plan
from tagline.tools.bulk.storage import Folder
from tagline.tools.texts.readers import document

MANIFEST = "_manifest.json"
# The key of the record in a footer.
RECORD = b"tagline"
# Least rows per row group.
GROUP_ROWS = 16 * 1024


class Record(NamedTuple):
    """What is known of a part.

    Attributes:
        name: of its file.
        rows: their number.
        not_tagged: number of rows that could not be labelled.
        first_problem: the position of the first of them, and the reason; empty: there is none.
        failure: why the part could not be made; empty: it is complete.
    """

    name: str
    rows: int = 0
    not_tagged: int = 0
    first_problem: str = ""
    failure: str = ""


def complete(part: OutputPart, folder: Folder) -> Record | None:
    """Return the record of a part if it is complete."""
    try:
        with folder.opened(part.name) as file:
            return Record(**json.loads(pq.read_metadata(file).metadata[RECORD]))
    except UserError:  # it does not exist, or is damaged
        return None


def make(part: OutputPart, plan: Plan, folder: Folder, tagger: Callable[[], AnyTagger]) -> Record:
    """Label a part and write it, unless it is complete.

    Args:
        part: to make.
        plan: that it belongs to.
        folder: the output.
        tagger: returns the tagger; called only if it is needed.

    Raises:
        UserError: the input can't be read, or has changed since the scan.
    """
    record = complete(part, folder)
    if record:
        return record
    batches = rows.read(part.file, part.slice, plan.schema, plan.column)
    tables = answered(batches, tagger(), plan.column, part.file.name, plan.output)
    with tempfile.TemporaryDirectory() as local:
        path = Path(local) / part.name
        record = _write(tables, plan.output, path)
        folder.put(path, part.name)
    return record


def write_manifest(records: Sequence[Record], folder: Folder) -> None:
    """Write the list of parts, which says that the output is complete."""
    manifest = {
        "rows": sum(record.rows for record in records),
        "not_tagged": sum(record.not_tagged for record in records),
        "parts": {record.name: {"rows": record.rows, "not_tagged": record.not_tagged} for record in records},
    }
    folder.put_json(MANIFEST, manifest)


def _write(tables: Iterable[pa.Table], schema: pa.Schema, path: Path) -> Record:
    rows = not_tagged = 0
    first_problem = ""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in shards.grouped(tables, lambda table: int(table.num_rows), GROUP_ROWS):
            table = pa.concat_tables(group)
            writer.write_table(table)
            problems = table.filter(pc.is_valid(table[PROBLEM])).select([*POSITION.names, PROBLEM])
            if problems.num_rows and not first_problem:
                first_problem = "{input_file}:{input_row}: {tagging_error}".format(**problems.to_pylist()[0])
            rows += table.num_rows
            not_tagged += problems.num_rows
        record = Record(path.name, rows, not_tagged, first_problem)
        writer.add_key_value_metadata({RECORD: json.dumps(record._asdict())})
    return record


def answered(
    batches: Iterable[Rows], tagger: AnyTagger, column: Column, url: str, schema: pa.Schema
) -> Iterator[pa.Table]:
    """Label rows as a stream, and yield each batch with its position and answers.

    Args:
        batches: of one file.
        tagger: labels them.
        column: what is labelled.
        url: of the file.
        schema: of the output.
    """
    if not column.is_words:
        tagger.split("")  # a missing library is an error of the run, not of each row
    batches, ahead = tee(batches)
    documents = chain.from_iterable(_documents(batch, column, tagger) for batch in ahead)
    tagged = chain.from_iterable(tagger.tag_stream(documents))
    for batch in batches:
        answers = []
        for labelled, labels in islice(tagged, len(batch.numbers)):
            if PROBLEM in labelled.row:
                answers.append(labelled.row)
            else:
                answers.append(predictions(labelled, labels))
        input_file = pa.array([url] * len(answers))
        input_row = pa.array(batch.numbers, pa.int64())
        arrays = [input_file, input_row, *batch.columns.columns]
        for field in [*schema][len(arrays) :]:  # which tagging adds
            values = [answer.get(field.name) for answer in answers]
            arrays.append(pa.array(values, field.type))
        yield pa.Table.from_arrays(arrays, schema=schema)


def _documents(batch: Rows, column: Column, tagger: AnyTagger) -> Iterator[Document]:
    """Yield a document per row; one that can't be labelled has no words, and the reason in its row."""
    for value, problem in zip(batch.values, batch.problems, strict=True):
        try:
            if problem is not None:
                raise UserError(problem)
            row = {column.name: value}
            yield document(row, column.name, column.is_words, split=tagger.split, sentences=tagger.sentences)
        except UserError as error:
            yield Document.of_words([], row={PROBLEM: str(error)})
