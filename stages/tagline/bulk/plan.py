"""The plan of a run: arguments, model, input files, and the parts they are divided into.

It is written first and depends on nothing else, so that a run that continues an earlier one makes the same parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from tagline.artifacts.exported import BackendName
from tagline.bulk import columns
from tagline.bulk.inputs import InputFile
from tagline.bulk.rows import Column, Scan, Slice
from tagline.bulk.storage import Folder
from tagline.core.errors import UserError

PLAN = "_plan.json"


class Part(NamedTuple):
    """A slice of an input file, and the name of the output file."""

    name: str
    file: InputFile
    slice: Slice


@dataclass(frozen=True)
class Plan:
    """See the module.

    Attributes:
        model: the SHA-256 of each file of the model.
        backend: of the model.
        part_rows: maximum number of rows of a part.
        split_sentences: see `Tagger`.
        files: the input.
        scans: of each file.
        column: the column to label.
        schema: the columns of the input.
        output: all columns of the output.
    """

    model: Mapping[str, str]
    backend: BackendName
    part_rows: int
    split_sentences: bool | None
    files: Sequence[InputFile]
    scans: Sequence[Scan]
    column: Column
    schema: pa.Schema
    output: pa.Schema

    @classmethod
    def of(
        cls,
        model: Mapping[str, str],
        backend: BackendName,
        part_rows: int,
        files: Sequence[InputFile],
        scans: Sequence[Scan],
        text: str | None = None,
        words: str | None = None,
        split_sentences: bool | None = None,
    ) -> Plan:
        """Choose the columns of the input, and check them.

        Args:
            model: the SHA-256 of each file of the model.
            backend: of the model.
            part_rows: maximum number of rows of a part.
            files: the input.
            scans: of each file.
            text: name of a column of raw text, if given.
            words: name of a column of lists of words, if given.
            split_sentences: see `Tagger`.

        Raises:
            UserError: there is no row, or the columns do not fit.
        """
        first = files[0].url
        if not any(scan.slices for scan in scans):
            raise UserError(f"{first}: no row; expected at least one in the input")
        schemas = [scan.schema for scan in scans]
        if files[0].format == "parquet":
            schema = columns.merge_parquet(schemas, [file.url for file in files])
        else:
            schema = columns.merge_json(schemas)
        column = columns.choose(schema, text, words, first)
        if files[0].format == "parquet":
            columns.check_parquet(schema, column, first)
        output = columns.with_answers(schema, column, first)
        return cls(model, backend, part_rows, split_sentences, files, scans, column, schema, output)

    def parts(self) -> list[Part]:
        """List the parts in the order of files and rows."""
        slices = [(file, each) for file, scan in zip(self.files, self.scans, strict=True) for each in scan.slices]
        return [Part(f"part-{index:06}.parquet", file, each) for index, (file, each) in enumerate(slices)]

    def as_json(self) -> dict[str, Any]:
        return {
            "model": dict(self.model),
            "backend": self.backend,
            "column": {"name": self.column.name, "words": self.column.is_words},
            "part_rows": self.part_rows,
            "split_sentences": self.split_sentences,
            "columns": {field.name: str(field.type) for field in self.schema},
            "input": [
                {"file": file.url, "sha256": scan.sha256, "slices": [list(each) for each in scan.slices]}
                for file, scan in zip(self.files, self.scans, strict=True)
            ],
        }

    def begin(self, folder: Folder) -> None:
        """Write the plan into the output folder, or compare it with the plan of an earlier run.

        Raises:
            UserError: the folder has another plan, or files but no plan.
        """
        wanted = self.as_json()
        if PLAN not in (names := folder.names()):
            if names:
                raise UserError(
                    f"{folder.url}: not empty ({names[0]}) and without {PLAN} of an earlier run; expected a new folder"
                )
            folder.put_json(PLAN, wanted)
            return
        written = folder.read_json(PLAN)
        if written != wanted:
            raise UserError(
                f"{folder.url}: written with {_difference(written, wanted)}; expected the same arguments, model and "
                "input, to continue it; choose another output folder, or remove this one"
            )


def _difference(written: Any, wanted: dict[str, Any]) -> str:
    """Say where an earlier plan differs."""
    if not isinstance(written, dict):
        return f"a damaged {PLAN}"
    key = next(key for key in {**wanted, **written} if written.get(key) != wanted.get(key))
    if key in ("backend", "part_rows", "split_sentences", "column"):
        return f"another {key} ({written.get(key)}, now {wanted.get(key)})"
    return f"another {key} ({PLAN} lists its {'columns' if key == 'columns' else 'files and their SHA-256'})"
