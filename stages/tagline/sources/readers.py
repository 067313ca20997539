"""A source while it is read: its sentences as rows of data/raw, and what is counted and compared meanwhile.

Of several sources, ids and documents begin with the number of the source: ``1/train-5``; those of the second reading of
a repeated one with ``1#2/``, see `raw_data.COPY`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, pairwise, starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import SPLITS
from tagline.core.errors import QUOTED, UserError, quoted, shortened
from tagline.core.findings import OF_SENTENCES
from tagline.core.names import DOCUMENT
from tagline.sources.download_params import AnyDataset, HubDataset
from tagline.sources.files import FileSource, check_different
from tagline.sources.formats.annotated import AnnotatedFiles
from tagline.sources.formats.base import UnknownTag, WordKeys
from tagline.sources.splitting import TRAIN
from tagline.text.agreement import Agreement, SentenceAgreement
from tagline.text.languages import LEAST_AGREEMENT, Language, splitter
from tagline.text.sentence import Sentence
from tagline.text.sentences import split_sentences

if TYPE_CHECKING:
    from tagline.sources.hub_dataset import HubSource

SHARED, RELABELLED = "shared_sentences", "relabelled_sentences"
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

    Raises:
        UserError: see `FileSource` and `HubSource`.
    """

    def __init__(
        self, folder: Path, dataset: AnyDataset, language: Language | None, columns: Sequence[str], number: int | None
    ) -> None:
        self.folder, self.dataset, self.columns, self.number = folder, dataset, columns, number
        # Raw text of the same language is split as the trained model will split it, if the source has raw text.
        joined = isinstance(dataset, AnnotatedFiles) and dataset.split_words == "spaces"
        is_split = dataset.language == language and not joined and not isinstance(dataset, WordKeys)
        self.agreement = Agreement(splitter(language), write_text=not is_split)
        self.whole = SentenceAgreement(partial(split_sentences, language=language))
        self.unknown_tag = dataset.unknown_tag if isinstance(dataset, UnknownTag) else None
        self.tags: set[str | None] = set()
        with self._numbered():
            self.source = _open(folder, dataset, OF_SENTENCES if number is None else OF_SEVERAL)
            self.splits = self.source.splits()
        self.entities = {split: dict.fromkeys(columns, 0) for split in self.splits}
        # By split, the hash of a sentence's tags by that of its words.
        self.seen: dict[str, dict[int, int]] = {split: {} for split in SPLITS}

    def rows(self, split: str, earlier: Sequence[Reader]) -> Iterator[raw_data.Row]:
        """Read a split, of which the source may have nothing, after the sources before it have read theirs.

        Raises:
            UserError: see `FileSource.splits`.
        """
        sentences: Iterable[Sentence] = self.splits.get(split, ())
        if split == next(iter(self.splits)):  # train, if the source has it
            sentences = self.whole.watch(self.agreement.watch(sentences))
        if self.number is not None and split in self.splits:
            sentences = self._watch(split, sentences, earlier)
        if split == TRAIN and isinstance(self.source, FileSource):
            one = isinstance(self.dataset, AnnotatedFiles) and self.dataset.sentences == "whole"
            sentences = chain(sentences, self.source.unlabelled(self.columns, whole=one))
        if self.number is not None:
            sentences = _prefixed(sentences, f"{self.number}/", split)
        for time in range(2, self.dataset.repeat + 1) if split == TRAIN else ():
            again = _open(self.folder, self.dataset, OF_SENTENCES).splits()[TRAIN]  # whose findings are counted once
            sentences = chain(sentences, _prefixed(again, f"{self.number}#{time}/", TRAIN))
        with self._numbered():
            for sentence in sentences:
                if self.unknown_tag is not None:
                    self.tags.update(*sentence.tags.values())
                yield to_row(sentence, self.unknown_tag)

    def _watch(self, split: str, sentences: Iterable[Sentence], earlier: Sequence[Reader]) -> Iterator[Sentence]:
        """Yield sentences unchanged, count them, and compare them with those of earlier sources."""
        findings, seen = self.source.findings[split], self.seen[split]
        for sentence in sentences:
            columns = {name: [*starmap(_marks, pairwise([None, *sentence.tags[name]]))] for name in self.columns}
            for name, marks in columns.items():
                self.entities[split][name] += sum(begins for begins, _ in marks)
            words, tags = hash(tuple(sentence.words)), hash(str(columns))
            others = [each.seen[split][words] for each in earlier if words in each.seen[split]]
            findings.add(SHARED, len(others) > 0, [sentence.location])
            findings.add(RELABELLED, len(others) > 0 and tags not in others, [sentence.location])
            seen[words] = tags
            yield sentence

    def report(self) -> str:
        """What to print once all is read.

        Raises:
            UserError: no word has the unknown tag, or the params do not allow what was found.
        """
        with self._numbered():
            if self.unknown_tag is not None and self.unknown_tag not in self.tags:
                found = shortened(", ".join(sorted(filter(None, self.tags))), QUOTED)
                raise UserError(
                    f"download.dataset.unknown_tag: no word has the tag {quoted(self.unknown_tag)}; expected one of "
                    f"{found}; correct or remove it in params.yaml"
                )
            report = self.source.report()
        if self.number is None:
            return report
        of_splits = [
            f"{split}: {self.source.findings[split].sentences:,} sentences"
            + "".join(f", {count:,} entities in {name}" for name, count in entities.items() if count)
            for split, entities in self.entities.items()
        ]
        times = [f"train is read {self.dataset.repeat} times"] if self.dataset.repeat > 1 else []
        name = f"source {self.number}, {getattr(self.dataset, 'format', 'hub')}"
        return "\n  ".join(["; ".join([name, *of_splits, *times]), *report.splitlines()])

    def word_report(self) -> str:
        """What to print if raw text is split into other words than the source has; otherwise nothing."""
        if self.agreement.share >= LEAST_AGREEMENT:
            return ""
        known = f"set download.dataset.language if it is one of {', '.join(get_args(Language))}, or "
        where, split = "" if self.number is None else f" of source {self.number}", next(iter(self.splits))
        return (
            f"words{where}: `tagline predict` splits raw text differently: it reproduces {self.agreement.share:.1%} of "
            f"{'training' if split == TRAIN else split} words ({'; '.join(self.agreement.differences)}); "
            f"{'' if self.dataset.language else known}give it words"
        )

    def provenance(self) -> dict[str, Any]:
        """Where the source comes from; of one among several also what is in it."""
        origin = self.source.provenance()
        if self.number is None:
            return origin
        found = self.source.findings
        findings = {
            split: {"sentences": found[split].sentences, "entities": entities, **origin["findings"][split]}
            for split, entities in self.entities.items()
        }
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


