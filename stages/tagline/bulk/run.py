"""A run of bulk.py: plan, parts, manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tagline.artifacts.exported import BackendName
from tagline.bulk import cluster, parts
from tagline.bulk.inputs import find
from tagline.bulk.model_files import ModelFiles
from tagline.bulk.parts import Record
from tagline.bulk.plan import Plan
from tagline.bulk.storage import Folder, absolute
from tagline.core.errors import UserError

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


def run(arguments: Arguments) -> dict[str, Record]:
    """Label all rows of the input, or what an earlier run has left.

    Returns:
        The record of each part.

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
        scans = cluster.scan(files, arguments.part_rows)
        plan = Plan.of(
            model.hashes(),
            model.backend,
            arguments.part_rows,
            files,
            scans,
            arguments.text,
            arguments.words,
            arguments.split_sentences,
        )
        plan.begin(folder)
        records = cluster.call(collect, plan, folder, model, arguments.strict)
    parts.write_manifest(records, folder)
    return records


def collect(plan: Plan, folder: Folder, model: ModelFiles, strict: bool) -> dict[str, Record]:
    """Label all parts, and return their records.

    Raises:
        UserError: see `run`.
    """
    records: dict[str, Record] = {}
    problems: list[str] = []
    for outcome in cluster.tag(plan, folder, model):
        if outcome.record is None:
            problems.append(f"{outcome.name}: {outcome.problem}")
            continue
        records[outcome.name] = outcome.record
        if strict and outcome.record.not_tagged:
            raise UserError(
                f"{outcome.record.first_problem}; --strict expects that each row can be labelled; correct the input "
                "and choose a new output folder, or run again without --strict"
            )
    if problems:
        listed = "\n".join(sorted(problems)[:LISTED])
        raise UserError(
            f"{len(problems):,} of {len(problems) + len(records):,} parts could not be made; {cluster.AGAIN}\n{listed}"
        )
    return dict(sorted(records.items()))
