"""The plan of a run: arguments, model, columns, and the parts that the input is divided into.

It is written first and depends on nothing else, so that a run that continues an earlier one makes the same parts.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from tagline.artifacts import exported
from tagline.core import BackendName, Overlaps
from tagline.inference import AnyTagger, Tagger
from tagline.inference.opening import chosen_backend
from tagline.terminal import UserError
from tagline.tools.bulk import columns
from tagline.tools.bulk.columns import Column
from tagline.tools.bulk.inputs import InputFile, Scan, Slice
from tagline.tools.bulk.storage import Folder, named
from tagline.tools.texts.options import joined

PLAN = "_plan.json"


@dataclass(frozen=True)
class ModelFiles:
    """The files of one backend.

    Attributes:
        backend: its name.
        content: of each file.
    """

    backend: BackendName
    content: dict[str, bytes]

    @classmethod
    def read(cls, folder: Path, backend: BackendName | None) -> ModelFiles:
        """Read the files, and compare them with hashes.json.

        Raises:
            UserError: the folder, or its files for the backend, are missing or damaged.
        """
        name = chosen_backend(folder, backend)
        exported.verify(folder, exported.hashes(folder), name)
        paths = {
            *exported.files(folder, name),
            folder / exported.TAGGER,
            *(folder / file for file in exported.TOKENIZER),
        }
        content = {}
        for path in sorted(paths):
            if path.is_file():
                content[path.relative_to(folder).as_posix()] = path.read_bytes()
        return cls(name, content)

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in self.content.items()}

    def opened(self, split_sentences: bool | None) -> Tagger:
        """Open the tagger, which needs its files no longer then; for ``split_sentences`` see `Tagger`."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in self.content.items():
                path = Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            return Tagger(folder, self.backend, split_sentences=split_sentences)


class Models(NamedTuple):
    """The files of one model, or of several.

    Attributes:
        files: of each layer.
        overlaps: see `Taggers`.
    """

    files: Mapping[str, ModelFiles]
    overlaps: Overlaps = "keep"

    def record(self) -> dict[str, Any]:
        """What a plan says of them: hashes and backend, of several those of each layer in their order."""
        if len(self.files) == 1:
            (files,) = self.files.values()
            return {"model": files.hashes(), "backend": files.backend}
        layers = [
            {"layer": name, "model": files.hashes(), "backend": files.backend} for name, files in self.files.items()
        ]
        return {"model": layers, "overlaps": self.overlaps}

    def opened(self, split_sentences: bool | None) -> AnyTagger:
        """Open them; for ``split_sentences`` see `Tagger`."""
        return joined({name: files.opened(split_sentences) for name, files in self.files.items()}, self.overlaps)


class OutputPart(NamedTuple):
    """A slice of an input file, and the name of the output file."""

    name: str
    file: InputFile
    slice: Slice


@dataclass(frozen=True)
class Plan:
    """How the input is divided into output files; saved, so that a second run continues the first.

    Attributes:
        models: their `Models.record`.
        part_rows: maximum number of rows of a part.
        split_sentences: see `Tagger`.
        column: the column to label.
        schema: the columns of the input.
        output: all columns of the output.
        parts: in the order of files and rows.
    """

    models: Mapping[str, Any]
    part_rows: int
    split_sentences: bool | None
    column: Column
    schema: pa.Schema
    output: pa.Schema
    parts: Sequence[OutputPart]

    @classmethod
    def of(
        cls,
        models: Models,
        part_rows: int,
        files: Sequence[InputFile],
        scans: Sequence[Scan],
        text: str | None = None,
        words: str | None = None,
        split_sentences: bool | None = None,
    ) -> Plan:
        """Choose the columns of the input, check them, and name the parts.

        Args:
            models: that label.
            part_rows: maximum number of rows of a part.
            files: the input.
            scans: of each file.
            text: name of a column of raw text, if given.
            words: name of a column of lists of words, if given.
            split_sentences: see `Tagger`.

        Raises:
            UserError: there is no row, or the columns do not fit.
        """
        first = files[0].name
        parts = list[OutputPart]()
        schemas = []
        for file, scan in zip(files, scans, strict=True):
            schemas.append((file.name, scan.schema))
            for rows in scan.slices:
                parts.append(OutputPart(f"part-{len(parts):06}.parquet", file, rows))
        if not parts:
            raise UserError(f"{first}: no row; expected at least one in the input")
        schema = columns.merge(schemas, exact=files[0].format == "parquet")
        column = columns.choose(schema, text, words, first)
        output = columns.with_answers(schema, column, first, layers=len(models.files) > 1)
        return cls(models.record(), part_rows, split_sentences, column, schema, output, parts)

    def as_json(self) -> dict[str, Any]:
        return {
            **self.models,
            "column": {"name": self.column.name, "words": self.column.is_words},
            "part_rows": self.part_rows,
            "split_sentences": self.split_sentences,
            "columns": {field.name: str(field.type) for field in self.schema},
            "input": {part.name: {"file": part.file.name} | part.slice._asdict() for part in self.parts},
        }

    def begin(self, folder: Folder) -> None:
        """Write the plan into the output folder, or compare it with the plan of an earlier run.

        Raises:
            UserError: the folder has another plan, or files but no plan.
        """
        wanted = self.as_json()
        names = folder.names()
        if not names:
            folder.put_json(PLAN, wanted)
            return
        shown = named(folder.url)
        if PLAN not in names:
            raise UserError(
                f"{shown}: not empty ({names[0]}) and without {PLAN} of an earlier run; expected a new folder"
            )
        written = folder.read_json(PLAN)
        for key, value in wanted.items():
            if written.get(key) == value:
                continue
            if key in ("model", "columns", "input"):
                raise UserError(
                    f"{shown}: {PLAN} has another {key}; expected the same arguments, model and input, to continue it; "
                    "choose another output folder, or remove this one"
                )
            raise UserError(
                f"{shown}: {PLAN} has another {key} ({written.get(key)}, now {value}); "
                "expected the same arguments, model and input, to continue it; "
                "choose another output folder, or remove this one"
            )
