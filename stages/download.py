"""Stage 1, download: the data set and the pretrained encoder, from where they live, checked, with their provenance.

Reads the section ``download`` of params.yaml, the folder that it names, and an installed package.
Writes data/raw (a `datasets.DatasetDict`: id, words, one list of ClassLabel a tag layer) and models/pretrained
(encoder/, tokenizer/), each with a provenance.json.

    python stages/download.py
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tagging import conll, corpus, encoders
from tagging.faults import Fault, exit_with_message
from tagging.outputs import replacing, write_json
from tagging.params.download import ConllFiles, Download, LocalEncoder, PackagedEncoder
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
        write_dataset(folder, params.dataset, raw)
        write_encoder(folder, params.encoder, pretrained)


def write_dataset(folder: Path, dataset: ConllFiles, target: Path) -> None:
    """Read the column files of every split and write them as one data set."""
    rows = corpus.write(
        target, {split: read_rows(folder / file, dataset) for split, file in dataset.files.items()}, dataset.layers
    )
    write_json(
        target / PROVENANCE,
        {
            "source": dataset.source,
            "files": {split: {"path": file, "sha256": sha256(folder / file)} for split, file in dataset.files.items()},
            "rows": rows,
        },
    )
    for split, count in rows.items():
        print(f"{split}: {count:,} sentences")


def read_rows(file: Path, dataset: ConllFiles) -> Iterator[dict[str, list[str]]]:
    """Yield the sentences of a column file, each with its words and tag layers by name."""
    sentences = conll.read_sentences(file, dataset.columns)
    for sentence in tqdm(sentences, desc=file.name, unit=" sentences", disable=None):
        yield dict(zip(dataset.columns, sentence, strict=True))


def write_encoder(folder: Path, encoder: PackagedEncoder | LocalEncoder, target: Path) -> None:
    """Check the encoder's weights and lay out its files and its tokenizer's in folders of their own."""
    origin: dict[str, Any] = {"source": encoder.source, "path": encoder.path}
    if isinstance(encoder, PackagedEncoder):
        source, version = encoders.find_in_package(encoder.package, encoder.path)
        origin |= {"package": encoder.package, "revision": version}
        check_weights(source / encoders.WEIGHTS, encoder)
    else:
        source = folder / encoder.path
        if not source.is_dir():
            raise Fault(f"{source} is no folder: download.encoder.path in params.yaml names it")
    encoders.copy_encoder(source, target / "encoder")
    encoders.save_tokenizer(encoders.load_tokenizer(source), target / "tokenizer")
    write_json(target / PROVENANCE, origin | {"sha256": hashes(target)})
    print(f"encoder: {encoder.path}" + (f" of {encoder.package}" if isinstance(encoder, PackagedEncoder) else ""))


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
