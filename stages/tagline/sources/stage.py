"""The stage download: data/raw from the data set, models/pretrained from the encoder."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerBase

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import with_further
from tagline.core import LEARNT, PROVENANCE, SPLITS, WEIGHTS, sha256, write_hashes, write_json
from tagline.core.provenance import hashes
from tagline.sources import admission, capitals, encoders, hub, letters, own_subwords
from tagline.sources.corrections import Corrections
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
from tagline.sources.readers import Reader, Reading, check_annotated_types, to_row, types_of_one_source
from tagline.sources.tag_names import Spelling, spellings
from tagline.terminal import UserError, show
from tagline.text.agreement import share
from tagline.text.languages import Language, library_version
from tagline.text.sentences import library_version as sentence_library

# `tagline predict` splits raw text into sentences only if the library would leave at least this share of the training
# sentences uncut.
LEAST_WHOLE = 0.8
# Sentences per split whose words check the tokenizer.
SAMPLED_SENTENCES = 50
# Sentences of train whose letters are counted.
COUNTED_SENTENCES = 1000


def write_dataset(
    folder: Path,
    dataset: AnyDataset | Sequence[AnyDataset],
    target: Path,
    corrections: Mapping[str, str] | None = None,
) -> None:
    """Read and check every sentence of the data set and write data/raw.

    Args:
        dataset: several sources become one data set, in their order.

    Raises:
        UserError: see `FileSource`, `HubSource`, `library_version`, `Reading.report` and `Corrections`.
    """
    sources = sources_of(dataset)
    of_columns = [Corrections(folder, column, pattern) for column, pattern in (corrections or {}).items()]
    readings, counts = _read(folder, dataset, target, of_columns)
    reports = _reports(readings)
    made_of: dict[str, Any] = {}
    if of_columns:
        reports += chain.from_iterable(each.report() for each in of_columns)
        made_of["corrections"] = {each.column: each.provenance() for each in of_columns}
    text_rules = _text_rules(readings, language_of(sources))
    origins = [reading.provenance() for reading in readings]
    origin = _joined(origins) if isinstance(dataset, Sequence) else origins[0]
    write_json(target / PROVENANCE, {**origin, **made_of, "rows": counts, **text_rules})
    write_hashes(target)
    print(", ".join(f"{split}: {count:,} sentences" for split, count in counts.items()))
    if "test" not in counts:
        show(
            "no test split: scores are of validation, and too high if it is large enough to select the epoch; for a "
            "score of all sentences, run `tagline crossval`, then `dvc repro crossval/dvc.yaml`"
        )
    columns = set(chain.from_iterable(source.tag_columns for source in sources))
    left_out = sorted(columns.difference(shared_columns(sources)))
    if left_out:
        show(f"tag columns that not all sources have, left out: {', '.join(left_out)}")
    for report in reports:
        show(report)


def _read(
    folder: Path, dataset: AnyDataset | Sequence[AnyDataset], target: Path, corrections: Sequence[Corrections]
) -> tuple[list[Reading], dict[str, int]]:
    """Write data/raw; return what was found in each source, and the number of sentences of each split.

    Only all tags show their spelling, and only all sentences which one a correction is of: then sources are read again.
    """
    readers = _readers(folder, dataset)
    readings, counts = _write_rows(readers, [{} for _ in readers], target, corrections)
    respelt = _spellings(readings, [each.column for each in corrections])
    if any(respelt):
        readings, counts = _write_rows(readers, respelt, target, corrections)
    if corrections:
        for each in corrections:
            each.fit(reading.entities for reading in readings)
        readings, counts = _write_rows(readers, respelt, target, corrections)
    return readings, counts


def _readers(folder: Path, dataset: AnyDataset | Sequence[AnyDataset]) -> list[Reader]:
    sources = sources_of(dataset)
    language = language_of(sources)
    columns = shared_columns(sources)
    if not isinstance(dataset, Sequence):
        return [Reader(folder, dataset, language, columns, None)]
    return [Reader(folder, source, language, columns, number) for number, source in enumerate(sources)]


def _write_rows(
    readers: Sequence[Reader],
    spellings: Sequence[Mapping[str, Spelling]],
    target: Path,
    corrections: Sequence[Corrections],
) -> tuple[list[Reading], dict[str, int]]:
    """Write data/raw in one reading of each source, in the place of an earlier one."""
    if target.exists():
        shutil.rmtree(target)
    readings: list[Reading] = []

    def rows() -> Iterator[tuple[str, raw_data.SentenceRow]]:
        for reader, spelling in zip(readers, spellings, strict=True):
            reading = Reading(reader, spelling)
            for split, sentence in reader.read(reading, readings):
                for each in corrections:
                    sentence = each.correct(split, sentence)
                yield split, to_row(sentence)
            readings.append(reading)

    sources = [reader.dataset for reader in readers]
    named = set(chain.from_iterable((*source.patterns, *source.shares) for source in sources))
    counts = raw_data.write_rows(
        target,
        rows(),
        [split for split in with_further(named) if split in named],
        readers[0].columns,
        annotated=any(isinstance(source, Files) and source.lacks_types for source in sources),
        # Only of further test sets does a source not decide how train is read.
        spans=all(
            isinstance(source, AnnotatedFiles) for source in sources if not {*SPLITS}.isdisjoint(source.patterns)
        ),
    )
    return readings, counts


def _spellings(readings: Sequence[Reading], corrected: Sequence[str]) -> list[dict[str, Spelling]]:
    """By tag column, how the tags of each source are respelt; see `tag_names.spellings`."""
    renamed = any(reading.dataset.types for reading in readings)
    by_column: list[dict[str, Spelling]] = [{} for _ in readings]
    for column in readings[0].reader.columns:
        of_sources = spellings([reading.known_tags(column) for reading in readings], renamed or column in corrected)
        for of_columns, spelling in zip(by_column, of_sources, strict=True):
            if spelling:
                of_columns[column] = spelling
    return by_column


def _text_rules(readings: Sequence[Reading], language: Language | None) -> dict[str, Any]:
    """How raw text is split, and how well that agrees with the sources."""
    agreement = share([reading.agreement for reading in readings])
    whole = share([reading.whole for reading in readings])
    return {
        "words": {"language": language, "library": library_version(language), "agreement": agreement},
        "sentences": {"split": whole >= LEAST_WHOLE, "library": sentence_library(), "agreement": whole},
    }


def _reports(readings: Sequence[Reading]) -> list[str]:
    reports = [reading.report() for reading in readings]
    check_annotated_types(readings)
    if len(readings) > 1:
        reports += [types_of_one_source(readings, column) for column in readings[0].reader.columns]
    reports += [reading.word_report() for reading in readings]
    return [report for report in reports if report]


def _joined(origins: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the provenance of several sources; findings are by split, then by number."""
    sources = []
    findings: dict[str, dict[str, Any]] = {split: {} for split in SPLITS}
    drawn = set(SPLITS)
    for number, origin in enumerate(origins):
        source = dict(origin)
        for split, of_split in source.pop("findings").items():
            findings.setdefault(split, {})[str(number)] = of_split
        sources.append(source)
        drawn.intersection_update(source.get("drawn_from_train", ()))
    # Of a split that all sources draw, tags are written as in train.
    drawn_from_train = [split for split in SPLITS if split in drawn]
    return {"source": "several", "sources": sources, "drawn_from_train": drawn_from_train, "findings": findings}


