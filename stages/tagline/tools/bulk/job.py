"""A run of bulk.py: plan, parts, manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tagline.artifacts.exported import BackendName
from tagline.core.errors import UserError
from tagline.tools.bulk import cluster, parts
from tagline.tools.bulk.inputs import find
from tagline.tools.bulk.model_files import ModelFiles
from tagline.tools.bulk.parts import Record
from tagline.tools.bulk.plan import Plan
from tagline.tools.bulk.storage import Folder, absolute

# Unreadable parts that a message lists.
LISTED = 5


@dataclass(frozen=True)
class Arguments:
    """What a run is asked to do; see bulk.py."""

    inputs: Sequence[str]
    output: str
    model: Path
    backend: BackendName | None
    text: str | None
    words: str | None
    split_sentences: bool | None
    part_rows: int
    strict: bool
    address: str | None


def run(arguments: Arguments) -> list[Record]:
    """Label all rows of the input, or what an earlier run has left.

    Returns:
        The record of each part, in their order.

    Raises:
        UserError: see the modules of this folder; or a part could not be made, or has rows that can't be labelled and
            ``strict`` is set.
    """
    folder = Folder(absolute(arguments.output))
    files = find(arguments.inputs, folder.url)
    model = ModelFiles.read(arguments.model, arguments.backend)
    with cluster.connected(arguments.address):
        if arguments.backend is None and cluster.has_gpus():
            model = ModelFiles.read(arguments.model, "torch")
        plan = Plan.of(
            model.hashes(),
            model.backend,
            arguments.part_rows,
            files,
            cluster.scan(files, arguments.part_rows),
            arguments.text,
            arguments.words,
            arguments.split_sentences,
        )
        plan.begin(folder)
        records = cluster.call(collect, plan, folder, model, arguments.strict)
    parts.write_manifest(records, folder)
    return records


def collect(plan: Plan, folder: Folder, model: ModelFiles, strict: bool) -> list[Record]:
    """Label all parts, and return their records.

    Raises:
        UserError: see `run`.
    """
    records: list[Record] = []
    for record in cluster.tag(plan, folder, model):
        records.append(record)
        if strict and record.not_tagged:
            raise UserError(
                f"{record.first_problem}; --strict expects that each row can be labelled; correct the input "
                "and choose a new output folder, or run again without --strict"
            )
    if failed := sorted(f"{record.name}: {record.failure}" for record in records if record.failure):
        listed = "\n".join(failed[:LISTED])
        raise UserError(f"{len(failed):,} of {len(records):,} parts could not be made; {cluster.AGAIN}\n{listed}")
    return sorted(records)
