"""Annotated texts: what the formats of annotation tools share.

A format yields an `AnnotatedText` of each row: the text is split into words, unless the file has them, and spans become
IOB2 tags. What no tags can represent follows the policies of params.yaml and is counted.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal
from unicodedata import normalize

from tagline.core import Findings
from tagline.sources.formats.annotators import Annotation, select
from tagline.sources.formats.base import Files
from tagline.sources.formats.json_objects import first_rows
from tagline.sources.formats.keys import Encoding, Key, TagColumnName
from tagline.sources.formats.lines import UTF_8, at_least_one
from tagline.sources.formats.offsets import Span, Unit, boundaries, to_code_points
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.sources.formats.span_tags import MisalignedSpans, SpanOverlaps, to_tags, without_unknown
from tagline.terminal import UserError, quoted, shortened
from tagline.text.languages import splitter
from tagline.text.sentence import Note, Sentence, Surface
from tagline.text.sentences import ends_among, split_sentences

# If more of the spans of a split begin or end inside a word, and not only a few, the offsets are wrong. Real data sets
# have at most 5 %.
MOST_MISALIGNED, FEW_MISALIGNED = 0.25, 10
# A longer text is rarely one sentence.
MOST_WORDS = 200
JOINED, LONG, RENAMED = "joined_sentences", "long_texts", "renamed_types"
WRONG, NOT_FOUND, DISCONTINUOUS = "wrong_spans", "mentions_not_found", "discontinuous_spans"
MISALIGNED, OVERLAPPING, UNSURE = "misaligned_spans", "overlapping_spans", "unsure_texts"
OTHER_CASE, FURTHER = "mentions_in_other_case", "further_occurrences"
# The kinds of notes that all formats of annotated texts share.
NOTES = {
    MISALIGNED: "spans that begin or end inside a word",
    OVERLAPPING: "spans that share a word with another one",
    "duplicate_spans": "spans that are in a text twice, read once",
    WRONG: "spans that are empty, outside of their text or not their mention, left out",
    RENAMED: "spans whose type is read without spaces around it, in the Unicode form NFC",
    "empty_texts": "texts without words, left out",
    "unannotated_texts": "texts without an annotation, left out",
    JOINED: "sentences that share a span with the next one, joined",
    LONG: f"texts of more than {MOST_WORDS} words, read as one sentence; sentences: split cuts them",
}
# Those of single formats.
NOTES_OF_FORMATS = {
    NOT_FOUND: "mentions that their text does not have as whole words, or not so often, left out",
    OTHER_CASE: "mentions that their text has only with other capital and small letters",
    FURTHER: "further occurrences of mentions, which are read if occurrences is all",
    DISCONTINUOUS: "discontinuous spans",
    UNSURE: "texts that an annotator was not sure of, read as they are",
    "null_spans": "texts whose spans are null, read as without spans",
    "cancelled_annotations": "cancelled annotations, left out",
    "other_answers": "annotations with another answer, left out",
    "unlabelled_spans": "spans without a value, left out",
}
# The key that decides about a kind of spans, and its values that are not an error.
POLICIES = {
    MISALIGNED: ("misaligned_spans", "expand or drop"),
    OVERLAPPING: ("overlaps", "longest or first"),
    DISCONTINUOUS: ("discontinuous_spans", "split, fill or drop"),
}
# If one of these kinds is about many spans, something is wrong: what, and what to do.
SUSPICIOUS = {
    NOT_FOUND: "too many texts do not have the mentions of their entities; join texts and answers again, set "
    "download.dataset.language if words are split wrongly, or set download.dataset.occurrences to all if a mention is "
    "listed more often than its text has it:",
    WRONG: "too many spans do not fit their texts; correct them, or export the files again:",
    MISALIGNED: "the offsets of spans seem to be wrong; correct them, set download.dataset.language if words are split "
    "wrongly, or offsets to their unit if the format is spans:",
}
# Other white space, such as a no-break space, can be part of a word.
_BETWEEN_SPACES = re.compile(r"[^ \t\r\n]+")


@dataclass
class AnnotatedText:
    """A text as a file has it.

    Attributes:
        annotations: one per annotator; none: the text is counted and left out.
        unit: of the offsets of spans.
        words: start and end of each word in code points, if the file has words; likewise sentences.
        document: its id, or its number in the file, if the file has its sentences as texts.
        notes: what the reader left out.
        known: spans in which also the words outside annotations are annotated; None: the whole text.
        types: the types that annotators could choose; None: all.
    """

    location: str
    text: str
    annotations: list[Annotation]
    id: str | None = None
    unit: Unit = "code_points"
    words: list[tuple[int, int]] | None = None
    sentences: list[tuple[int, int]] | None = None
    document: str | int | None = None
    notes: list[Note] = field(default_factory=list)
    known: list[Span] | None = None
    types: Sequence[str] | None = None


class AnnotatedFiles(Files):
    """The keys of all formats of texts with spans in characters."""

    # The kinds of `NOTES_OF_FORMATS` that the format has.
    own_notes: ClassVar[tuple[str, ...]] = ()

    tag_column: TagColumnName
    misaligned_spans: MisalignedSpans = "error"
    overlaps: SpanOverlaps = "error"
    sentences: Literal["whole", "split"] = "whole"
    split_words: Literal["rules", "spaces"] = "rules"
    annotator: Key | None = None

    @property
    def tag_columns(self) -> list[str]:
        return [self.tag_column]

    @property
    def meanings(self) -> dict[str, str]:
        meanings = NOTES | {kind: NOTES_OF_FORMATS[kind] for kind in self.own_notes}
        for kind, policy in self._policies().items():
            if policy != "error":
                meanings[kind] += f" ({POLICIES[kind][0]}: {policy})"
        return meanings

    @property
    def refused(self) -> dict[str, str]:
        """The kinds of notes that are errors, and how to allow them."""
        refused = {}
        for kind, policy in self._policies().items():
            key, others = POLICIES[kind]
            if policy == "error":
                refused[kind] = f"set download.dataset.{key} to {others}"
        return refused

    def _policies(self) -> dict[str, Any]:
        """The policy about each kind of spans that the format can have."""
        keys = self.model_dump()
        return {kind: keys[key] for kind, (key, _) in POLICIES.items() if key in keys}

    def suspects(self, kind: str) -> bool:
        """Whether many notes of a kind of `SUSPICIOUS` are an error."""
        return True

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        raise NotImplementedError

    def read(self, path: Path) -> Iterator[Sentence]:
        texts = at_least_one(self.texts(path), f"{path}: no text; expected at least one")
        for number, text in enumerate(texts, 1):
            yield from to_sentences(text, self, number)

    def report(self, findings: Mapping[str, Findings]) -> str:
        """Count what was left out; a `UserError` if spans seem wrong, or a policy allows none."""
        for kind, problem in SUSPICIOUS.items():
            lines = []
            for split, of_split in findings.items():
                most = max(FEW_MISALIGNED, MOST_MISALIGNED * of_split.spans.total())
                if of_split.counts.get(kind, 0) > most and self.suspects(kind):
                    lines.append(f"{split}: {of_split.line(kind)}")
            if lines:
                raise UserError("\n  ".join([problem, *lines]))
        errors = ["spans that tags cannot represent; correct them, or choose a policy:"]
        for split, of_split in findings.items():
            for kind, remedy in self.refused.items():
                if of_split.counts[kind]:
                    errors.append(f"{split}: {of_split.line(kind)}; {remedy}")
        if len(errors) > 1:
            raise UserError("\n  ".join(errors))
        return super().report(findings)


class JsonTexts(AnnotatedFiles):
    """Likewise, in JSON or JSON Lines."""

    # The keys that each object has.
    signs: ClassVar[frozenset[str]]

    encoding: Encoding = UTF_8

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        rows = first_rows(sample)
        keys = cls.guess(rows) if rows else None
        return None if keys is None else {**SPANS, **keys}

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        """Guess the keys by the first objects; None if it is another format."""
        return {} if all(cls.signs <= row.keys() for row in rows) else None


def to_sentences(text: AnnotatedText, keys: AnnotatedFiles, number: int) -> Iterator[Sentence]:
    """A text as one sentence, or as several, of which the first has all notes."""
    words = split_text(text.text, keys.language, keys.split_words) if text.words is None else text.words
    annotations, notes = _in_code_points(text)
    spans = select(annotations, keys.annotator, text.location)
    whole = Sentence(
        text.location,
        [],
        {keys.tag_column: []},
        text.id,
        text.document,
        spans=Counter([note.type for note in notes if note.type] + [span.label for span in spans or ()]),
    )
    if spans is None or not words:
        notes.append(Note("unannotated_texts" if words else "empty_texts", text.location))
        yield replace(whole, notes=tuple(notes))
        return
    tags, changes = to_tags(text.text, words, spans, (keys.misaligned_spans, keys.overlaps), text.location)
    if text.known is not None:
        bounds = boundaries(text.text, text.unit)
        known = [to_code_points(span, text.text, text.unit, bounds, text.location) for span in text.known]
        tags = without_unknown(tags, words, known)
    annotated_types = None
    if text.types is not None:  # those that annotators could choose, and those that they marked
        annotated_types = sorted({*map(_name, text.types), *(span.label for span in spans)})
    whole = replace(
        whole,
        words=[text.text[start:end] for start, end in words],
        tags={keys.tag_column: tags},
        notes=(*notes, *changes),
        # How raw text is written, which words that were joined by spaces do not show.
        surface=None if text.words is None or keys.split_words == "spaces" else Surface(text.text, text.words),
        annotated_types=annotated_types,
    )
    if text.document is not None:
        yield whole
    elif keys.sentences == "split":
        ends = ends_among(words, text.sentences or split_sentences(text.text, keys.language))
        yield from _cut(whole, text, ends, number)
    else:
        long = [Note(LONG, f"{text.location}: {len(words):,} words")] if len(words) > MOST_WORDS else []
        yield replace(whole, notes=(*whole.notes, *long))


def _cut(whole: Sentence, text: AnnotatedText, ends: Sequence[int], number: int) -> Iterator[Sentence]:
    """Cut a text into sentences, but not inside spans."""
    ((column, tags),) = whole.tags.items()
    crossed = [end for end in ends[:-1] if (tags[end] or "").startswith("I-")]
    joined = [Note(JOINED, f"{text.location}: before {quoted(whole.words[end])}") for end in crossed]
    whole = replace(whole, notes=(*whole.notes, *joined))
    borders = [0, *(end for end in ends if end not in crossed)]
    for index, (begin, end) in enumerate(pairwise(borders), 1):
        yield replace(
            whole,
            words=whole.words[begin:end],
            tags={column: tags[begin:end]},
            id=None if text.id is None else f"{text.id}-{index}",
            document=number if text.id is None else text.id,
            surface=None if whole.surface is None else whole.surface.part(begin, end),
        )
        whole = replace(whole, notes=(), spans=Counter())


def split_text(text: str, language: str | None, split_words: Literal["rules", "spaces"]) -> list[tuple[int, int]]:
    """Split a text into words: by the rules of its language, or at spaces that joined them."""
    if split_words == "rules":
        return splitter(language)(text)
    return [match.span() for match in _BETWEEN_SPACES.finditer(text)]


def _in_code_points(text: AnnotatedText) -> tuple[list[Annotation], list[Note]]:
    """The annotations of a text; and notes, with one per span that is wrong or renamed."""
    bounds = boundaries(text.text, text.unit)
    annotations = []
    notes = [*text.notes]
    for annotator, marked in text.annotations:
        spans = []
        for span in marked:
            name = _name(span.label)
            if name != span.label:  # as ASCII, since NFC and NFD look alike
                renamed = f"{shortened(ascii(span.label))} is read as {shortened(ascii(name))}"
                notes.append(Note(RENAMED, f"{text.location}: {renamed}"))
            try:
                converted = to_code_points(span, text.text, text.unit, bounds, text.location)
            except UserError as error:
                notes.append(Note(WRONG, str(error), name))
            else:
                spans.append(converted._replace(label=name))
        annotations.append(Annotation(annotator, spans))
    return annotations, notes


def _name(label: str) -> str:
    """The name of a type without outer spaces, in NFC: names that look the same are one type."""
    return normalize("NFC", label.strip())