def write_encoder(folder: Path, encoder: AnyEncoder, target: Path, raw: Path | None = None) -> None:
    """Copy the encoder and its tokenizer into the folders ``encoder`` and ``tokenizer`` of the target.

    Args:
        folder: ``download.folder``.
        raw: data/raw, on whose words, too, the tokenizer is checked.

    Raises:
        UserError: see `find_encoder`, `encoders`, `own_subwords` and `admission`.
    """
    source = find_encoder(folder, encoder)
    encoders.copy_encoder(source.folder, target / "encoder")
    config = encoders.check_architecture(source.name, source.folder)
    reading = own_subwords.load(source.folder, sampled_words(raw) if raw else ())
    own_subwords.save(reading, source.name, target)
    admission.check_weights(source.name, target / "encoder", reading.tokenizer.get_vocab())
    lines = [f"encoder: {source.name}", *reading.lines]
    if config.model_type in encoders.NOT_TO_ONNX:
        lines.append(f"{config.model_type} can't be converted to ONNX: set export.onnx and export.int8 to false")
    notes = []
    if encoders.is_decoder(config):
        notes.append(
            f"encoder: {config.model_type} is a decoder, in which a word sees nothing to its right, so that scores are "
            "mostly lower than with an encoder of its size; choose one such as BERT, or measure both"
        )
    if raw is not None:
        notes += _lost_letters(reading.tokenizer, raw)
    provenance: dict[str, Any] = {"source": encoder.source, **source.origin}
    if notes:
        provenance["notes"] = notes
    if reading.record:
        provenance["tokenizer"] = reading.record
    if encoder.mark_capitals:
        tokenizer = reading.tokenizer
        marks, outcome = capitals.mark_saved(target / "tokenizer", tokenizer.model_input_names)
        if outcome:
            lines.append(outcome)
        if marks:
            provenance["marks"] = list(marks)
    write_json(target / PROVENANCE, {**provenance, "sha256": hashes(target)})
    # One hashes.json per folder: the stage tokenize-align depends on the tokenizer only.
    write_hashes(target / "encoder")
    write_hashes(target / "tokenizer")
    write_hashes(target)
    show("; ".join(lines))
    for note in notes:
        show(note)