def _marks(left: str | None, tag: str | None) -> tuple[bool, str | None]:
    """Whether a tag begins an entity, given the tag before it, and its type; the same in all schemes with prefixes."""
    prefix, dash, type_ = (tag or "").partition("-")
    if not dash or prefix not in tuple("BIESLU"):
        return False, tag
    continues = prefix in tuple("IEL") and left in (f"B-{type_}", f"I-{type_}")
    return not continues, type_


def check_apart(readers: Sequence[Reader]) -> None:
    """Raise a `UserError` if a file is in train of one source and in test of another: see `check_different`."""
    for selection in ("random", "chosen"):  # one page has other texts of either
        others = [each.source for each in readers if getattr(each.dataset, "selection", None) != selection]
        sources = [each for each in others if isinstance(each, FileSource)]
        paths, files = (
            {split: found for split in SPLITS if (found := [path for each in listed for path in each.get(split, ())])}
            for listed in ([each.paths for each in sources], [each.files for each in sources])
        )
        check_different(paths, files)


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
    named: dict[str, Any] = {raw_data.ID: sentence.id, DOCUMENT: sentence.document}
    named |= {raw_data.ANNOTATED: sentence.annotated_types}
    present = {key: value for key, value in named.items() if value is not None}
    tags = {
        name: [None if tag == unknown_tag else tag for tag in of_column] if unknown_tag else of_column
        for name, of_column in sentence.tags.items()
    }
    return {**present, raw_data.WORDS: sentence.words, **tags}
