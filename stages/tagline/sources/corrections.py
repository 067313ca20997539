"""Corrections: what people decided in the annotation page, in the place of the tags of the data set.

A sentence is known by its words. Ids are mostly positions, which move if a sentence is added: they choose among
sentences with equal words, all of which are corrected if none has the id.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import normalize

from tagline.core import Findings, sha256
from tagline.core.params import list_errors
from tagline.labels import OUTSIDE, split_tag
from tagline.labels.schemes import Pair, Scheme, detect, from_iob2, in_iob2
from tagline.sources.files import find, inside
from tagline.sources.formats.registry import any_page
from tagline.sources.formats.rows import annotator_files
from tagline.sources.tag_names import EntityCounts
from tagline.terminal import QUOTED, UserError, quoted, shortened
from tagline.text.sentence import Sentence

Decisions = dict[tuple[str, ...], dict[str, Sentence]]
"""What people decided of sentences, by their words and then by their ids."""

KNOWN = "known_corrections"
MEANINGS = {KNOWN: "corrections whose labels the data set has already, which can be removed"}


class Corrections:
    """The corrections of a tag column, applied in the reading after `fit`.

    Args:
        pattern: of the files that the page saved.

    Raises:
        UserError: see `find` and `read_decisions`.
    """

    def __init__(self, folder: Path, column: str, pattern: str) -> None:
        self.folder = folder
        self.column = column
        self.key = f"download.corrections.{column}"
        named_by = f"see {self.key} in params.yaml"
        paths = find(folder, pattern, named_by, folders=True)
        self.files = [inside(folder, file, named_by) for file in chain.from_iterable(map(annotator_files, paths))]
        self.decisions, self.findings = read_decisions(paths, column)
        self.ids: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)  # of all sentences with decided words
        self.types: dict[str, str] = {}
        self.schemes: dict[str, Scheme] = {}
        self.has_prefixes = True
        self.counts = Counter[str]()
        self.errors: list[str] = []

    def fit(self, counts: Iterable[EntityCounts]) -> None:
        """Learn from the tags of all sources how they are written, and the types.

        Raises:
            UserError: the column has plain tags.
        """
        pairs: defaultdict[str, set[Pair]] = defaultdict(set)
        for of_source in counts:
            for split, of_split in of_source.pairs(self.column).items():
                pairs[split] |= of_split
        tags = {tag for _, tag in chain.from_iterable(pairs.values()) if tag is not None}
        types = {split_tag(tag)[1] for tag in tags} - {""}
        # The page has names in NFC; as another type, one would look the same.
        self.types = {normalize("NFC", type_): type_ for type_ in types} | {type_: type_ for type_ in types}
        prefixes = {split_tag(tag)[0] for tag in tags}
        if prefixes == {""}:
            raise UserError(f"{self.key}: the column has one tag per word and none is O; expected entities")
        self.has_prefixes = prefixes != {"", OUTSIDE}
        for split, of_split in pairs.items():
            self.schemes[split] = detect(of_split) if self.has_prefixes else "IO"
        for words, of_words in self.decisions.items():
            for fix in of_words.values():
                self.errors += self._misfits(fix, words)

    def _misfits(self, fix: Sentence, words: tuple[str, ...]) -> Iterator[str]:
        """Describe a correction with types that the column lacks, or of no sentence."""
        for type_ in dict.fromkeys(split_tag(str(tag))[1] for tag in fix.tags[self.column]):
            if type_ and type_ not in self.types:
                types = shortened(", ".join(sorted(set(self.types.values()))), QUOTED)
                yield f"{fix.location}: {self.column} has no type {quoted(type_)}; expected {types}"
        if words not in self.ids:
            text = shortened(" ".join(words), QUOTED)
            yield f"{fix.location}: no sentence of the data set has the words of {fix.id} ({text})"

    def correct(self, split: str, sentence: Sentence) -> Sentence:
        """Return a sentence with the decided tags and annotated types; before `fit` only note its id.

        Raises:
            UserError: equal sentences are decided differently, or tags without prefixes can't express it.
        """
        words = tuple(sentence.words)
        # A copy has the decision of its original: 0#2/train-1 is the second copy of 0/train-1.
        id_ = re.sub(r"^(\d+)#\d+/", r"\1/", str(sentence.id))
        if words not in self.decisions:
            return sentence
        if not self.schemes:
            self.ids[words].add(id_)
            return sentence
        fix = self._decision(words, id_)
        if fix is None:
            return sentence
        tags = sentence.tags[self.column]
        # Beside tags with prefixes, others stand for O.
        marks = [OUTSIDE if tag and self.has_prefixes and not split_tag(tag)[0] else tag for tag in tags]
        for type_ in sorted({split_tag(tag or OUTSIDE)[1] for tag in marks} - {""}):
            if fix.annotated_types is not None and normalize("NFC", type_) not in fix.annotated_types:
                self.errors.append(
                    f"{fix.location}: the page did not have the type {quoted(type_)}, of which {sentence.id} has an "
                    "entity"
                )
        labels = []
        for label in fix.tags[self.column]:
            prefix, type_ = split_tag(str(label))
            labels.append(f"{prefix}-{self.types.get(type_, type_)}" if type_ else OUTSIDE)
        scheme = self.schemes[split]
        is_known = None not in tags and labels == in_iob2(marks, scheme)
        self.findings.add(KNOWN, is_known, [fix.location])
        self.counts[split] += not is_known
        written = tags if is_known else self._written(labels, scheme, fix.location)
        annotated = self._annotated(fix, sentence.annotated_types)
        return replace(sentence, tags={**sentence.tags, self.column: written}, annotated_types=annotated)

    def _decision(self, words: tuple[str, ...], id_: str) -> Sentence | None:
        """What is decided of a sentence by its id or, if no sentence with its words has a decided id, by its words."""
        of_words = self.decisions[words]
        if of_words.keys() & self.ids[words]:
            return of_words.get(id_)
        fix, *others = of_words.values()
        for other in others:
            if other.tags != fix.tags:
                raise UserError(
                    f"{other.location}: decided differently at {fix.location} for the same words, and no sentence has "
                    f"the id {fix.id} or {other.id} any more; expected one decision; remove a line"
                )
        return fix

    def _written(self, labels: Sequence[str], scheme: Scheme, location: str) -> list[str]:
        written = from_iob2(labels, scheme)
        if self.has_prefixes:
            return written
        if any(tag.startswith("B-") for tag in written):
            raise UserError(
                f"{location}: neighbouring entities of one type, which tags of {self.column} without prefixes cannot "
                "express; expected others; correct the data set by hand"
            )
        return [tag.removeprefix("I-") for tag in written]

    def _annotated(self, fix: Sentence, before: Sequence[str] | None) -> list[str] | None:
        """The types annotated in a corrected sentence: those of before, and those of the page."""
        if before is None or fix.annotated_types is None:
            return None
        after = {*before, *(self.types.get(type_, type_) for type_ in fix.annotated_types)}
        return None if after >= set(self.types.values()) else sorted(after)

    def report(self) -> list[str]:
        """What to print once all sentences are corrected.

        Raises:
            UserError: corrections do not fit the data.
        """
        if self.errors:
            remedy = "expected corrections of these data; remove the lines, and correct the sentences in a new page"
            raise UserError(list_errors(self.errors, self.files[0], remedy))
        lines = [f"{split}: {count:,} sentences corrected in {self.column}" for split, count in self.counts.items()]
        return lines + [f"{self.key}: {line}" for line in self.findings.lines()]

    def provenance(self) -> list[dict[str, Any]]:
        return [{"path": file.relative_to(self.folder).as_posix(), "sha256": sha256(file)} for file in self.files]


def read_decisions(paths: Sequence[Path], column: str) -> tuple[Decisions, Findings]:
    """Read what people decided of each sentence, by words and then by id.

    Args:
        paths: of what the page saved, each a file or a folder with a file per annotator.
        column: the tag column; its tags are in IOB2.

    Raises:
        UserError: see `annotated.sentences`; a span covers part of a word or overlaps another; annotators or files
            differ; nothing is decided.
    """
    reader = any_page(column)
    decisions: Decisions = {}
    findings = Findings({**reader.meanings, **MEANINGS})
    for path in paths:
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
    if not decisions:
        raise UserError(f"{paths[0]}: no corrections ({'; '.join(findings.lines())}); decide sentences in the page")
    return decisions, findings
