"""Corrections: what people decided in the annotation page, in the place of the tags of the data set."""

import re
import shutil
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
from tagline.sources.files import find
from tagline.sources.formats.annotated import DISPUTED
from tagline.sources.formats.annotators import AGREED
from tagline.sources.formats.registry import any_page
from tagline.sources.formats.rows import annotator_files
from tagline.terminal import UserError
from tagline.text.sentence import Sentence

KEY = "download.corrections"
KNOWN = "known_corrections"
MEANINGS = {KNOWN: "corrections whose labels the data set has already, which can be removed"}


def apply(raw: Path, folder: Path, corrections: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Replace the tags of corrected sentences in data/raw; a sentence is known by its id and its words.

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
        files = find(folder, pattern, f"see {KEY}.{name} in params.yaml", folders=True)
        decisions, findings = read_decisions(files, name)
        column = CorrectedColumn(data, name, decisions, findings)
        lines += [column.write(split) for split in data.sentences]
        column.check_all_fit(files[0])
        lines += [f"{KEY}.{name}: {line}" for line in findings.lines()]
        provenance[name] = []
        for path in chain.from_iterable(map(annotator_files, files)):
            provenance[name].append({"path": path.relative_to(folder).as_posix(), "sha256": sha256(path)})
    return {"corrections": provenance}, [line for line in lines if line]


def read_decisions(files: Sequence[Path], column: str) -> tuple[dict[str, Sentence], Findings]:
    """Read what people decided, by the ids of the sentences.

    Args:
        files: each what the page saved, or a folder with such a file per annotator.
        column: the tag column, in which the tags are in IOB2.

    Raises:
        UserError: see `AnnotatedFiles.read`; a span covers part of a word, or overlaps another one; annotators or files
            differ; nothing is decided.
    """
    reader = any_page(column, annotators=AGREED)
    decisions: dict[str, Sentence] = {}
    findings = Findings({**reader.meanings, **MEANINGS})
    for path in files:
        for sentence in reader.read(path):
            findings.add_notes(sentence.notes)
            if not sentence.words:
                continue
            earlier = decisions.setdefault(str(sentence.id), sentence)
            if (sentence.words, sentence.tags) != (earlier.words, earlier.tags):
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
        decisions: by the ids of sentences.
        findings: where known corrections are counted.

    Raises:
        UserError: the column has plain tags.
    """

    def __init__(self, data: RawData, name: str, decisions: Mapping[str, Sentence], findings: Findings) -> None:
        self.data = data
        self.name = name
        self.decisions = decisions
        self.findings = findings
        self.fitting: set[str] = set()
        self.reworded: set[str] = set()
        # By split, the different pairs of neighbouring tags; the first tag of a sentence follows O.
        self.pairs = {split: set(self._read_pairs(split)) for split in data.sentences}
        tags = {tag for _, tag in set().union(*self.pairs.values()) if tag is not None}
        types = {split_tag(tag)[1] for tag in tags}
        # The page has names in NFC; as another type, one would look the same.
        self.types = {normalize("NFC", type_): type_ for type_ in types} | {type_: type_ for type_ in types}
        prefixes = {split_tag(tag)[0] for tag in tags}
        if prefixes == {""}:
            raise UserError(
                f"{KEY}.{name}: the column has one tag per word and none is O; expected entities, which the page marks"
            )
        self.has_prefixes = prefixes != {"", OUTSIDE}

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
                for index, fix in self._decided(batch):
                    written = self._corrected(fix, tags[index], scheme)
                    self.findings.add(KNOWN, written == tags[index], [fix.location])
                    corrected += written != tags[index]
                    tags[index] = written
                columns[self.name] = pa.array(tags, columns[self.name].type)
                writer.write(columns)
        shutil.rmtree(self.data.path / split)
        target.rename(self.data.path / split)
        return f"{split}: {corrected:,} sentences corrected in {self.name}" if corrected else ""

    def check_all_fit(self, path: Path) -> None:
        """Raise a `UserError` about ``path`` if a correction fits no sentence; all are in one message."""
        errors = []
        for id_, fix in self.decisions.items():
            if id_ in self.reworded - self.fitting:
                errors.append(f"{fix.location}: sentence {id_} has other words in the data set")
            elif id_ not in self.fitting:
                errors.append(f"{fix.location}: sentence {id_} is not in the data set")
        if errors:
            remedy = "expected corrections of these data; remove the lines, and correct the sentences in a new page"
            raise UserError(list_errors(errors, path, remedy))

    def _decided(self, batch: pa.RecordBatch) -> Iterable[tuple[int, Sentence]]:
        """Yield the index of each sentence that is corrected, also in copies, and the correction."""
        ids = batch[raw_data.ID].to_pylist()
        for index, (id_, words) in enumerate(zip(ids, batch[raw_data.WORDS].to_pylist(), strict=True)):
            original = re.sub(r"^(\d+)#\d+/", r"\1/", id_)
            fix = self.decisions.get(original)
            if fix is None:
                continue
            if fix.words == words:
                self.fitting.add(original)
                yield index, fix
            else:
                self.reworded.add(original)

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

    def _read_pairs(self, split: str) -> Iterable[Pair]:
        for batch in self.data.batches(split):
            for tags in batch[self.name].to_pylist():
                yield from pairwise([OUTSIDE, *tags])
