"""The stage download: data/raw from the data set, models/pretrained from the encoder, each with its provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tagline.artifacts import raw_data
from tagline.core.errors import QUOTED, UserError, quoted, shortened, show
from tagline.core.names import DOCUMENT
from tagline.core.outputs import write_json
from tagline.core.provenance import PROVENANCE, hashes, sha256, write_hashes
from tagline.sources import capitals, encoders, hub
from tagline.sources.download_params import AnyDataset, AnyEncoder, HubDataset, HubEncoder, PackagedEncoder
from tagline.sources.files import FileSource, inside
from tagline.sources.formats.annotated import AnnotatedFiles
from tagline.sources.formats.base import Files, UnknownTag, WordKeys
from tagline.sources.splitting import TRAIN
from tagline.text.agreement import Agreement, SentenceAgreement
from tagline.text.languages import LEAST_AGREEMENT, Language, library_version, splitter
from tagline.text.sentence import Sentence
from tagline.text.sentences import library_version as sentence_library
from tagline.text.sentences import split_sentences

if TYPE_CHECKING:
    from tagline.sources.hub_dataset import HubSource

# `tagline predict` splits raw text into sentences only if the library would leave at least this share of the training
# sentences uncut.
LEAST_WHOLE = 0.8


def write_dataset(folder: Path, dataset: AnyDataset, target: Path) -> None:
    """Read and check every sentence of the data set and write data/raw.

    Args:
        folder: ``download.folder``.
        dataset: the section ``download.dataset``.
        target: the folder to make.

    Raises:
        UserError: see `FileSource`, `HubSource` and `library_version`; or no word has the unknown tag.
    """
    agreement = Agreement(splitter(dataset.language), write_text=_lacks_raw_text(dataset))
    whole = SentenceAgreement(partial(split_sentences, language=dataset.language))
    source: FileSource | HubSource
    if isinstance(dataset, HubDataset):
        from tagline.sources.hub_dataset import HubSource  # it loads `datasets`, which takes a second

        source = HubSource(dataset)
    else:
        source = FileSource(folder, dataset)
    unknown_tag = dataset.unknown_tag if isinstance(dataset, UnknownTag) else None
    lacks_types = isinstance(dataset, Files) and bool(dataset.annotated_types)
    splits = source.splits()
    splits[TRAIN] = whole.watch(agreement.watch(splits[TRAIN]))
    if isinstance(source, FileSource):
        one = isinstance(dataset, AnnotatedFiles) and dataset.sentences == "whole"
        splits[TRAIN] = chain(splits[TRAIN], source.unlabelled(list(dataset.tag_columns), whole=one))
    tags: set[str | None] = set()
    if unknown_tag is not None:
        splits = {split: _collecting(sentences, tags) for split, sentences in splits.items()}
    rows = {split: map(partial(to_row, unknown_tag=unknown_tag), sentences) for split, sentences in splits.items()}
    counts = raw_data.write(target, rows, list(dataset.tag_columns), lacks_types, isinstance(dataset, AnnotatedFiles))
    if unknown_tag is not None and unknown_tag not in tags:
        found = shortened(", ".join(sorted(filter(None, tags))), QUOTED)
        raise UserError(
            f"download.dataset.unknown_tag: no word has the tag {quoted(unknown_tag)}; expected one of {found}; "
            "correct or remove it in params.yaml"
        )
    report = source.report()
    library = library_version(dataset.language)
    words = {"language": dataset.language, "library": library, "agreement": agreement.share}
    sentences = {"split": whole.share >= LEAST_WHOLE, "library": sentence_library(), "agreement": whole.share}
    write_json(target / PROVENANCE, {**source.provenance(), "rows": counts, "words": words, "sentences": sentences})
    write_hashes(target)
    print(", ".join(f"{split}: {count:,} sentences" for split, count in counts.items()))
    if report:
        show(report)
    if agreement.share < LEAST_AGREEMENT:
        known = f"set download.dataset.language if it is one of {', '.join(get_args(Language))}, or "
        show(
            "words: `tagline predict` splits raw text differently: it reproduces "
            f"{agreement.share:.1%} of training words ({'; '.join(agreement.differences)}); "
            f"{'' if dataset.language else known}give it words"
        )


def _lacks_raw_text(dataset: AnyDataset) -> bool:
    """Whether words do not come with the raw text, and this rule has not found them in it."""
    joined = isinstance(dataset, AnnotatedFiles) and dataset.split_words == "spaces"
    return joined or isinstance(dataset, WordKeys)


def _collecting(sentences: Iterable[Sentence], tags: set[str | None]) -> Iterator[Sentence]:
    """Yield sentences, and add their tags to a set."""
    for sentence in sentences:
        tags.update(*sentence.tags.values())
        yield sentence


def to_row(sentence: Sentence, unknown_tag: str | None = None) -> dict[str, Any]:
    """Convert a sentence to a row of data/raw, without id or document if it has none, and null for unknown tags."""
    named: dict[str, Any] = {raw_data.ID: sentence.id, DOCUMENT: sentence.document}
    named |= {raw_data.ANNOTATED: sentence.annotated_types}
    present = {key: value for key, value in named.items() if value is not None}
    tags = {
        name: [None if tag == unknown_tag else tag for tag in of_column] if unknown_tag else of_column
        for name, of_column in sentence.tags.items()
    }
    return {**present, raw_data.WORDS: sentence.words, **tags}


def write_encoder(folder: Path, encoder: AnyEncoder, target: Path) -> None:
    """Copy the encoder and its tokenizer into the folders ``encoder`` and ``tokenizer`` of the target.

    Raises:
        UserError: see `find_encoder` and `encoders`.
    """
    source, origin, name = find_encoder(folder, encoder)
    encoders.copy_encoder(source, target / "encoder")
    encoders.check_architecture(name, source)
    tokenizer = encoders.load_tokenizer(source)
    encoders.save_tokenizer(tokenizer, target / "tokenizer")
    said = ""
    if encoder.mark_capitals:
        marks, said = capitals.mark_saved(target / "tokenizer", tokenizer.model_input_names)
        if marks:
            encoders.grow_vocabulary(name, target / "encoder", max(marks.values()) + 1, tokenizer.unk_token_id or 0)
            origin |= {"marks": list(marks)}
    write_json(target / PROVENANCE, {"source": encoder.source, **origin, "sha256": hashes(target)})
    # One hashes.json per folder: the stage tokenize-align depends on the tokenizer only.
    write_hashes(target / "encoder")
    write_hashes(target / "tokenizer")
    write_hashes(target)
    show(f"encoder: {name}" + (f"; {said}" if said else ""))


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
    inside(folder, source, "see download.encoder.path in params.yaml")
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
