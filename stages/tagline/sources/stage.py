"""The stage download: data/raw from the data set, models/pretrained from the encoder, each with its provenance."""

import shutil
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import SPLITS
from tagline.core.outputs import write_json
from tagline.core.provenance import PROVENANCE, hashes, sha256, write_hashes
from tagline.sources import capitals, encoders, hub, own_subwords
from tagline.sources.download_params import (
    AnyDataset,
    AnyEncoder,
    HubEncoder,
    PackagedEncoder,
    language_of,
    shared_columns,
    sources_of,
)
from tagline.sources.formats.annotated import AnnotatedFiles
from tagline.sources.formats.base import Files
from tagline.sources.readers import Reader, check_annotated_types, check_apart, types_of_one_source
from tagline.sources.tag_names import Spelling, spellings
from tagline.terminal.errors import UserError
from tagline.terminal.printing import show
from tagline.text.agreement import share
from tagline.text.languages import library_version
from tagline.text.sentences import library_version as sentence_library

# `tagline predict` splits raw text into sentences only if the library would leave at least this share of the training
# sentences uncut.
LEAST_WHOLE = 0.8
# Sentences per split whose words check the tokenizer.
SAMPLED_SENTENCES = 50


def write_dataset(folder: Path, dataset: AnyDataset | Sequence[AnyDataset], target: Path) -> None:
    """Read and check every sentence of the data set and write data/raw.

    Args:
        folder: ``download.folder``.
        dataset: the section ``download.dataset``; several sources become one data set, in their order.
        target: the folder to make.

    Raises:
        UserError: see `FileSource`, `HubSource` and `library_version`; no word has the unknown tag; or one file is in
            several splits; see `_reports`.
    """
    several, sources = isinstance(dataset, Sequence), sources_of(dataset)
    readers, counts = _read(folder, dataset, target)
    reports = _reports(readers)
    language = language_of(sources)
    agreement, whole = share([each.agreement for each in readers]), share([each.whole for each in readers])
    words = {"language": language, "library": library_version(language), "agreement": agreement}
    sentences = {"split": whole >= LEAST_WHOLE, "library": sentence_library(), "agreement": whole}
    origins = [each.provenance() for each in readers]
    origin = _joined(origins) if several else origins[0]
    write_json(target / PROVENANCE, {**origin, "rows": counts, "words": words, "sentences": sentences})
    write_hashes(target)
    print(", ".join(f"{split}: {count:,} sentences" for split, count in counts.items()))
    if left_out := sorted({name for each in sources for name in each.tag_columns}.difference(readers[0].columns)):
        show(f"tag columns that not all sources have, left out: {', '.join(left_out)}")
    for report in reports:
        show(report)


def _read(
    folder: Path, dataset: AnyDataset | Sequence[AnyDataset], target: Path
) -> tuple[list[Reader], dict[str, int]]:
    """Write the splits of data/raw; return the readers of the sources and the number of sentences of each split."""
    readers = _readers(folder, dataset, [{} for _ in sources_of(dataset)])
    counts = _write_rows(readers, target)
    respelt = _spellings(readers)
    if any(respelt):  # only all tags of a source show its spelling, so the sources are read again
        for split in SPLITS:
            shutil.rmtree(target / split)
        readers = _readers(folder, dataset, respelt)
        counts = _write_rows(readers, target)
    return readers, counts


def _readers(
    folder: Path, dataset: AnyDataset | Sequence[AnyDataset], spellings: Sequence[Mapping[str, Spelling]]
) -> list[Reader]:
    """Open the sources of a data set.

    Args:
        folder: ``download.folder``.
        dataset: the section ``download.dataset``.
        spellings: see `Reader`.

    Raises:
        UserError: see `Reader`; or one file is in several splits.
    """
    several, sources = isinstance(dataset, Sequence), sources_of(dataset)
    language, columns = language_of(sources), shared_columns(sources)
    readers = [
        Reader(folder, each, language, columns, number if several else None, spelling)
        for number, (each, spelling) in enumerate(zip(sources, spellings, strict=True))
    ]
    if several:
        check_apart(readers)
    return readers


def _write_rows(readers: Sequence[Reader], target: Path) -> dict[str, int]:
    """Write the splits of data/raw; return their numbers of sentences."""
    rows = {
        split: chain.from_iterable([each.rows(split, readers[:number]) for number, each in enumerate(readers)])
        for split in SPLITS
    }
    sources = [each.dataset for each in readers]
    lacks_types = any(isinstance(each, Files) and each.lacks_types for each in sources)
    has_spans = all(isinstance(each, AnnotatedFiles) for each in sources)
    return raw_data.write(target, rows, readers[0].columns, lacks_types, has_spans)


