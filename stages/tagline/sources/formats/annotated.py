"""Annotated texts: what the formats of annotation tools share.

A format reads an `AnnotatedText` of each row and gives them to `sentences`: the text is split into words, unless the
file has them, and spans become one IOB2 tag per word. What no tags can represent follows the policies of params.yaml
and is counted.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeVar
from unicodedata import normalize

from tagline.core import Findings
from tagline.sources.formats.annotators import ONLY, POLICIES, Annotation, compare, select
from tagline.sources.formats.base import Files
from tagline.sources.formats.keys import Encoding, Key, TagColumn
from tagline.sources.formats.lines import UTF_8, at_least_one
from tagline.sources.formats.offsets import Span, Unit, boundaries, to_code_points
from tagline.sources.formats.span_tags import MisalignedSpans, Overlaps, describe, to_tags, without_unknown
from tagline.terminal import UserError, quoted, shortened
from tagline.text.languages import splitter
from tagline.text.sentence import Note, Sentence, Surface
from tagline.text.sentences import ends_among, split_sentences

R = TypeVar("R")
K = TypeVar("K", bound="AnnotatedFiles")
# If more of the spans of a split begin or end inside a word, and not only a few, the offsets are wrong. Real data sets
# have at most 5 %.
MOST_MISALIGNED, FEW_MISALIGNED = 0.25, 10
JOINED, LONG, RENAMED, DISPUTED = "joined_sentences", "long_texts", "renamed_types", "disputed_spans"
WRONG = "wrong_spans"
MISALIGNED, OVERLAPPING = "misaligned_spans", "overlapping_spans"
# A longer text is rarely one sentence.
MOST_WORDS = 200
# Other white space, such as a no-break space, can be part of a word.
_BETWEEN_SPACES = re.compile(r"[^ \t\r\n]+")


@dataclass
class AnnotatedText:
    """A text as a file has it.

    Attributes:
        location: where it begins, for messages.
        annotations: one per annotator; none: the text is counted and left out.
        unit: of the offsets of spans.
        words: start and end of each word in code points, if the file has words; likewise sentences.
        document: its id, or its number in the file, if the file has its sentences as texts.
        notes: what the reader left out.
        known: spans in which also the words outside annotations are annotated; None: the whole text.
        types: the types that annotators could choose; None: all.
        decided_by: the annotator whose spans are read whatever the others marked.
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
    decided_by: str | None = None


class AnnotatedFiles(Files):
    """Texts with spans in characters: the keys of all such formats."""

    tag_column: TagColumn
    misaligned_spans: MisalignedSpans = "error"
    overlaps: Overlaps = "error"
    sentences: Literal["whole", "split"] = "whole"
    split_words: Literal["rules", "spaces"] = "rules"
    annotators: Key = ONLY

    @property
    def tag_columns(self) -> list[str]:
        """The only tag column, in IOB2."""
        return [self.tag_column]

    @property
    def meanings(self) -> dict[str, str]:
        aligned = {"error": "", "expand": ", expanded to whole words", "drop": ", dropped"}
        kept = {"error": "", "longest": ", of which the longest is kept", "first": ", of which the first is kept"}
        by_annotator = "" if self.annotators in POLICIES else f" by {quoted(self.annotators)}"
        meanings = {
            MISALIGNED: f"spans that begin or end inside a word{aligned[self.misaligned_spans]}",
            OVERLAPPING: f"spans that share a word with another one{kept[self.overlaps]}",
            "duplicate_spans": "spans that are in a text twice, read once",
            WRONG: "spans that are empty, outside of their text or not their mention, left out",
            RENAMED: "spans whose type is read without spaces around it, in the Unicode form NFC",
            "empty_texts": "texts without words, left out",
            "unannotated_texts": f"texts without an annotation{by_annotator}, left out",
            DISPUTED: "spans that too few annotators marked, left out",
        }
        if self.sentences == "split":
            meanings[JOINED] = "sentences that share a span with the next one, joined"
        else:
            meanings[LONG] = f"texts of more than {MOST_WORDS} words, read as one sentence; sentences: split cuts them"
        return meanings

    @property
    def refused(self) -> dict[str, str]:
        """The kinds of notes that are errors, and how to allow them."""
        refused = {}
        if self.misaligned_spans == "error":
            refused[MISALIGNED] = "set download.dataset.misaligned_spans to expand or drop"
        if self.overlaps == "error":
            refused[OVERLAPPING] = "set download.dataset.overlaps to longest or first"
        return refused

    @property
    def suspicious(self) -> dict[str, str]:
        """The kinds of notes that, if they are about many spans, show that something is wrong: what, and what to do."""
        return {
            WRONG: "too many spans do not fit their texts; correct them, or export the files again:",
            MISALIGNED: "the offsets of spans seem to be wrong; correct them, set download.dataset.language if words "
            "are split wrongly, or offsets to their unit if the format is spans:",
        }

    def report(self, findings: Mapping[str, Findings]) -> str:
        """Count what was changed or left out; a `UserError` if spans seem wrong, or a policy allows none."""
        for kind, problem in self.suspicious.items():
            lines = []
            for split, of_split in findings.items():
                if of_split.counts[kind] > max(FEW_MISALIGNED, MOST_MISALIGNED * of_split.spans.total()):
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


class EncodedTexts(AnnotatedFiles):
    """Likewise, in files whose encoding is not fixed."""

    encoding: Encoding = UTF_8


def sentences(path: Path, keys: K, rows: Iterable[R], to_text: Callable[[R, K], AnnotatedText]) -> Iterator[Sentence]:
    """Read the sentences of annotated texts; `to_text` reads the text of a row.

    Raises:
        UserError: a text or span is malformed, or there is no text.
    """
    for number, row in enumerate(at_least_one(rows, f"{path}: no text; expected at least one"), 1):
        yield from to_sentences(to_text(row, keys), keys, number)


def to_sentences(text: AnnotatedText, keys: AnnotatedFiles, number: int) -> Iterator[Sentence]:
    """A text as one sentence, or its sentences, of which the first has all notes."""
    words = split_text(text.text, keys.language, keys.split_words) if text.words is None else text.words
    annotations, notes = _in_code_points(text)
    spans, left_out = select(annotations, text.decided_by or keys.annotators, text.location, words)
    notes += [Note(DISPUTED, f"{text.location}: {describe(span, text.text)}") for span in left_out]
    whole = Sentence(
        text.location,
        [],
        {keys.tag_column: []},
        text.id,
        text.document,
        agreement=compare(annotations, words),
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
    """Cut a text into its sentences, except inside of spans."""
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
        whole = replace(whole, notes=(), agreement=Counter(), spans=Counter())


def split_text(text: str, language: str | None, split_words: Literal["rules", "spaces"]) -> list[tuple[int, int]]:
    """Split a text into words: by the rules of its language, or where words were joined by spaces before."""
    if split_words == "rules":
        return splitter(language)(text)
    return [match.span() for match in _BETWEEN_SPACES.finditer(text)]


def _in_code_points(text: AnnotatedText) -> tuple[list[Annotation], list[Note]]:
    """The annotations of a text; and its notes with one for each span that is wrong or renamed."""
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
    """The name of a type without spaces around it, in NFC: names that look the same are one type."""
    return normalize("NFC", label.strip())
