"""Stage 1, download: the data set and the pretrained encoder, from where they live, checked, with their provenance.

Reads the section ``download`` of params.yaml, the folder that it names, an installed package, and the Hugging Face Hub.
Writes data/raw (a `datasets.DatasetDict`: id, words, one list of ClassLabel a tag layer) and models/pretrained
(encoder/, tokenizer/), each with a provenance.json.

    python stages/download.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import DatasetDict
from tqdm import tqdm

from tagging import conll, corpus, encoders, hub, hub_rows
from tagging.faults import Fault, exit_with_message
from tagging.outputs import replacing, write_json
from tagging.params.download import ConllFiles, Download, LocalEncoder, PackagedEncoder
from tagging.params.hub import HubDataset, HubEncoder
from tagging.params.reader import read_section
from tagging.progress import quiet
from tagging.provenance import PROVENANCE, hashes, sha256

RAW = Path("data/raw")
PRETRAINED = Path("models/pretrained")


def main() -> None:
    params = read_section("download", Download)
    quiet()
    folder = Path(params.folder)
    with replacing(RAW, PRETRAINED) as (raw, pretrained):
        if isinstance(params.dataset, HubDataset):
            write_hub_dataset(params.dataset, raw)
        else:
            write_dataset(folder, params.dataset, raw)
        write_encoder(folder, params.encoder, pretrained)


def write_dataset(folder: Path, dataset: ConllFiles, target: Path) -> None:
    """Read the column files of every split and write them as one data set."""
    splits = {
        split: [
            dict(zip(dataset.columns, sentence, strict=True))
            for sentence in tqdm(
                conll.read_sentences(folder / file, dataset.columns), desc=file, unit=" sentences", disable=None
            )
        ]
        for split, file in dataset.files.items()
    }
    built = corpus.build(splits, dataset.layers)
    built.save_to_disk(target)
    write_json(
        target / PROVENANCE,
        {
            "source": dataset.source,
            "files": {split: {"path": file, "sha256": sha256(folder / file)} for split, file in dataset.files.items()},
            "rows": {split: built[split].num_rows for split in built},
        },
    )
    print_sizes(built)


def write_hub_dataset(dataset: HubDataset, target: Path) -> None:
    """Fetch a data set from the Hub, check every row of it and write it."""
    repository = hub.find("dataset", dataset.name, dataset.revision)
    print(f"data set: {repository}")
    found = hub_rows.load(repository, dataset)
    splits = {split: list(hub_rows.sentences(rows, split, dataset)) for split, rows in found.items()}
    built = corpus.build(splits, list(dataset.layers))
    built.save_to_disk(target)
    write_json(
        target / PROVENANCE,
        {
            "source": dataset.source,
            "name": dataset.name,
            "config": dataset.config,
            "commit": repository.commit,
            "splits": dataset.splits.model_dump(),
            "rows": {split: built[split].num_rows for split in built},
        },
    )
    print_sizes(built)
    for split, rows in found.items():
        if empty := len(rows) - built[split].num_rows:
            print(f"{split}: {empty:,} rows without a word left out")


def print_sizes(built: DatasetDict) -> None:
    for split, rows in built.items():
        print(f"{split}: {rows.num_rows:,} sentences, {sum(map(len, rows['words'])):,} words")


def write_encoder(folder: Path, encoder: PackagedEncoder | LocalEncoder | HubEncoder, target: Path) -> None:
    """Check the encoder's weights and lay out its files and its tokenizer's in folders of their own."""
    origin: dict[str, Any] = {"source": encoder.source}
    if isinstance(encoder, HubEncoder):
        repository = hub.find("model", encoder.name, encoder.revision)
        source = hub.fetch_encoder(repository)
        origin |= {"name": encoder.name, "commit": repository.commit}
        shown = str(repository)
    elif isinstance(encoder, PackagedEncoder):
        source, version = encoders.find_in_package(encoder.package, encoder.path)
        origin |= {"path": encoder.path, "package": encoder.package, "revision": version}
        shown = f"{encoder.path} of {encoder.package}"
        check_weights(source / encoders.WEIGHTS, encoder)
    else:
        source = folder / encoder.path
        origin |= {"path": encoder.path}
        shown = encoder.path
        if not source.is_dir():
            raise Fault(f"{source} is no folder: download.encoder.path in params.yaml names it")
    encoders.copy_encoder(source, target / "encoder")
    encoders.check_architecture(shown, source)
    encoders.save_tokenizer(encoders.load_tokenizer(source), target / "tokenizer")
    write_json(target / PROVENANCE, origin | {"sha256": hashes(target)})
    print(f"encoder: {shown}")


def check_weights(weights: Path, encoder: PackagedEncoder) -> None:
    if not weights.is_file():
        raise Fault(f"{encoder.package} has no {encoder.path}/{weights.name}")
    found = sha256(weights)
    if found != encoder.sha256:
        raise Fault(
            f"{encoder.package}: SHA-256 of {encoder.path}/{weights.name} is {found}, "
            f"expected {encoder.sha256} (download.encoder.sha256 in params.yaml)"
        )


if __name__ == "__main__":
    exit_with_message(main)