def _spellings(readers: Sequence[Reader]) -> list[dict[str, Spelling]]:
    """By tag column, how the tags of each source are respelt; see `tag_names.spellings`."""
    renamed = any(each.dataset.types for each in readers)
    found: list[dict[str, Spelling]] = [{} for _ in readers]
    for column in readers[0].columns:
        of_sources = spellings([each.known_tags(column) for each in readers], renamed)
        for of_columns, spelling in zip(found, of_sources, strict=True):
            if spelling:
                of_columns[column] = spelling
    return found


def _reports(readers: Sequence[Reader]) -> list[str]:
    """What to print once all is read.

    Raises:
        UserError: see `Reader.report` and `check_annotated_types`.
    """
    reports = [each.report() for each in readers]
    check_annotated_types(readers)
    if len(readers) > 1:
        reports += [types_of_one_source(readers, name) for name in readers[0].columns]
    reports += [each.word_report() for each in readers]
    return [report for report in reports if report]


def _joined(origins: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the provenance of several sources; findings are by split, then by the number of the source."""
    findings: dict[str, dict[str, Any]] = {split: {} for split in SPLITS}
    for number, each in enumerate(origins):
        for split, found in each["findings"].items():
            findings[split][str(number)] = found
    listed = [{key: value for key, value in each.items() if key != "findings"} for each in origins]
    # Of a split that all sources draw, tags are written as in train.
    drawn = [split for split in SPLITS if all(split in each.get("drawn_from_train", ()) for each in origins)]
    return {"source": "several", "sources": listed, "drawn_from_train": drawn, "findings": findings}


def write_encoder(folder: Path, encoder: AnyEncoder, target: Path, raw: Path | None = None) -> None:
    """Copy the encoder and its tokenizer into the folders ``encoder`` and ``tokenizer`` of the target.

    Args:
        folder: ``download.folder``.
        encoder: the section ``download.encoder``.
        target: the folder to make.
        raw: data/raw, whose words are among those on which the tokenizer is checked.

    Raises:
        UserError: see `find_encoder`, `encoders` and `own_subwords`.
    """
    source, origin, name = find_encoder(folder, encoder)
    encoders.copy_encoder(source, target / "encoder")
    encoders.check_architecture(name, source)
    reading = own_subwords.load(source, sampled_words(raw) if raw else ())
    tokenizer, lines = reading.tokenizer, reading.lines
    own_subwords.save(reading, name, target)
    if reading.record:
        origin |= {"tokenizer": reading.record}
    if encoder.mark_capitals:
        marks, said = capitals.mark_saved(target / "tokenizer", tokenizer.model_input_names)
        lines += [said] if said else []
        if marks:
            encoders.grow_vocabulary(name, target / "encoder", max(marks.values()) + 1, tokenizer.unk_token_id or 0)
            origin |= {"marks": list(marks)}
    write_json(target / PROVENANCE, {"source": encoder.source, **origin, "sha256": hashes(target)})
    # One hashes.json per folder: the stage tokenize-align depends on the tokenizer only.
    write_hashes(target / "encoder")
    write_hashes(target / "tokenizer")
    write_hashes(target)
    show("; ".join([f"encoder: {name}", *lines]))


def sampled_words(raw: Path) -> list[str]:
    """The distinct words of some sentences of each split of data/raw."""
    data = raw_data.load(raw)
    sentences = chain.from_iterable(data.sample(split, SAMPLED_SENTENCES) for split in SPLITS)
    return list(dict.fromkeys(chain.from_iterable(sentences)))


def find_encoder(folder: Path, encoder: AnyEncoder) -> tuple[Path, dict[str, Any], str]:
    """Find the folder of an encoder and its tokenizer; fetch it if it is on the Hub.

    Returns:
        The folder, the encoder's entries of provenance.json, and its name for the terminal.

    Raises:
        UserError: it does not exist, or its weights do not have the hash in params.yaml.
    """
    if isinstance(encoder, HubEncoder):
        repository = hub.find("model", encoder.name, encoder.revision)
        return hub.fetch_encoder(repository), {"name": encoder.name, "commit": repository.commit}, str(repository)
    if isinstance(encoder, PackagedEncoder):
        source, version = encoders.find_in_package(encoder.package, encoder.path)
        _check_weights(source / encoders.WEIGHTS, encoder)
        origin = {"package": encoder.package, "revision": version, "path": encoder.path}
        return source, origin, f"{encoder.path} of {encoder.package} {version}"
    source = folder / encoder.path
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; see download.encoder.path in params.yaml")
    encoders.check_links(source, folder)
    return source, {"path": encoder.path}, str(source)


def _check_weights(weights: Path, encoder: PackagedEncoder) -> None:
    if not weights.is_file():
        raise UserError(f"{encoder.package}: no {encoder.path}/{weights.name}; see download.encoder in params.yaml")
    actual = sha256(weights)
    if actual != encoder.sha256:
        raise UserError(
            f"{encoder.package}: SHA-256 of {encoder.path}/{weights.name} is {actual}; expected {encoder.sha256} "
            "(download.encoder.sha256 in params.yaml)"
        )
