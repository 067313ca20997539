"""A source while it is read: its sentences as rows of data/raw, and what is counted and compared meanwhile.

Of several sources, ids and documents begin with the source's number: ``1/train-5``, or ``1#2/`` in the second reading
of a repeated one, see `raw_data.COPY`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tagline.artifacts import raw_data
from tagline.core import DOCUMENT, OF_SENTENCES
from tagline.labels import OUTSIDE, split_tag
from tagline.sources.download_params import AnyDataset, HubDataset
from tagline.sources.files import FileSource
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
    """Reads a source, as often as needed; each reading returns what it found.

    Args:
        number: of the source among several; None: it is the data set.

    Raises:
        UserError: see `FileSource` and `HubSource`.
    """

    def __init__(
        self, folder: Path, dataset: AnyDataset, language: Language | None, columns: Sequence[str], number: int | None
    ) -> None:
        self.dataset = dataset
        self.language = language
        self.columns = columns
        self.number = number
        self.unknown_tag = dataset.unknown_tag if isinstance(dataset, UnknownTag) else None
        with self.numbered():
            self.source = _open(folder, dataset, OF_SENTENCES if number is None else OF_SEVERAL)

    def read(self, reading: Reading, earlier: Sequence[Reading]) -> Iterator[tuple[str, Sentence]]:
        """Read the sentences with their ids in data/raw, each with its split.

        Args:
            reading: notes what is found.
            earlier: of the sources before it.

        Raises:
            UserError: see `FileSource.sentences`.
        """
        with self.numbered():
            yield from self._sentences(reading, earlier)

    def _sentences(self, reading: Reading, earlier: Sequence[Reading]) -> Iterator[tuple[str, Sentence]]:
        indices: defaultdict[str, count[int]] = defaultdict(count)
        for split, sentence in self.source.sentences():
            renamed = reading.add(split, sentence, earlier)
            yield split, self._finished(renamed, f"{split}-{next(indices[split])}")
        if isinstance(self.source, FileSource):
            whole = isinstance(self.dataset, AnnotatedFiles) and self.dataset.sentences == "whole"
            for sentence in self.source.unlabelled(self.columns, whole):
                yield TRAIN, self._finished(sentence, f"{TRAIN}-{next(indices[TRAIN])}")
        for time in range(2, self.dataset.repeat + 1):
            again = copy(self.source)  # whose findings are not those of the first reading
            of_train = (sentence for split, sentence in again.sentences() if split == TRAIN)
            for index, sentence in enumerate(of_train):
                yield TRAIN, self._finished(reading.renamed(sentence), f"{TRAIN}-{index}", f"#{time}")

    def _finished(self, sentence: Sentence, default: str, copy_: str = "") -> Sentence:
        """A sentence with its id in data/raw, and None for unknown tags."""
        if self.unknown_tag is not None:
            tags = {}
            for name, column in sentence.tags.items():
                tags[name] = [None if tag == self.unknown_tag else tag for tag in column]
            sentence = replace(sentence, tags=tags)
        if self.number is None:
            return replace(sentence, id=sentence.id or default)
        prefix = f"{self.number}{copy_}/"
        document = None if sentence.document is None else f"{prefix}{sentence.document}"
        return replace(sentence, id=f"{prefix}{sentence.id or default}", document=document)

    @contextmanager
    def numbered(self) -> Iterator[None]:
        """Name the source in messages, if there are several."""
        try:
            yield
        except UserError as error:
            if self.number is None:
                raise
            raise UserError(str(error).replace("download.dataset", f"download.dataset.{self.number}")) from None


class Reading:
    """What was found in a source by reading it once.

    Attributes:
        spelling: by tag column, how its tags were respelt.
        agreement: of its words with the rules for raw text.
        whole: how many of its sentences these rules leave whole.
        tags: by tag column, the tags in the source.
        entities: of each split.
        annotates_all: whether all types are annotated in a sentence.
        seen: by split, the hash of a sentence's tags by that of its words; only with several sources.
    """

    def __init__(self, reader: Reader, spelling: Mapping[str, Spelling]) -> None:
        self.reader = reader
        self.dataset = reader.dataset
        self.spelling = spelling
        # Raw text of the same language is split as the trained model will split it, if the source has raw text.
        joined = isinstance(self.dataset, AnnotatedFiles) and self.dataset.split_words == "spaces"
        is_split = self.dataset.language == reader.language and not joined and not isinstance(self.dataset, WordKeys)
        self.agreement = Agreement(splitter(reader.language), write_text=not is_split)
        self.whole = SentenceAgreement(partial(split_sentences, language=reader.language))
        self.tags: defaultdict[str, set[str | None]] = defaultdict(set)
        self.entities = EntityCounts(reader.unknown_tag)
        self.annotates_all = False
        self.seen: defaultdict[str, dict[int, int]] = defaultdict(dict)

    def add(self, split: str, sentence: Sentence, earlier: Sequence[Reading]) -> Sentence:
        """Count a sentence, compare it with earlier sources, and return it with the data set's names."""
        if split == next(iter(self.dataset.patterns)):  # train, if the source has it
            self.agreement.add(sentence)
            self.whole.add(sentence)
        for name, tags in sentence.tags.items():
            self.tags[name].update(tags)
        renamed = self.renamed(sentence)
        self.entities.add(split, renamed)
        if self.reader.number is not None:
            self._compare(split, renamed, earlier)
        return renamed

    def renamed(self, sentence: Sentence) -> Sentence:
        """The sentence with respelt tags and renamed types."""
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

    def _compare(self, split: str, sentence: Sentence, earlier: Sequence[Reading]) -> None:
        self.annotates_all |= sentence.annotated_types is None
        words = hash(tuple(sentence.words))
        tags = hash(str({name: entity_marks(sentence.tags[name]) for name in self.reader.columns}))
        others = [reading.seen[split][words] for reading in earlier if words in reading.seen[split]]
        findings = self.reader.source.findings[split]
        findings.add(SHARED, len(others) > 0, [sentence.location])
        findings.add(RELABELLED, len(others) > 0 and tags not in others, [sentence.location])
        self.seen[split][words] = tags

    def known_tags(self, column: str) -> set[str]:
        """The different tags of a column in the source, without the unknown tag."""
        return {tag for tag in self.tags[column] if tag is not None and tag != self.reader.unknown_tag}

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

    def report(self) -> str:
        """What to print once all is read.

        Raises:
            UserError: no word has the unknown tag, or the params do not allow what was found.
        """
        reader = self.reader
        with reader.numbered():
            self._check_tags()
            report = "\n".join(filter(None, [reader.source.report(), *self._respelled()]))
        if reader.number is None:
            return report
        parts = [f"source {reader.number}, {getattr(self.dataset, 'format', 'hub')}"]
        for split, of_split in self._counts().items():
            counts = [f"{split}: {of_split['sentences']:,} sentences"]
            counts += [f"{number:,} entities in {name}" for name, number in of_split["entities"].items() if number]
            parts.append(", ".join(counts))
        if self.dataset.repeat > 1:
            parts.append(f"train is read {self.dataset.repeat} times")
        counted = {name: self.entities.types(name) for name in reader.columns}
        types = [f"types of {name}: {_counted(counts)}" for name, counts in counted.items() if counts]
        return "\n  ".join(["; ".join(parts), *types, *report.splitlines()])

    def _counts(self) -> dict[str, dict[str, Any]]:
        """Sentences of each split, and entities of each column."""
        counts = {}
        for split, findings in self.reader.source.findings.items():
            if findings.sentences:
                entities = {name: self.entities.types(name, split).total() for name in self.reader.columns}
                counts[split] = {"sentences": findings.sentences, "entities": entities}
        return counts

    def _check_tags(self) -> None:
        """Raise a `UserError` if no word has the unknown tag, or a renamed type."""
        tags = set().union(*self.tags.values())
        unknown = self.reader.unknown_tag
        if unknown is not None and unknown not in tags:
            raise UserError(
                f"download.dataset.unknown_tag: no word has the tag {quoted(unknown)}; expected one of "
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
        for name, spelling in self.spelling.items():
            pairs = [f"{tag} as {standard}" for tag, standard in spelling.items()]
            yield f"column {name}: tags in another spelling; read {shortened(', '.join(pairs), QUOTED)}"

    def word_report(self) -> str:
        """What to print if raw text is split into other words than the source has."""
        if self.agreement.share >= LEAST_AGREEMENT:
            return ""
        number = self.reader.number
        name = "words" if number is None else f"words of source {number}"
        first = next(iter(self.dataset.patterns))
        split = "training" if first == TRAIN else first
        remedy = "give it words"
        if not self.dataset.language:
            remedy = f"set download.dataset.language if it is one of {', '.join(get_args(Language))}, or give it words"
        return (
            f"{name}: `tagline predict` splits raw text differently: it reproduces {self.agreement.share:.1%} of "
            f"{split} words ({'; '.join(self.agreement.differences)}); {remedy}"
        )

    def provenance(self) -> dict[str, Any]:
        """Where the source comes from; with several sources also what is in it."""
        origin = self.reader.source.provenance()
        if self.spelling:
            origin["respelled"] = self.spelling
        if self.reader.number is None:
            return origin
        findings = {split: {**counts, **origin["findings"][split]} for split, counts in self._counts().items()}
        return {**origin, "repeat": self.dataset.repeat, "agreement": self.agreement.share, "findings": findings}


def _counted(types: Counter[str]) -> str:
    return shortened(", ".join(f"{type_} {count:,}" for type_, count in types.most_common()), QUOTED)


def types_of_one_source(readings: Sequence[Reading], column: str) -> str:
    """What to print about types that one source has, while others annotate all types."""
    alone: list[str] = []
    for reading in readings:
        others = [other for other in readings if other is not reading and other.entities.types(column)]
        types = set(reading.entities.types(column)).difference(*(other.entities.types(column) for other in others))
        if types and any(other.annotates_all for other in others):
            alone.append(f"source {reading.reader.number} alone has {', '.join(sorted(types))}")
    if not alone:
        return ""
    return (
        f"{column}: {shortened('; '.join(alone), QUOTED)}; in other sources such words are O; if a type has another "
        "name there, rename it with types; if it is not marked there, list the types that are marked in annotated_types"
    )


def check_annotated_types(readings: Sequence[Reading]) -> None:
    """Check the types that params.yaml says are annotated in some files.

    Raises:
        UserError: no source has such a type.
    """
    types: list[str] = []
    for reading in readings:
        types += [reading.dataset.types.get(type_, type_) for type_ in reading.source_types()]
    for reading in readings:
        dataset, number = reading.dataset, reading.reader.number
        if not isinstance(dataset, Files):
            continue
        for type_ in chain.from_iterable(dataset.annotated_types.values()):
            if dataset.types.get(type_, type_) not in types:
                key = "annotated_types" if number is None else f"{number}.annotated_types"
                raise UserError(
                    f"download.dataset.{key}: no split has the type {type_}; expected some of "
                    f"{shortened(', '.join(dict.fromkeys(types)), QUOTED)}; correct or remove it in params.yaml"
                )


def _open(folder: Path, dataset: AnyDataset, counted: Mapping[str, str]) -> FileSource | HubSource:
    if isinstance(dataset, HubDataset):
        from tagline.sources.hub_dataset import HubSource  # it loads `datasets`, which takes a second

        return HubSource(dataset, counted)
    return FileSource(folder, dataset, counted)


def to_row(sentence: Sentence) -> dict[str, Any]:
    """Convert a sentence to a row of data/raw, without keys that it lacks."""
    optional: dict[str, Any] = {
        raw_data.ID: sentence.id,
        DOCUMENT: sentence.document,
        raw_data.ANNOTATED: sentence.annotated_types,
    }
    row = {key: value for key, value in optional.items() if value is not None}
    return {**row, raw_data.WORDS: sentence.words, **sentence.tags}
