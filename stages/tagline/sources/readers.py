"""A source while it is read: its sentences as rows of data/raw, and what is counted and compared meanwhile.

Of several sources, ids and documents begin with the number of the source: ``1/train-5``; those of the second reading of
a repeated one with ``1#2/``, see `raw_data.COPY`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import with_further
from tagline.core import DOCUMENT, FEW_ENTITIES, OF_SENTENCES
from tagline.labels import OUTSIDE, split_tag
from tagline.sources.download_params import AnyDataset, HubDataset
from tagline.sources.files import FileSource, check_different
from tagline.sources.formats.annotated import AnnotatedFiles
from tagline.sources.formats.base import Files
from tagline.sources.formats.keys import UnknownTag, WordKeys
from tagline.sources.splitting import TRAIN
from tagline.sources.tag_names import EntityCounts, Spelling, entity_marks, rename
from tagline.terminal import QUOTED, UserError, quoted, shortened
from tagline.text.agreement import Agreement, SentenceAgreement
from tagline.text.languages import LEAST_AGREEMENT, Language, splitter
from tagline.text.sentence import Sentence
from tagline.text.sentences import split_sentences

if TYPE_CHECKING:
    from tagline.sources.hub_dataset import HubSource

SHARED = "shared_sentences"
RELABELLED = "relabelled_sentences"
# What is counted of one among several sources; earlier ones are compared split by split.
OF_SEVERAL = {
    **OF_SENTENCES,
    SHARED: "sentences with the words of one of an earlier source",
    RELABELLED: "sentences with the words of one of an earlier source, and other tags",
}


class Reader:
    """Reads a source.

    Args:
        folder: ``download.folder``.
        dataset: the section of the source.
        language: whose rules will split raw text.
        columns: the tag columns of the data set.
        number: of the source among several; None: it is the data set.
        spelling: by tag column, how its tags are respelt.

    Raises:
        UserError: see `FileSource` and `HubSource`.
    """

    def __init__(
        self,
        folder: Path,
        dataset: AnyDataset,
        language: Language | None,
        columns: Sequence[str],
        number: int | None,
        spelling: Mapping[str, Spelling],
    ) -> None:
        self.folder = folder
        self.dataset = dataset
        self.columns = columns
        self.number = number
        self.spelling = spelling
        # Raw text of the same language is split as the trained model will split it, if the source has raw text.
        joined = isinstance(dataset, AnnotatedFiles) and dataset.split_words == "spaces"
        is_split = dataset.language == language and not joined and not isinstance(dataset, WordKeys)
        self.agreement = Agreement(splitter(language), write_text=not is_split)
        self.whole = SentenceAgreement(partial(split_sentences, language=language))
        self.unknown_tag = dataset.unknown_tag if isinstance(dataset, UnknownTag) else None
        # By tag column, the tags in the source.
        self.tags: defaultdict[str, set[str | None]] = defaultdict(set)
        with self._numbered():
            self.source = _open(folder, dataset, OF_SENTENCES if number is None else OF_SEVERAL)
            self.splits = self.source.splits()
        self.entities = EntityCounts(self.unknown_tag)
        # Whether all types are annotated in a sentence.
        self.annotates_all = False
        # By split, the hash of a sentence's tags by that of its words.
        self.seen: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def rows(self, split: str, earlier: Sequence[Reader]) -> Iterator[raw_data.Row]:
        """Read a split, of which the source may have nothing, after the sources before it have read theirs.

        Raises:
            UserError: see `FileSource.splits`.
        """
        sentences: Iterable[Sentence] = self.splits.get(split, ())
        if split == next(iter(self.splits)):  # train, if the source has it
            sentences = self.whole.watch(self.agreement.watch(sentences))
        sentences = map(self._renamed, sentences)
        sentences = self._count(split, sentences)
        if self.number is not None and split in self.splits:
            sentences = self._watch(split, sentences, earlier)
        if split == TRAIN and isinstance(self.source, FileSource):
            whole = isinstance(self.dataset, AnnotatedFiles) and self.dataset.sentences == "whole"
            sentences = chain(sentences, self.source.unlabelled(self.columns, whole))
        if self.number is not None:
            sentences = _prefixed(sentences, f"{self.number}/", split)
        if split == TRAIN:
            sentences = chain(sentences, *map(self._again, range(2, self.dataset.repeat + 1)))
        with self._numbered():
            for sentence in sentences:
                yield to_row(sentence, self.unknown_tag)

    def _again(self, time: int) -> Iterator[Sentence]:
        """Open train once more, whose findings are counted once."""
        source = _open(self.folder, self.dataset, OF_SENTENCES)
        return _prefixed(map(self._renamed, source.splits()[TRAIN]), f"{self.number}#{time}/", TRAIN)

    def _renamed(self, sentence: Sentence) -> Sentence:
        """The sentence with respelt tags and renamed types; its tags in the source are collected."""
        for name, tags in sentence.tags.items():
            self.tags[name].update(tags)
        types = self.dataset.types
        if not types and not self.spelling:
            return sentence
        renamed = {}
        for name, tags in sentence.tags.items():
            spelling = self.spelling.get(name, {})
            renamed[name] = rename([tag and spelling.get(tag, tag) for tag in tags], types)
        annotated = sentence.annotated_types
        if annotated is not None:
            annotated = sorted({types.get(type_, type_) for type_ in annotated})
        return replace(sentence, tags=renamed, annotated_types=annotated)

    def known_tags(self, column: str) -> set[str]:
        """The different tags that the column has in the source, without that of words of unknown tag."""
        return {tag for tag in self.tags[column] if tag is not None and tag != self.unknown_tag}

    def source_types(self) -> list[str]:
        """The types that the source has, then its plain tags."""
        types: set[str] = set()
        plain: set[str] = set()
        for name in self.dataset.tag_columns:
            spelling = self.spelling.get(name, {})
            for tag in self.known_tags(name) - {OUTSIDE}:
                prefix, type_ = split_tag(spelling.get(tag, tag))
                if prefix:
                    types.add(type_)
                else:
                    plain.add(type_)
        return [*sorted(types), *sorted(plain - types)]

    def _watch(self, split: str, sentences: Iterable[Sentence], earlier: Sequence[Reader]) -> Iterator[Sentence]:
        """Yield sentences unchanged, count them, and compare them with those of earlier sources."""
        findings = self.source.findings[split]
        for sentence in sentences:
            columns = {}
            for name in self.columns:
                columns[name] = entity_marks(sentence.tags[name])
            self.annotates_all |= sentence.annotated_types is None
            words = hash(tuple(sentence.words))
            tags = hash(str(columns))
            others = [reader.seen[split][words] for reader in earlier if words in reader.seen[split]]
            findings.add(SHARED, len(others) > 0, [sentence.location])
            findings.add(RELABELLED, len(others) > 0 and tags not in others, [sentence.location])
            self.seen[split][words] = tags
            yield sentence

    def _count(self, split: str, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        for sentence in sentences:
            self.entities.add(split, sentence)
            yield sentence

    def _draw_report(self) -> Iterator[str]:
        """What to print about the entities of the splits that are drawn from train."""
        for split, column in product(self.dataset.shares, self.columns):
            types = self.entities.types(column, TRAIN, *self.dataset.shares)
            if not types:
                continue
            of_split = self.entities.types(column, split)
            counts = Counter({type_: of_split[type_] for type_ in sorted(types)})
            number = counts.total()
            line = f"{split}, drawn from train: {number:,} entities in {column} ({_counted(counts)})"
            if number < FEW_ENTITIES:
                line = f"{line}; with fewer than {FEW_ENTITIES} its scores are mostly noise: annotate more"
            yield line

    def report(self) -> str:
        """What to print once all is read.

        Raises:
            UserError: no word has the unknown tag, or the params do not allow what was found.
        """
        with self._numbered():
            self._check_tags()
            report = "\n".join(filter(None, [self.source.report(), *self._draw_report(), *self._respelled()]))
        if self.number is None:
            return report
        parts = [f"source {self.number}, {getattr(self.dataset, 'format', 'hub')}"]
        for split in self.splits:
            counts = [f"{split}: {self.source.findings[split].sentences:,} sentences"]
            entities = {name: self.entities.types(name, split).total() for name in self.columns}
            counts += [f"{count:,} entities in {name}" for name, count in entities.items() if count]
            parts.append(", ".join(counts))
        if self.dataset.repeat > 1:
            parts.append(f"train is read {self.dataset.repeat} times")
        counted = {name: self.entities.types(name) for name in self.columns}
        types = [f"types of {name}: {_counted(counts)}" for name, counts in counted.items() if counts]
        return "\n  ".join(["; ".join(parts), *types, *report.splitlines()])

    def _check_tags(self) -> None:
        """Raise a `UserError` if no word has the unknown tag, or a type that gets another name."""
        tags = set().union(*self.tags.values())
        if self.unknown_tag is not None and self.unknown_tag not in tags:
            raise UserError(
                f"download.dataset.unknown_tag: no word has the tag {quoted(self.unknown_tag)}; expected one of "
                f"{shortened(', '.join(sorted(filter(None, tags))), QUOTED)}; correct or remove it in params.yaml"
            )
        types = self.source_types()
        for type_ in self.dataset.types:
            if type_ not in types:
                raise UserError(
                    f"download.dataset.types: no word has the type {quoted(type_)}; expected some of "
                    f"{shortened(', '.join(types), QUOTED)}; correct or remove it in params.yaml"
                )

    def _respelled(self) -> Iterator[str]:
        """What to print about tag columns in another spelling."""
        for name, spelling in self.spelling.items():
            pairs = [f"{tag} as {standard}" for tag, standard in spelling.items()]
            yield f"column {name}: tags in another spelling; read {shortened(', '.join(pairs), QUOTED)}"

    def word_report(self) -> str:
        """What to print if raw text is split into other words than the source has; otherwise nothing."""
        if self.agreement.share >= LEAST_AGREEMENT:
            return ""
        name = "words" if self.number is None else f"words of source {self.number}"
        first = next(iter(self.splits))
        split = "training" if first == TRAIN else first
        share = f"{self.agreement.share:.1%}"
        differences = "; ".join(self.agreement.differences)
        if self.dataset.language:
            return (
                f"{name}: `tagline predict` splits raw text differently: it reproduces {share} of {split} words "
                f"({differences}); give it words"
            )
        return (
            f"{name}: `tagline predict` splits raw text differently: it reproduces {share} of {split} words "
            f"({differences}); set download.dataset.language if it is one of {', '.join(get_args(Language))}, or give "
            "it words"
        )

    def provenance(self) -> dict[str, Any]:
        """Where the source comes from; of one among several also what is in it."""
        origin = self.source.provenance()
        if self.spelling:
            origin["respelled"] = self.spelling
        if self.number is None:
            return origin
        findings = {}
        for split in self.splits:
            entities = {name: self.entities.types(name, split).total() for name in self.columns}
            sentences = self.source.findings[split].sentences
            findings[split] = {"sentences": sentences, "entities": entities, **origin["findings"][split]}
        return {**origin, "repeat": self.dataset.repeat, "agreement": self.agreement.share, "findings": findings}

    @contextmanager
    def _numbered(self) -> Iterator[None]:
        """Name the source in the params of messages, if there are several."""
        try:
            yield
        except UserError as error:
            if self.number is None:
                raise
            raise UserError(str(error).replace("download.dataset", f"download.dataset.{self.number}")) from None


def _counted(types: Counter[str]) -> str:
    return shortened(", ".join(f"{type_} {count:,}" for type_, count in types.most_common()), QUOTED)


def types_of_one_source(readers: Sequence[Reader], column: str) -> str:
    """What to print about types that one of several sources has, while others annotate all types; otherwise nothing."""
    alone: list[str] = []
    for reader in readers:
        others = [other for other in readers if other is not reader and other.entities.types(column)]
        types = set(reader.entities.types(column)).difference(*(other.entities.types(column) for other in others))
        if types and any(other.annotates_all for other in others):
            alone.append(f"source {reader.number} alone has {', '.join(sorted(types))}")
    if not alone:
        return ""
    return (
        f"{column}: {shortened('; '.join(alone), QUOTED)}; in other sources such words are O; if a type has another "
        "name there, rename it with types; if it is not marked there, list the types that are marked in annotated_types"
    )


def check_annotated_types(readers: Sequence[Reader]) -> None:
    """Check the types that params.yaml says are annotated in some files.

    Raises:
        UserError: no source has such a type.
    """
    types: list[str] = []
    for reader in readers:
        types += [reader.dataset.types.get(type_, type_) for type_ in reader.source_types()]
    for reader in readers:
        if not isinstance(reader.dataset, Files):
            continue
        for type_ in chain.from_iterable(reader.dataset.annotated_types.values()):
            if reader.dataset.types.get(type_, type_) not in types:
                key = "annotated_types" if reader.number is None else f"{reader.number}.annotated_types"
                raise UserError(
                    f"download.dataset.{key}: no split has the type {type_}; expected some of "
                    f"{shortened(', '.join(dict.fromkeys(types)), QUOTED)}; correct or remove it in params.yaml"
                )


def check_apart(readers: Sequence[Reader]) -> None:
    """Raise a `UserError` if a file is in train of one source and in test of another: see `check_different`."""
    for selection in ("random", "chosen"):  # one page has other texts of either
        sources = []
        for reader in readers:
            if isinstance(reader.source, FileSource) and getattr(reader.dataset, "selection", None) != selection:
                sources.append(reader.source)
        paths = _of_all([source.paths for source in sources])
        files = _of_all([source.files for source in sources])
        check_different(paths, files)


def _of_all(sources: Sequence[Mapping[str, Sequence[Path]]]) -> dict[str, list[Path]]:
    """The paths of each split in all sources, without splits that have none."""
    joined = {}
    for split in with_further(chain.from_iterable(sources)):
        paths = list(chain.from_iterable(source.get(split, ()) for source in sources))
        if paths:
            joined[split] = paths
    return joined


def _open(folder: Path, dataset: AnyDataset, counted: Mapping[str, str]) -> FileSource | HubSource:
    if isinstance(dataset, HubDataset):
        from tagline.sources.hub_dataset import HubSource  # it loads `datasets`, which takes a second

        return HubSource(dataset, counted)
    return FileSource(folder, dataset, counted)


def _prefixed(sentences: Iterable[Sentence], prefix: str, split: str) -> Iterator[Sentence]:
    """Yield sentences with a prefix before their ids and documents; those without an id are numbered."""
    for index, sentence in enumerate(sentences):
        id_ = f"{split}-{index}" if sentence.id is None else sentence.id
        document = None if sentence.document is None else f"{prefix}{sentence.document}"
        yield replace(sentence, id=f"{prefix}{id_}", document=document)


def to_row(sentence: Sentence, unknown_tag: str | None = None) -> dict[str, Any]:
    """Convert a sentence to a row of data/raw, without id or document if it has none, and null for unknown tags."""
    optional: dict[str, Any] = {
        raw_data.ID: sentence.id,
        DOCUMENT: sentence.document,
        raw_data.ANNOTATED: sentence.annotated_types,
    }
    row = {key: value for key, value in optional.items() if value is not None}
    row[raw_data.WORDS] = sentence.words
    for name, tags in sentence.tags.items():
        row[name] = [None if tag == unknown_tag else tag for tag in tags] if unknown_tag else tags
    return row
