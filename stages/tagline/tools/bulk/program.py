"""Label files of any size with the exported model, on one machine or a Ray cluster.

    tagline bulk texts/ --output tagged/
    tagline bulk "s3://bucket/2026/*.jsonl.gz" --output s3://bucket/tagged --text-column body --address auto
    tagline bulk a.parquet b.parquet --output tagged/ --words-column tokens

INPUT are folders, patterns and files, locally or on any file system of fsspec: Parquet (.parquet), JSON Lines (.jsonl,
.ndjson, .json) or plain text with one document per line (.txt); JSON Lines and text also with .gz or .zst. The output
are Parquet files with all columns of the input and these:

    input_file, input_row   where the row comes from, counted from 1; rows are in the order of their
                            files, which are sorted by path
    entities                type, text, start, end and score of each, as `tagline predict` gives them
    labels, scores          with --words-column and one model, of each word
    tagging_error           why a row could not be labelled; null if it was

Run the same command again to continue after an interruption.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tagline.terminal import ArgumentParser, UserError, show
from tagline.tools.texts.options import add_models, add_no_split, layers_of, natural

if TYPE_CHECKING:
    from tagline.core import BackendName
    from tagline.tools.bulk.parts import Record


def main(arguments: Sequence[str] | None = None) -> None:
    options = parsed(arguments)
    records = labelled(options)
    rows = sum(record.rows for record in records)
    show(f"{options.output}: {rows:,} rows in {len(records):,} parts")
    problems = [record.first_problem for record in records if record.first_problem]
    if problems:
        not_tagged = sum(record.not_tagged for record in records)
        if not_tagged == rows:
            raise UserError(
                f"{options.output}: none of {rows:,} rows could be labelled; the first is {problems[0]}; "
                "check the input and --text-column or --words-column"
            )
        show(f"{not_tagged:,} rows not labelled, see the column tagging_error; the first is {problems[0]}")


def labelled(options: argparse.Namespace) -> list[Record]:
    """Label all rows of the input, or what an earlier run has left, and return the record of each part."""
    from tagline.tools.bulk import cluster, parts  # here, since --help need not wait for libraries
    from tagline.tools.bulk.inputs import find
    from tagline.tools.bulk.plan import ModelFiles, Models, Plan
    from tagline.tools.bulk.storage import Folder, absolute

    folder = Folder(absolute(options.output))
    files = find(options.inputs, folder.url)
    layers = layers_of(options.models, options.overlaps)

    def models_for(backend: BackendName | None) -> Models:
        files = {name: ModelFiles.read(model, backend) for name, model in layers.items()}
        return Models(files, options.overlaps)

    models = models_for(options.backend)
    with cluster.connected(options.address):
        if options.backend is None and cluster.has_gpus():
            models = models_for("torch")
        scans = cluster.scan(files, options.part_rows)
        plan = Plan.of(models, options.part_rows, files, scans, options.text, options.words, options.split_sentences)
        plan.begin(folder)
        records = cluster.call(cluster.collect, plan, folder, models, options.strict)
    parts.write_manifest(records, folder)
    return records


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    usage = "%(prog)s INPUT [INPUT ...] --output FOLDER [options]"
    parser = ArgumentParser(description=__doc__, usage=usage)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="folder, pattern or file; a path or a URL")
    parser.add_argument("--output", metavar="FOLDER", help="a path or a URL")
    column = parser.add_mutually_exclusive_group()
    column.add_argument(
        "--text-column",
        dest="text",
        metavar="NAME",
        help="column of raw text (default: text, if words is not a column)",
    )
    column.add_argument(
        "--words-column",
        dest="words",
        metavar="NAME",
        help="column of lists of words (default: words, if text is not a column); "
        "`--words-column text` splits the lines of plain text files at spaces",
    )
    add_models(parser, "torch if the cluster has GPUs, else the first of these that the model has")
    add_no_split(parser)
    parser.add_argument(
        "--part-rows",
        type=natural,
        default=10_000,
        metavar="N",
        help="most rows per output file, the unit of work and of continuing (default: 10000)",
    )
    parser.add_argument("--strict", action="store_true", help="stop at a row that can't be labelled")
    parser.add_argument(
        "--address",
        metavar="auto|local|ray://HOST:10001",
        help="Ray cluster; auto: the one of this machine; default: RAY_ADDRESS, or else this machine alone",
    )
    parser.renamed("--text", "--text-column")
    parser.renamed("--words", "--words-column")
    options = parser.parse_args(arguments)
    if options.output is None:
        parser.error("OUTPUT is now --output FOLDER")
    return options