def _lost_letters(tokenizer: PreTrainedTokenizerBase, raw: Path) -> list[str]:
    """Describe the letters of data/raw that a saved tokenizer loses."""
    sentences = raw_data.load(raw).sample("train", COUNTED_SENTENCES)
    counted = letters.count_letters(chain.from_iterable(sentences))
    return letters.lost_letters(tokenizer.backend_tokenizer, tokenizer.unk_token_id, counted)


def sampled_words(raw: Path) -> list[str]:
    """The distinct words of some sentences of train and validation."""
    data = raw_data.load(raw)
    sentences = chain.from_iterable(data.sample(split, SAMPLED_SENTENCES) for split in LEARNT)
    return list(dict.fromkeys(chain.from_iterable(sentences)))


class EncoderSource(NamedTuple):
    """Where an encoder and its tokenizer are.

    Attributes:
        folder: of both.
        origin: its entries of provenance.json.
        name: for messages.
    """

    folder: Path
    origin: dict[str, Any]
    name: str


def find_encoder(folder: Path, encoder: AnyEncoder) -> EncoderSource:
    """Find the folder of an encoder and its tokenizer, perhaps fetched from the Hub.

    Raises:
        UserError: it does not exist, or its weights lack the hash in params.yaml.
    """
    if isinstance(encoder, HubEncoder):
        repository = hub.find("model", encoder.name, encoder.revision)
        origin = {"name": encoder.name, "commit": repository.commit}
        return EncoderSource(hub.fetch_encoder(repository), origin, str(repository))
    if isinstance(encoder, PackagedEncoder):
        source, version = encoders.find_in_package(encoder.package, encoder.path)
        _check_weights(source / WEIGHTS, encoder)
        origin = {"package": encoder.package, "revision": version, "path": encoder.path}
        return EncoderSource(source, origin, f"{encoder.path} of {encoder.package} {version}")
    source = folder / encoder.path
    if not source.is_dir():
        raise UserError(f"{source}: no such folder; see download.encoder.path in params.yaml")
    encoders.check_links(source, folder)
    return EncoderSource(source, {"path": encoder.path}, str(source))


def _check_weights(weights: Path, encoder: PackagedEncoder) -> None:
    if not weights.is_file():
        raise UserError(f"{encoder.package}: no {encoder.path}/{weights.name}; see download.encoder in params.yaml")
    actual = sha256(weights)
    if actual != encoder.sha256:
        raise UserError(
            f"{encoder.package}: SHA-256 of {encoder.path}/{weights.name} is {actual}; expected {encoder.sha256} "
            "(download.encoder.sha256 in params.yaml)"
        )
