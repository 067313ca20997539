"""The driver of annotated texts: what the formats of annotation tools share.

A format reads texts with spans. Here the text is split into words, unless the file has them, and spans become one IOB2
tag per word. What no tags can represent follows the policies of params.yaml and is counted, and errors of a file are
reported together.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from unicodedata import normalize

from tagline.core import Findings
from tagline.core.params import Section, list_errors
from tagline.sources.formats.annotators import ONLY, POLICIES, Annotation, Selected, compare, select
from tagline.sources.formats.base import Files, Format
from tagline.sources.formats.keys import Key, TagColumn
from tagline.sources.formats.offsets import (
    MOST_MISALIGNED,
    Offsets,
    Span,
    Unit,
    Words,
    boundaries,
    detect,
    to_code_points,
)
from tagline.sources.formats.span_tags import MisalignedSpans, Overlaps, describe, to_tags, without_unknown
from tagline.terminal import UserError, quoted, shortened
from tagline.text.languages import splitter
from tagline.text.sentence import Note, Sentence, Surface
from tagline.text.sentences import ends_among, split_sentences

S = TypeVar("S")

# Errors of a file after which it is not read further.
MOST_ERRORS = 20
# Fewer misaligned spans in a split do not show that the offsets are wrong.
FEW_MISALIGNED = 10
JOINED, LONG, RENAMED, DISPUTED = "joined_sentences", "long_texts", "renamed_types", "disputed_spans"
WRONG = "wrong_spans"
MISALIGNED, OVERLAPPING = "misaligned_spans", "overlapping_spans"
DISPUTED_MEANING = "spans that too few annotators marked, left out"
# A longer text is rarely one sentence.
MOST_WORDS = 200
# Other white space, such as a no-break space, can be part of a word.
_BETWEEN_SPACES = re.compile(r"[^ \t\r\n]+")


@dataclass
class AnnotatedText:
    """A text as a file has it.

    Attributes:
        location: where it begins, for messages.
        text: the text.
        annotations: one per annotator; none if nobody annotated the text, which is then counted and left out.
        id: the text's id in the file, if it has one.
        words: start and end of each word in code points, if the file has words.
        sentences: start and end of each sentence in code points, if the file has sentences.
        document: the number of the document in the file, if the file has its sentences as texts.
        notes: what the reader left out.
        known: spans in which also the words outside annotations are annotated; None: the whole text.
        types: the types that annotators could choose; None: all.
        decided_by: the annotator whose spans are read whatever the others marked; None: see `AnnotatorKeys`.
    """

    location: str
    text: str
    annotations: list[Annotation]
    id: str | None = None
    words: list[tuple[int, int]] | None = None
    sentences: list[tuple[int, int]] | None = None
    document: int | None = None
    notes: list[Note] = field(default_factory=list)
    known: list[Span] | None = None
    types: Sequence[str] | None = None
    decided_by: str | None = None


class TooManyErrors(UserError):
    """All errors of a file that is not read further."""


class Errors:
    """Collects the errors of a file, to report them together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[str] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collect a `UserError` of the block.

        Raises:
            TooManyErrors: it is the last of `MOST_ERRORS`.
        """
        try:
            yield
        except TooManyErrors:
            raise
        except UserError as error:
            self.messages.append(str(error))
            if len(self.messages) == MOST_ERRORS:
                raise TooManyErrors(list_errors(self.messages, self.path, "these are the first")) from None

    def of_each(self, values: Iterable[Any], convert: Callable[..., S], *arguments: Any) -> list[S]:
        """Convert each value, of which further arguments say more, without those that raise a `UserError`."""
        converted = []
        for value in values:
            with self.collected():
                converted.append(convert(value, *arguments))
        return converted


def nothing(keys: Any) -> Mapping[str, str]:  # noqa: ARG001 (used by formats)
    """What a format adds to a table, if it adds nothing."""
    return {}


@dataclass(frozen=True, kw_only=True)
class TextFormat(Format):
    """A format of annotated texts: ``read(path, keys, errors)`` yields an `AnnotatedText` each.

    Errors of single texts and spans go to `Errors`, a malformed file raises a `UserError`.

    Attributes:
        counted: by kind, what its own notes mean.
        refused: by kind, the own notes that are errors, and how to allow them.
        check: raises a `UserError` if the findings of the splits show that these are other texts.
        default_unit: the unit of offsets that the tool documents, preferred to others that fit as well.
        names_types: whether a text has the types that annotators could choose.
    """

    counted: Callable[[Any], Mapping[str, str]] = nothing
    refused: Callable[[Any], Mapping[str, str]] = nothing
    check: Callable[[Mapping[str, Findings]], object] = nothing
    default_unit: Unit = "code_points"
    names_types: bool = False

    @property
    def driver(self) -> type[Files]:
        return AnnotatedFiles


class OffsetKeys(Section):
    """The key of formats whose tool counts offsets in a unit of its own."""

    offsets: Offsets = "auto"


class AnnotatorKeys(Section):
    """The key of formats in which several people may have annotated a text."""

    annotators: Key = ONLY


class AnnotatedFiles(Files):
    """Texts with spans in characters."""

    form: ClassVar[TextFormat]

    tag_column: TagColumn
    misaligned_spans: MisalignedSpans = "error"
    overlaps: Overlaps = "error"
    sentences: Literal["whole", "split"] = "whole"
    split_words: Literal["rules", "spaces"] = "rules"

    @property
    def tag_columns(self) -> list[str]:
        """The only tag column, in IOB2."""
        return [self.tag_column]

    @property
    def unit_key(self) -> Offsets | None:
        """The key ``offsets``, which only some formats have."""
        return getattr(self, "offsets", None)

    @property
    def annotator_key(self) -> str | None:
        """The key ``annotators``, which only some formats have."""
        return getattr(self, "annotators", None)

    @property
    def lacks_types(self) -> bool:
        return super().lacks_types or self.form.names_types

    @property
    def meanings(self) -> dict[str, str]:
        aligned = {"error": "", "expand": ", expanded to whole words", "drop": ", dropped"}
        kept = {"error": "", "longest": ", of which the longest is kept", "first": ", of which the first is kept"}
        meanings = {
            MISALIGNED: f"spans that begin or end inside a word{aligned[self.misaligned_spans]}",
            OVERLAPPING: f"spans that share a word with another one{kept[self.overlaps]}",
            "duplicate_spans": "spans that are in a text twice, read once",
            WRONG: "spans that are empty, outside of their text or not their mention, left out",
            RENAMED: "spans whose type is read without spaces around it, in the Unicode form NFC",
            "empty_texts": "texts without words, left out",
            "unannotated_texts": f"texts without an annotation{self._by_annotator()}, left out",
        }
        if self.sentences == "split":
            meanings[JOINED] = "sentences that share a span with the next one, joined"
        else:
            meanings[LONG] = f"texts of more than {MOST_WORDS} words, read as one sentence; sentences: split cuts them"
        meanings |= self.form.counted(self)
        if self.annotator_key is not None:
            meanings[DISPUTED] = DISPUTED_MEANING
        return meanings

    def _by_annotator(self) -> str:
        if self.annotator_key is None or self.annotator_key in POLICIES:
            return ""
        return f" by {quoted(self.annotator_key)}"

    @property
    def refused(self) -> dict[str, str]:
        """The kinds of notes that are errors, and how to allow them."""
        refused = {}
        if self.misaligned_spans == "error":
            refused[MISALIGNED] = "set download.dataset.misaligned_spans to expand or drop"
        if self.overlaps == "error":
            refused[OVERLAPPING] = "set download.dataset.overlaps to longest or first"
        return {**refused, **self.form.refused(self)}

    def report(self, findings: Mapping[str, Findings]) -> str:
        """Count what was changed or left out.

        Raises:
            UserError: the offsets seem to be wrong, or a policy does not allow what was found.
        """
        self.form.check(findings)
        wrong = lines_of_many(findings, WRONG)
        if wrong:
            raise several("too many spans do not fit their texts; correct them, or export the files again:", wrong)
        self._check_offsets(findings)
        errors = []
        for split, of_split in findings.items():
            for kind, remedy in self.refused.items():
                if of_split.counts[kind]:
                    errors.append(f"{split}: {of_split.line(kind)}; {remedy}")
        if errors:
            raise several("spans that tags cannot represent; correct them, or choose a policy:", errors)
        return super().report(findings)

    def _check_offsets(self, findings: Mapping[str, Findings]) -> None:
        """Raise a `UserError` if too many spans are misaligned; a unit that params name says that offsets are right."""
        most = MOST_MISALIGNED if self.unit_key in (None, "auto") else 1
        wrong = lines_of_many(findings, MISALIGNED, most)
        if wrong and self.unit_key is None:
            raise several(
                "the offsets of spans seem to be wrong; correct them, or set download.dataset.language if words are "
                "split wrongly:",
                wrong,
            )
        if wrong:
            raise several(
                "the offsets of spans seem to be wrong; correct them, or set download.dataset.language if words are "
                "split wrongly; to read them as they are, set download.dataset.offsets to their unit:",
                wrong,
            )

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        """Read the texts of a file; errors of single texts and spans are collected.

        Raises:
            UserError: the file is malformed, or has too many errors.
        """
        return self.form.read(path, self, errors)

    def read(self, path: Path) -> Iterator[Sentence]:
        """See `Files.read`.

        Raises:
            UserError: texts or spans are malformed, all in one message; or there is no text.
        """
        errors = Errors(path)
        unit = self.unit(path)
        empty = True
        with errors.collected():
            for number, text in enumerate(self.texts(path, errors), 1):
                empty = False
                with errors.collected():
                    yield from self._sentences(text, number, unit, errors)
        if len(errors.messages) == 1:
            raise UserError(errors.messages[0])
        if errors.messages:
            raise UserError(list_errors(errors.messages, path))
        if empty:
            raise UserError(f"{path}: no text; expected at least one")

    def unit(self, path: Path) -> Unit:
        """The unit in which a file counts offsets."""
        if self.unit_key is None:
            return "code_points"
        if self.unit_key != "auto":
            return self.unit_key
        return detect(self._spans(path), self._words, self.form.default_unit)

    def _spans(self, path: Path) -> Iterator[tuple[str, Words | None, list[Span]]]:
        """The texts of a file, each with its words and the spans of all annotators, for `detect`."""
        for text in self.texts(path, Errors(path)):
            yield text.text, text.words, list(_spans(text))

    def _words(self, text: str) -> list[tuple[int, int]]:
        return split_text(text, self.language, self.split_words)

    def _sentences(self, text: AnnotatedText, number: int, unit: Unit, errors: Errors) -> Iterator[Sentence]:
        """Yield a text as one sentence, or its sentences, of which the first has all notes."""
        words = self._words(text.text) if text.words is None else text.words
        annotations, wrong = _in_code_points(text, unit)
        spans, left_out = self._selected(annotations, text, words)
        notes = [*text.notes, *wrong, *_renamed(text)]
        of_types = Counter(note.type for note in notes if note.type)
        notes += [Note(DISPUTED, f"{text.location}: {describe(span, text.text)}") for span in left_out]
        sentence = Sentence(text.location, [], {self.tag_column: []}, text.id, text.document)
        sentence = replace(sentence, agreement=compare(annotations, words))
        if spans is None or not words:
            notes.append(Note("unannotated_texts" if words else "empty_texts", text.location))
            yield replace(sentence, notes=tuple(notes), spans=of_types)
            return
        tags, changes = self._tags(text, words, spans, unit, errors)
        marked = Counter(span.label for span in spans)
        sentence = replace(
            sentence,
            words=[text.text[start:end] for start, end in words],
            tags={self.tag_column: tags},
            notes=(*notes, *changes),
            surface=self._surface(text),
            spans=of_types + marked,
            annotated_types=_annotated_types(text, marked),
        )
        if self.sentences == "whole" or text.document is not None:
            yield sentence
        else:
            yield from self._cut(sentence, text, words, number)

    def _tags(
        self, text: AnnotatedText, words: Words, spans: Sequence[Span], unit: Unit, errors: Errors
    ) -> tuple[list[str | None], list[Note]]:
        """The tags of the words by the policies, and notes on what they do not represent."""
        policies = (self.misaligned_spans, self.overlaps)
        tags, changes = to_tags(text.text, words, spans, policies, text.location)
        if text.known is not None:
            bounds = boundaries(text.text, unit)
            known = errors.of_each(text.known, to_code_points, text.text, unit, bounds, text.location)
            tags = without_unknown(tags, words, known)
        if self.sentences == "whole" and text.document is None and len(words) > MOST_WORDS:
            changes.append(Note(LONG, f"{text.location}: {len(words):,} words"))
        return tags, changes

    def _selected(self, annotations: Sequence[Annotation], text: AnnotatedText, words: Words) -> Selected:
        """Choose from the annotations of a text."""
        if self.annotator_key is None:
            return annotations[0].spans if annotations else None, []
        return select(annotations, text.decided_by or self.annotator_key, text.location, words)

    def _surface(self, text: AnnotatedText) -> Surface | None:
        """How raw text is written, which words that were joined by spaces do not show."""
        if text.words is None or self.split_words == "spaces":
            return None
        return Surface(text.text, text.words)

    def _cut(self, whole: Sentence, text: AnnotatedText, words: Words, number: int) -> Iterator[Sentence]:
        """Cut a text into its sentences, except inside of spans; the first sentence has all notes."""
        tags = whole.tags[self.tag_column]
        *inner, last = ends_among(words, text.sentences or split_sentences(text.text, self.language))
        crossed = [end for end in inner if (tags[end] or "").startswith("I-")]
        joined = [Note(JOINED, f"{text.location}: before {quoted(whole.words[end])}") for end in crossed]
        ends = [*(end for end in inner if end not in crossed), last]
        whole = replace(whole, notes=(*whole.notes, *joined))
        for index, (begin, end) in enumerate(pairwise([0, *ends]), 1):
            yield replace(
                whole,
                words=whole.words[begin:end],
                tags={self.tag_column: tags[begin:end]},
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


def several(first_line: str, lines: Sequence[str]) -> UserError:
    """An error with a line for each split or kind below the first one."""
    return UserError("\n  ".join([first_line, *lines]))


def lines_of_many(findings: Mapping[str, Findings], kind: str, most: float = MOST_MISALIGNED) -> list[str]:
    """A line for each split in which more than a share of the spans, and not only a few, are of a kind."""
    lines = []
    for split, of_split in findings.items():
        if of_split.counts[kind] > max(FEW_MISALIGNED, most * of_split.spans.total()):
            lines.append(f"{split}: {of_split.line(kind)}")
    return lines


def loses_much(findings: Mapping[str, Findings]) -> bool:
    """Whether overlaps cost a type more than a quarter of its spans, which are given by split."""
    spans: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for of_split in findings.values():
        spans += of_split.spans
        lost += of_split.noted_spans[OVERLAPPING]
    return any(count > max(FEW_MISALIGNED, MOST_MISALIGNED * spans[type_]) for type_, count in lost.items())


def _spans(text: AnnotatedText) -> Iterator[Span]:
    """The spans of all annotators."""
    for annotation in text.annotations:
        yield from annotation.spans


def _in_code_points(text: AnnotatedText, unit: Unit) -> tuple[list[Annotation], list[Note]]:
    """Convert the annotations of a text; also return a note for each span that is wrong."""
    bounds = boundaries(text.text, unit)
    annotations = []
    notes = []
    for annotation in text.annotations:
        spans = []
        for span in annotation.spans:
            name = _name(span.label)
            try:
                converted = to_code_points(span, text.text, unit, bounds, text.location)
            except UserError as error:
                notes.append(Note(WRONG, str(error), name))
            else:
                spans.append(converted._replace(label=name))
        annotations.append(Annotation(annotation.annotator, spans))
    return annotations, notes


def _annotated_types(text: AnnotatedText, marked: Iterable[str]) -> list[str] | None:
    """The types that annotators could choose, and those that they marked."""
    if text.types is None:
        return None
    return sorted({*map(_name, text.types), *marked})


def _name(label: str) -> str:
    """The name of a type without spaces around it, in NFC: names that look the same are one type."""
    return normalize("NFC", label.strip())


def _renamed(text: AnnotatedText) -> Iterator[Note]:
    for span in _spans(text):
        name = _name(span.label)
        if name != span.label:
            # As ASCII, since NFC and NFD look alike.
            yield Note(RENAMED, f"{text.location}: {shortened(ascii(span.label))} is read as {shortened(ascii(name))}")
