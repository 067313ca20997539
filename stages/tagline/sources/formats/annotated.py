"""Annotated texts: what the formats of annotation tools share.

A format reads an `AnnotatedText` of each row and gives them to `sentences`: the text is split into words, unless the
file has them, and spans become one IOB2 tag per word. What no tags can represent follows the policies of params.yaml
and is counted, and errors of a file are reported together.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeVar
from unicodedata import normalize

from tagline.core import Findings
from tagline.core.params import list_errors
from tagline.sources.formats.annotators import ONLY, POLICIES, Annotation, compare, select
from tagline.sources.formats.base import Files
from tagline.sources.formats.keys import Key, TagColumn
from tagline.sources.formats.offsets import Span, Unit, Words, boundaries, to_code_points
from tagline.sources.formats.span_tags import MisalignedSpans, Overlaps, describe, to_tags, without_unknown
from tagline.terminal import UserError, quoted, shortened
from tagline.text.languages import splitter
from tagline.text.sentence import Note, Sentence, Surface
from tagline.text.sentences import ends_among, split_sentences

R = TypeVar("R")
T = TypeVar("T")

# Errors of a file after which it is not read further.
MOST_ERRORS = 20
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


class Faults(UserError):
    """Several errors of one text."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)


def messages_of(error: UserError) -> list[str]:
    """The messages of one or more errors."""
    return error.messages if isinstance(error, Faults) else [str(error)]


def each(values: Iterable[R], convert: Callable[..., T], *arguments: Any) -> list[T]:
    """Convert each value, of which further arguments say more; `Faults` of the errors of all."""
    converted = []
    messages: list[str] = []
    for value in values:
        try:
            converted.append(convert(value, *arguments))
        except UserError as error:
            messages += messages_of(error)
    if messages:
        raise Faults(messages)
    return converted


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
    def trusts_offsets(self) -> bool:
        """Whether params name the unit of offsets, so that many misaligned spans do not show that it is wrong."""
        return False

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
        suspicious = {
            WRONG: "too many spans do not fit their texts; correct them, or export the files again:",
            MISALIGNED: "the offsets of spans seem to be wrong; correct them, set download.dataset.language if words "
            "are split wrongly, or offsets to their unit if the format is spans:",
        }
        if self.trusts_offsets:
            del suspicious[MISALIGNED]
        return suspicious

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


def collected(path: Path, rows: Iterable[R], convert: Callable[[R], T]) -> Iterator[T]:
    """Convert the rows of a file; at the end a `UserError` of all errors, or of the first `MOST_ERRORS`."""
    messages: list[str] = []
    converted = map(convert, rows)
    while len(messages) < MOST_ERRORS:
        try:
            row = next(converted, None)
        except UserError as error:
            messages += messages_of(error)
            continue
        if row is None:
            break
        yield row
    if len(messages) >= MOST_ERRORS:
        raise UserError(list_errors(messages[:MOST_ERRORS], path, "these are the first"))
    if len(messages) == 1:
        raise UserError(messages[0])
    if messages:
        raise UserError(list_errors(messages, path))


def sentences(
    path: Path, keys: AnnotatedFiles, rows: Iterable[R], to_text: Callable[[R], AnnotatedText]
) -> Iterator[Sentence]:
    """Read the sentences of annotated texts; `to_text` reads a text of each row.

    Raises:
        UserError: texts or spans are malformed, all in one message; or there is no text.
    """

    def convert(numbered: tuple[int, R]) -> list[Sentence]:
        number, row = numbered
        return list(to_sentences(to_text(row), keys, number))

    empty = True
    for found in collected(path, enumerate(rows, 1), convert):
        empty = False
        yield from found
    if empty:
        raise UserError(f"{path}: no text; expected at least one")


