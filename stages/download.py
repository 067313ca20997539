"""Stage 1, download: the data set and the pretrained encoder, from where they live, checked, with their provenance.

Reads the section ``download`` of params.yaml, the folder that it names, an installed package, and the Hugging Face Hub.
Writes data/raw (a `datasets.DatasetDict`: id, words, one list of ClassLabel a tag layer) and models/pretrained
(encoder/, tokenizer/), each with a provenance.json.

    python stages/download.py
"""

from __future__ import annotations

from tagline.core.signals import default_sigint

if __name__ == "__main__":
    default_sigint()

from pathlib import Path
from typing import Any

from tagline.artifacts import raw_data
from tagline.core.errors import UserError, exit_with_message, take_no_arguments
from tagline.core.outputs import replacing, write_json
from tagline.core.params import read_section
from tagline.core.progress import quiet
from tagline.core.provenance import PROVENANCE, hashes, sha256
from tagline.sources import encoders, hub
from tagline.sources.files import FileSource
from tagline.sources.formats.base import leads_out
from tagline.sources.hub_dataset import HubSource
from tagline.sources.hub_params import HubDataset, HubEncoder
from tagline.sources.params import AnyDataset, AnyEncoder, Download, PackagedEncoder

RAW = Path("data/raw")
PRETRAINED = Path("models/pretrained")


def main() -> None:
    take_no_arguments(__doc__)
    params = read_section("download", Download)
    quiet()
    folder = Path(params.folder)
    with replacing(RAW, PRETRAINED) as (raw, pretrained):
        write_dataset(folder, params.dataset, raw)
        write_encoder(folder, params.encoder, pretrained)


def write_dataset(folder: Path, dataset: AnyDataset, target: Path) -> None:
    """Read every split where it lives, check each row and write all as one data set."""
    source = HubSource(dataset) if isinstance(dataset, HubDataset) else FileSource(folder, dataset)
    rows = raw_data.write(target, source.splits(), list(dataset.layers))
    report = source.report()
    write_json(target / PROVENANCE, {**source.provenance(), "rows": rows})
    print(", ".join(f"{split}: {count:,} sentences" for split, count in rows.items()))
    if report:
        print(report)


def write_encoder(folder: Path, encoder: AnyEncoder, target: Path) -> None:
    """Find the encoder, and lay out its files and its tokenizer's in folders of their own."""
    source, origin, shown = find_encoder(folder, encoder)
    encoders.copy_encoder(source, target / "encoder")
    encoders.check_architecture(shown, source)
    encoders.save_tokenizer(encoders.load_tokenizer(source), target / "tokenizer")
    write_json(target / PROVENANCE, {"source": encoder.source, **origin, "sha256": hashes(target)})
    print(f"encoder: {shown}")


def find_encoder(folder: Path, encoder: AnyEncoder) -> tuple[Path, dict[str, Any], str]:
    """The folder that holds an encoder and its tokenizer, fetched from the Hub if need be.

    Returns:
        The folder, what provenance says of it, and what a user is told.

    Raises:
        UserError: it is not there, or its weights are others than params say.
    """
    if isinstance(encoder, HubEncoder):
        repository = hub.find("model", encoder.name, encoder.revision)
        return hub.fetch_encoder(repository), {"name": encoder.name, "commit": repository.commit}, str(repository)
    if isinstance(encoder, PackagedEncoder):
        source, version = encoders.find_in_package(encoder.package, encoder.path)
        check_weights(source / encoders.WEIGHTS, encoder)
        origin = {"package": encoder.package, "revision": version, "path": encoder.path}
        return source, origin, f"{encoder.path} of {encoder.package} {version}"
    source = folder / encoder.path
    if not source.is_dir():
        raise UserError(f"{source} is no folder: download.encoder.path in params.yaml names it")
    if leads_out(source, folder):
        raise UserError(
            f"{source}: this link leads out of {folder}; expected a folder inside the one that download.folder names; "
            "copy there what it points to: download.encoder.path in params.yaml names it"
        )
    encoders.check_links(source, folder)
    return source, {"path": encoder.path}, str(source)


def check_weights(weights: Path, encoder: PackagedEncoder) -> None:
    if not weights.is_file():
        raise UserError(f"{encoder.package} has no {encoder.path}/{weights.name}")
    found = sha256(weights)
    if found != encoder.sha256:
        raise UserError(
            f"{encoder.package}: SHA-256 of {encoder.path}/{weights.name} is {found}, "
            f"expected {encoder.sha256} (download.encoder.sha256 in params.yaml)"
        )


if __name__ == "__main__":
    exit_with_message(main)
