"""Corrections: what people decided in the annotation page, in the place of the tags of the data set."""

import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pyarrow as pa

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import RawData
from tagline.core import Findings, sha256
from tagline.core.params import list_errors
from tagline.core.shards import ShardWriter
from tagline.labels import OUTSIDE, split_tag
from tagline.labels.schemes import Pair, Scheme, detect, from_iob2, to_iob2
from tagline.sources.files import find, inside
from tagline.sources.formats.annotated import DISPUTED
from tagline.sources.formats.annotators import AGREED
from tagline.sources.formats.registry import any_page
from tagline.sources.formats.rows import annotator_files
from tagline.terminal import QUOTED, UserError, quoted, shortened
from tagline.text.sentence import Sentence

Decisions = dict[tuple[str, ...], dict[str, Sentence]]
"""What people decided of sentences, by their words and then by their ids."""

KEY = "download.corrections"
KNOWN = "known_corrections"
MEANINGS = {KNOWN: "corrections whose labels the data set has already, which can be removed"}


def apply(raw: Path, folder: Path, corrections: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Replace the tags of corrected sentences in data/raw; a sentence is known by its words.

    Ids are mostly positions, which move if a sentence is put before others: they choose among sentences with equal
    words, all of which are corrected if none has the id.

    Args:
        raw: data/raw, whose tags with a prefix have its standard spelling.
        folder: ``download.folder``.
        corrections: by tag column, the path or pattern of what the page saved.

    Returns:
        For each column the files with their hashes; and what to print.

    Raises:
        UserError: see `find` and `read_decisions`; a correction is of no sentence, or its tags cannot be written.
    """
    data = raw_data.load(raw)
    provenance: dict[str, list[dict[str, str]]] = {}
    lines = []
    for name, pattern in corrections.items():
        named_by = f"see {KEY}.{name} in params.yaml"
        files = find(folder, pattern, named_by, folders=True)
        for path in chain.from_iterable(map(annotator_files, files)):
            inside(folder, path, named_by)
        decisions, findings = read_decisions(files, name)
        column = CorrectedColumn(data, name, decisions, findings)
        lines += [column.write(split) for split in data.sentences]
        column.check_all_fit(files[0])
        lines += [f"{KEY}.{name}: {line}" for line in findings.lines()]
        provenance[name] = []
        for path in chain.from_iterable(map(annotator_files, files)):
            provenance[name].append({"path": path.relative_to(folder).as_posix(), "sha256": sha256(path)})
    return {"corrections": provenance}, [line for line in lines if line]


def read_decisions(files: Sequence[Path], column: str) -> tuple[Decisions, Findings]:
    """Read what people decided of each sentence, by words and then by id.

    Args:
        files: each what the page saved, or a folder with such a file per annotator.
        column: the tag column, in which the tags are in IOB2.

    Raises:
        UserError: see `annotated.sentences`; a span covers part of a word, or overlaps another one; annotators or files
            differ; nothing is decided.
    """
    reader = any_page(column, annotators=AGREED)
    decisions: Decisions = {}
    findings = Findings({**reader.meanings, **MEANINGS})
    for path in files:
        for sentence in reader.read(path):
            findings.add_notes(sentence.notes)
            if not sentence.words:
                continue
            of_words = decisions.setdefault(tuple(sentence.words), {})
            earlier = of_words.setdefault(str(sentence.id), sentence)
            if sentence.tags != earlier.tags:
                raise UserError(
                    f"{sentence.location}: sentence {sentence.id} is decided differently at {earlier.location}; "
                    "expected one decision; remove the other line"
                )
    for kind in reader.refused:
        if findings.counts[kind]:
            raise UserError(
                f"{findings.line(kind)}; expected spans of whole words, each word in one; correct them in the page"
            )
    if findings.counts[DISPUTED]:
        raise UserError(f"{findings.line(DISPUTED)}; decide by `tagline adjudicate FOLDER --output PAGE.html`")
    if not decisions:
        raise UserError(f"{files[0]}: no corrections ({'; '.join(findings.lines())}); decide sentences in the page")
    return decisions, findings


class CorrectedColumn:
    """A tag column of data/raw while its corrections replace its tags.

    Args:
        data: data/raw.
        name: of the column.
        decisions: of sentences.
        findings: where known corrections are counted.

    Raises:
        UserError: the column has plain tags.
    """

    def __init__(self, data: RawData, name: str, decisions: Decisions, findings: Findings) -> None:
        self.data = data
        self.name = name
        self.decisions = decisions
        self.findings = findings
        # By split, the different pairs of neighbouring tags; the first tag of a sentence follows O.
        self.pairs: dict[str, set[Pair]] = {}
        # The ids of the sentences of the words that are decided, in all splits.
        self.ids: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
        for split in data.sentences:
            self.pairs[split] = self._read(split)
        tags = {tag for _, tag in set().union(*self.pairs.values()) if tag is not None}
        types = {split_tag(tag)[1] for tag in tags} - {""}
        # The page has names in NFC; as another type, one would look the same.
        self.types = {normalize("NFC", type_): type_ for type_ in types} | {type_: type_ for type_ in types}
        prefixes = {split_tag(tag)[0] for tag in tags}
        if prefixes == {""}:
            raise UserError(
                f"{KEY}.{name}: the column has one tag per word and none is O; expected entities, which the page marks"
            )
        self.has_prefixes = prefixes != {"", OUTSIDE}
        self.errors: list[str] = []

    def _read(self, split: str) -> set[Pair]:
        """Read the pairs of neighbouring tags of a split, and the ids of the sentences that may be corrected."""
        pairs: set[Pair] = set()
        for batch in self.data.batches(split):
            for tags in batch[self.name].to_pylist():
                pairs.update(pairwise([OUTSIDE, *tags]))
            for id_, words in zip(batch[raw_data.ID].to_pylist(), batch[raw_data.WORDS].to_pylist(), strict=True):
                if tuple(words) in self.decisions:
                    self.ids[tuple(words)].add(_original(id_))
        return pairs

    def _fixes(self) -> list[Sentence]:
        return [fix for of_words in self.decisions.values() for fix in of_words.values()]

    def write(self, split: str) -> str:
        """Write a split again, and say how many of its sentences are corrected, if any.

        Raises:
            UserError: tags without prefixes cannot express a correction.
        """
        scheme: Scheme = detect(self.pairs[split]) if self.has_prefixes else "IO"
        corrected = 0
        target = self.data.path / "corrected"
        with ShardWriter(target, next(self.data.batches(split)).schema) as writer:
            for batch in self.data.batches(split):
                columns = {name: batch[name] for name in batch.schema.names}
                tags = batch[self.name].to_pylist()
                annotated = columns[raw_data.ANNOTATED].to_pylist() if self.data.annotated else []
                for index, fix in self._decided(batch):
                    self.errors += self._lost(fix, tags[index], batch[raw_data.ID][index].as_py())
                    written = self._corrected(fix, tags[index], scheme)
                    self.findings.add(KNOWN, written == tags[index], [fix.location])
                    corrected += written != tags[index]
                    tags[index] = written
                    if annotated:
                        annotated[index] = self._annotated(fix, annotated[index])
                columns[self.name] = pa.array(tags, columns[self.name].type)
                if annotated:
                    columns[raw_data.ANNOTATED] = pa.array(annotated, columns[raw_data.ANNOTATED].type)
                writer.write(columns)
        shutil.rmtree(self.data.path / split)
        target.rename(self.data.path / split)
        return f"{split}: {corrected:,} sentences corrected in {self.name}" if corrected else ""

    def check_all_fit(self, path: Path) -> None:
        """Raise a `UserError` about ``path`` if corrections do not fit the data; all are in one message."""
        errors = self.errors
        for fix in self._fixes():
            for type_ in dict.fromkeys(split_tag(str(tag))[1] for tag in fix.tags[self.name]):
                if type_ and type_ not in self.types:
                    types = shortened(", ".join(sorted(set(self.types.values()))), QUOTED)
                    errors.append(f"{fix.location}: {self.name} has no type {quoted(type_)}; expected {types}")
            if tuple(fix.words) not in self.ids:
                words = shortened(" ".join(fix.words), QUOTED)
                errors.append(f"{fix.location}: no sentence of the data set has the words of {fix.id} ({words})")
        if errors:
            remedy = "expected corrections of these data; remove the lines, and correct the sentences in a new page"
            raise UserError(list_errors(errors, path, remedy))

    def _decided(self, batch: pa.RecordBatch) -> Iterable[tuple[int, Sentence]]:
        """Yield the index of each sentence that is corrected, also in copies, and the correction."""
        ids = batch[raw_data.ID].to_pylist()
        for index, (id_, words) in enumerate(zip(ids, batch[raw_data.WORDS].to_pylist(), strict=True)):
            of_words = self.decisions.get(tuple(words), {})
            fix = of_words.get(_original(id_))
            if fix is None and of_words and not of_words.keys() & self.ids[tuple(words)]:
                fix, *others = of_words.values()
                for other in others:
                    if other.tags != fix.tags:
                        raise UserError(
                            f"{other.location}: decided differently at {fix.location} for the same words, and no "
                            f"sentence has the id {fix.id} or {other.id} any more; expected one decision; remove a line"
                        )
            if fix is not None:
                yield index, fix

    def _lost(self, fix: Sentence, tags: list[str | None], id_: str) -> Iterable[str]:
        """Describe each type of a sentence that the page did not have, so that its entities would be lost."""
        of_page = fix.annotated_types
        for type_ in sorted({split_tag(tag or OUTSIDE)[1] for tag in self._standard(tags)} - {""}):
            if of_page is not None and normalize("NFC", type_) not in of_page:
                yield f"{fix.location}: the page did not have the type {quoted(type_)}, of which {id_} has an entity"

    def _annotated(self, fix: Sentence, before: Sequence[str] | None) -> list[str] | None:
        """The types that are annotated in a corrected sentence: those of before, and those of the page."""
        if before is None or fix.annotated_types is None:
            return None
        after = {*before, *(self.types.get(type_, type_) for type_ in fix.annotated_types)}
        return None if after >= set(self.types.values()) else sorted(after)

    def _corrected(self, fix: Sentence, tags: list[str | None], scheme: Scheme) -> list[str | None]:
        """The tags of a corrected sentence; unchanged if they mark the same entities."""
        labels = []
        for label in fix.tags[self.name]:
            prefix, type_ = split_tag(str(label))
            labels.append(f"{prefix}-{self.types.get(type_, type_)}" if type_ else OUTSIDE)
        pairs = pairwise([OUTSIDE, *self._standard(tags)])
        if None not in tags and labels == [to_iob2(left, tag, scheme)[0] for left, tag in pairs]:
            return tags
        written = from_iob2(labels, scheme)
        if self.has_prefixes:
            return [*written]
        if any(tag.startswith("B-") for tag in written):
            raise UserError(
                f"{fix.location}: neighbouring entities of one type, which tags of {self.name} without prefixes cannot "
                "express; expected others; correct the data set by hand"
            )
        return [tag.removeprefix("I-") for tag in written]

    def _standard(self, tags: Sequence[str | None]) -> Iterable[str | None]:
        """The tags of a sentence; beside tags with prefixes, others stand for O."""
        for tag in tags:
            yield OUTSIDE if tag and self.has_prefixes and not split_tag(tag)[0] else tag


def _original(id_: str) -> str:
    """The id of a sentence of which this may be a copy: 0#2/train-1 is the second copy of 0/train-1."""
    return re.sub(r"^(\d+)#\d+/", r"\1/", id_)