def to_sentences(text: AnnotatedText, keys: AnnotatedFiles, number: int) -> Iterator[Sentence]:
    """A text as one sentence, or its sentences, of which the first has all notes."""
    words = split_text(text.text, keys.language, keys.split_words) if text.words is None else text.words
    annotations, wrong = _in_code_points(text)
    spans, left_out = select(annotations, text.decided_by or keys.annotators, text.location, words)
    notes = [*text.notes, *wrong, *_renamed(text)]
    whole = Sentence(text.location, [], {keys.tag_column: []}, text.id, text.document)
    whole = replace(
        whole,
        agreement=compare(annotations, words),
        spans=Counter(note.type for note in notes if note.type) + Counter(span.label for span in spans or ()),
    )
    notes += [Note(DISPUTED, f"{text.location}: {describe(span, text.text)}") for span in left_out]
    if spans is None or not words:
        notes.append(Note("unannotated_texts" if words else "empty_texts", text.location))
        yield replace(whole, notes=tuple(notes))
        return
    tags, changes = _tags(text, keys, words, spans)
    whole = replace(
        whole,
        words=[text.text[start:end] for start, end in words],
        tags={keys.tag_column: tags},
        notes=(*notes, *changes),
        # How raw text is written, which words that were joined by spaces do not show.
        surface=None if text.words is None or keys.split_words == "spaces" else Surface(text.text, text.words),
        annotated_types=_annotated_types(text, spans),
    )
    if text.document is not None:
        yield whole
    elif keys.sentences == "split":
        inner = text.sentences or split_sentences(text.text, keys.language)
        yield from _cut(whole, text, ends_among(words, inner), number)
    else:
        long = [Note(LONG, f"{text.location}: {len(words):,} words")] if len(words) > MOST_WORDS else []
        yield replace(whole, notes=(*whole.notes, *long))


def _tags(
    text: AnnotatedText, keys: AnnotatedFiles, words: Words, spans: Sequence[Span]
) -> tuple[list[str | None], list[Note]]:
    """The tags of the words by the policies, and notes on what they do not represent."""
    policies = (keys.misaligned_spans, keys.overlaps)
    tags, changes = to_tags(text.text, words, spans, policies, text.location)
    if text.known is not None:
        bounds = boundaries(text.text, text.unit)
        known = each(text.known, to_code_points, text.text, text.unit, bounds, text.location)
        tags = without_unknown(tags, words, known)
    return tags, changes


def _annotated_types(text: AnnotatedText, spans: Sequence[Span]) -> list[str] | None:
    """The types that annotators could choose, and those that they marked."""
    if text.types is None:
        return None
    return sorted({*map(_name, text.types), *(span.label for span in spans)})


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


def loses_much(findings: Mapping[str, Findings]) -> bool:
    """Whether overlaps cost a type more than a quarter of its spans, which are given by split."""
    spans: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for of_split in findings.values():
        spans += of_split.spans
        lost += of_split.noted_spans[OVERLAPPING]
    return any(count > max(FEW_MISALIGNED, MOST_MISALIGNED * spans[type_]) for type_, count in lost.items())


def _in_code_points(text: AnnotatedText) -> tuple[list[Annotation], list[Note]]:
    """Convert the annotations of a text; also return a note for each span that is wrong."""
    bounds = boundaries(text.text, text.unit)
    annotations = []
    notes = []
    for annotation in text.annotations:
        spans = []
        for span in annotation.spans:
            name = _name(span.label)
            try:
                converted = to_code_points(span, text.text, text.unit, bounds, text.location)
            except UserError as error:
                notes.append(Note(WRONG, str(error), name))
            else:
                spans.append(converted._replace(label=name))
        annotations.append(Annotation(annotation.annotator, spans))
    return annotations, notes


def _name(label: str) -> str:
    """The name of a type without spaces around it, in NFC: names that look the same are one type."""
    return normalize("NFC", label.strip())


def _renamed(text: AnnotatedText) -> Iterator[Note]:
    for annotation in text.annotations:
        for span in annotation.spans:
            name = _name(span.label)
            if name != span.label:
                # As ASCII, since NFC and NFD look alike.
                renamed = f"{shortened(ascii(span.label))} is read as {shortened(ascii(name))}"
                yield Note(RENAMED, f"{text.location}: {renamed}")
