"""Files of annotated texts: what the formats of annotation tools share.

A format reads texts with spans. Here the text is split into words, unless the file has them, and spans become one IOB2
tag per word. What no tags can represent follows the policies of params.yaml and is counted, and errors of a file are
reported together.
"""

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar
from unicodedata import normalize

from tagline.core.findings import Findings
from tagline.core.params import list_errors
from tagline.sources.formats.annotators import ONLY, POLICIES, Annotation, Row, Selected, compare, grouped, select
from tagline.sources.formats.base import Files, Key, TagColumn, TextFiles
from tagline.sources.formats.json_objects import first_rows, read_rows
from tagline.sources.formats.offsets import MOST_MISALIGNED, Offsets, Span, Unit, boundaries, detect, to_code_points
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.sources.formats.span_tags import MisalignedSpans, Overlaps, describe, to_tags, without_unknown
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted, shortened
from tagline.text.languages import splitter
from tagline.text.sentence import Note, Sentence, Surface
from tagline.text.sentences import ends_among, split_sentences

# Start and end of each word in code points.
Bounds = Sequence[tuple[int, int]]
S = TypeVar("S")

# Errors of a file after which it is not read further.
MOST_ERRORS = 20
# Fewer misaligned spans in a split do not show that the offsets are wrong.
FEW_MISALIGNED = 10
JOINED, LONG, RENAMED, DISPUTED = "joined_sentences", "long_texts", "renamed_types", "disputed_spans"
WRONG = "wrong_spans"
# A longer text is rarely one sentence.
MOST_WORDS = 200
# Of a file of one annotator in a folder.
SUFFIXES = (".jsonl", ".jsonl.gz")


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


class TooManyErrors(UserError):
    """All errors of a file that is not read further."""


# Other white space, such as a no-break space, can be part of a word.
_BETWEEN_SPACES = re.compile(r"[^ \t\r\n]+")


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


class AnnotatedFiles(Files):
    """Texts with spans in characters. A format is a subclass with `texts`."""

    # What a format counts in addition, and what it means.
    counted: ClassVar[Mapping[str, str]] = {}

    tag_column: TagColumn
    misaligned_spans: MisalignedSpans = "error"
    overlaps: Overlaps = "error"
    sentences: Literal["whole", "split"] = "whole"
    split_words: Literal["rules", "spaces"] = "rules"

    @property
    def tag_columns(self) -> list[str]:
        """The only tag column, in IOB2."""
        return [self.tag_column]

    @abstractmethod
    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        """Read the texts of a file; errors of single texts and spans are collected.

        Raises:
            UserError: the file is malformed, or has too many errors.
        """

    @property
    def meanings(self) -> dict[str, str]:
        aligned = {"error": "", "expand": ", expanded to whole words", "drop": ", dropped"}
        kept = {"error": "", "longest": ", of which the longest is kept", "first": ", of which the first is kept"}
        joined = {JOINED: "sentences that share a span with the next one, joined"}
        whole = {LONG: f"texts of more than {MOST_WORDS} words, read as one sentence; sentences: split cuts them"}
        return {
            "misaligned_spans": f"spans that begin or end inside a word{aligned[self.misaligned_spans]}",
            "overlapping_spans": f"spans that share a word with another one{kept[self.overlaps]}",
            "duplicate_spans": "spans that are in a text twice, read once",
            WRONG: "spans that are empty, outside of their text or not their mention, left out",
            RENAMED: "spans whose type is read without spaces around it, in the Unicode form NFC",
            "empty_texts": "texts without words, left out",
            "unannotated_texts": "texts without an annotation, left out",
            **(joined if self.sentences == "split" else whole),
            **self.counted,
        }

    @property
    def refused(self) -> dict[str, str]:
        """The kinds of notes that are errors, and how to allow them."""
        refused = {}
        if self.misaligned_spans == "error":
            refused["misaligned_spans"] = "set download.dataset.misaligned_spans to expand or drop"
        if self.overlaps == "error":
            refused["overlapping_spans"] = "set download.dataset.overlaps to longest or first"
        return refused

    def report(self, findings: Mapping[str, Findings]) -> str:
        """Count what was changed or left out.

        Raises:
            UserError: the offsets seem to be wrong, or a policy does not allow what was found.
        """
        # Params that name a unit say that offsets are right.
        most = 1 if isinstance(self, OffsetFiles) and self.offsets != "auto" else MOST_MISALIGNED
        if wrong := lines_of_many(findings, WRONG):
            lines = "\n  ".join(wrong)
            raise UserError(
                f"too many spans do not fit their texts; correct them, or export the files again:\n  {lines}"
            )
        if wrong := lines_of_many(findings, "misaligned_spans", most):
            remedy = "correct them, or set download.dataset.language if words are split wrongly"
            if isinstance(self, OffsetFiles):
                remedy += "; to read them as they are, set download.dataset.offsets to their unit"
            raise UserError("\n  ".join([f"the offsets of spans seem to be wrong; {remedy}:", *wrong]))
        errors = [
            f"{split}: {each.line(kind)}; {remedy}"
            for split, each in findings.items()
            for kind, remedy in self.refused.items()
            if each.counts[kind]
        ]
        if errors:
            raise UserError(
                "\n  ".join(["spans that tags cannot represent; correct them, or choose a policy:", *errors])
            )
        return super().report(findings)

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
                    yield from self._read_text(text, number, unit, errors)
        if errors.messages:
            only = len(errors.messages) == 1
            raise UserError(errors.messages[0] if only else list_errors(errors.messages, path))
        if empty:
            raise UserError(f"{path}: no text; expected at least one")

    def unit(self, path: Path) -> Unit:
        """The unit in which a file counts offsets."""
        return "code_points"

    def selected(self, annotations: Sequence[Annotation], location: str, words: Bounds) -> Selected:
        """Choose from the annotations of a text."""
        return annotations[0].spans if annotations else None, []

    def _read_text(self, text: AnnotatedText, number: int, unit: Unit, errors: Errors) -> Iterator[Sentence]:
        """Yield a text as one sentence, or its sentences, of which the first has all notes."""
        bounds = boundaries(text.text, unit)
        wrong: list[Note] = []

        def converted(spans: Iterable[Span]) -> Iterator[Span]:
            for span in spans:
                name = _name(span.label)
                try:
                    yield to_code_points(span, text.text, unit, bounds, text.location)._replace(label=name)
                except UserError as error:
                    wrong.append(Note(WRONG, str(error), name))

        annotations = [Annotation(each.annotator, list(converted(each.spans))) for each in text.annotations]
        words = self._words(text.text) if text.words is None else text.words
        agreement = compare(annotations, words)
        spans, left_out = self.selected(annotations, text.location, words)
        noted = [*text.notes, *wrong, *_renamed(text)]
        not_read = Counter(note.type for note in noted if note.type)
        noted += [Note(DISPUTED, f"{text.location}: {describe(span, text.text)}") for span in left_out]
        if spans is None or not words:
            kind = "unannotated_texts" if words else "empty_texts"
            notes = (*noted, Note(kind, text.location))
            left = Sentence(text.location, [], {self.tag_column: []}, text.id, text.document, notes, agreement)
            yield replace(left, spans=not_read)
            return
        tags, changes = to_tags(text.text, words, spans, (self.misaligned_spans, self.overlaps), text.location)
        if text.known is not None:
            known = errors.of_each(text.known, to_code_points, text.text, unit, bounds, text.location)
            tags = without_unknown(tags, words, known)
        if self.sentences == "whole" and text.document is None and len(words) > MOST_WORDS:
            changes.append(Note(LONG, f"{text.location}: {len(words):,} words"))
        content = [text.text[start:end] for start, end in words]
        # Words that were joined by spaces do not show how raw text is written.
        surface = None if text.words is None or self.split_words == "spaces" else Surface(text.text, words)
        notes = (*noted, *changes)
        whole = Sentence(text.location, content, {self.tag_column: tags}, text.id, text.document, notes, agreement)
        marked = Counter(span.label for span in spans)
        types = None if text.types is None else sorted({*map(_name, text.types), *marked})
        whole = replace(whole, surface=surface, spans=not_read + marked, annotated_types=types)
        keep = self.sentences == "whole" or text.document is not None
        yield from [whole] if keep else self._cut(whole, text, words, number)

    def _cut(self, whole: Sentence, text: AnnotatedText, words: Bounds, number: int) -> Iterator[Sentence]:
        """Cut a text into its sentences, except inside of spans; the first sentence has all notes."""
        tags = whole.tags[self.tag_column]
        ends = ends_among(words, text.sentences or split_sentences(text.text, self.language))
        crossed = [end for end in ends[:-1] if (tags[end] or "").startswith("I-")]
        joined = [Note(JOINED, f"{text.location}: before {quoted(whole.words[end])}") for end in crossed]
        parts = pairwise([0, *(end for end in ends if end not in crossed)])
        for index, (begin, end) in enumerate(parts, 1):
            yield replace(
                whole,
                words=whole.words[begin:end],
                tags={self.tag_column: tags[begin:end]},
                id=None if text.id is None else f"{text.id}-{index}",
                document=number if text.id is None else text.id,
                notes=(*whole.notes, *joined),
                surface=None if whole.surface is None else whole.surface.part(begin, end),
            )
            joined, whole = [], replace(whole, notes=(), agreement=Counter(), spans=Counter())

    def _words(self, text: str) -> list[tuple[int, int]]:
        """Split a text into words: by the rules of its language, or where words were joined by spaces before."""
        if self.split_words == "rules":
            return splitter(self.language)(text)
        return [match.span() for match in _BETWEEN_SPACES.finditer(text)]


def lines_of_many(findings: Mapping[str, Findings], kind: str, most: float = MOST_MISALIGNED) -> list[str]:
    """A line for each split in which more than a share of the spans, and not only a few, are of a kind."""
    return [
        f"{split}: {each.line(kind)}"
        for split, each in findings.items()
        if each.counts[kind] > max(FEW_MISALIGNED, most * each.spans.total())
    ]


def loses_much(findings: Mapping[str, Findings]) -> bool:
    """Whether overlaps cost a type more than a quarter of its spans, which are given by split."""
    spans = sum((each.spans for each in findings.values()), Counter())
    lost = sum((each.noted_spans["overlapping_spans"] for each in findings.values()), Counter())
    return any(count > max(FEW_MISALIGNED, MOST_MISALIGNED * spans[type_]) for type_, count in lost.items())


class OffsetFiles(AnnotatedFiles):
    """Files whose tool counts offsets in a unit of its own."""

    default_unit: ClassVar[Unit] = "code_points"

    offsets: Offsets = "auto"

    def unit(self, path: Path) -> Unit:
        if self.offsets != "auto":
            return self.offsets
        texts = self.texts(path, Errors(path))
        return detect(
            ((text.text, text.words, [span for each in text.annotations for span in each.spans]) for text in texts),
            self._words,
            self.default_unit,
        )


class RowFiles(TextFiles, AnnotatedFiles):
    """Texts in JSON objects, of which several can be annotations of one text.

    A format is a subclass with `text_of`, and either ``signs`` or `guess`.
    """

    # The keys that show that rows are of this format.
    signs: ClassVar[frozenset[str]]
    # What rows of one text have in common; None: each row is a text.
    common_key: ClassVar[str | None] = None

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        rows = first_rows(sample)
        keys = cls.guess(rows) if rows else None
        return None if keys is None else {**SPANS, **keys}

    @classmethod
    def guess(cls, rows: Sequence[Mapping[str, Any]]) -> Guess | None:
        """Guess the keys of a file by its first rows; None if it has another format."""
        return {} if all(cls.signs <= row.keys() for row in rows) else None

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield the rows of all files; the location of a row begins with its file."""
        return (Row(*row) for file in self.files(path) for row in read_rows(file, self.encoding))

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        key = self.common_key
        for rows in grouped(lambda: self.rows(path), key) if key else ([row] for row in self.rows(path)):
            with errors.collected():
                yield self.text_of(rows, errors)

    @abstractmethod
    def text_of(self, rows: Sequence[Row], errors: Errors) -> AnnotatedText:
        """Read the text of some rows; errors of single spans are collected.

        Raises:
            UserError: a row is malformed, or does not fit the others.
        """


class AnnotatorFiles(TextFiles, OffsetFiles):
    """Texts that several people may have annotated."""

    annotators: Key = ONLY

    def files(self, path: Path) -> list[Path]:
        """The files in a folder with one per annotator, sorted by name, or the file itself.

        Raises:
            UserError: the folder holds something else; only what is hidden is passed over.
        """
        if not path.is_dir():
            return [path]
        files = sorted(each for each in path.iterdir() if not each.name.startswith("."))
        for file in files:
            if not file.is_file() or not file.name.endswith(SUFFIXES):
                what = "a folder" if file.is_dir() else "another file" if file.is_file() else "a broken link"
                expected = f"expected {path} to hold only files {' or '.join(SUFFIXES)}, one per annotator"
                raise UserError(f"{file}: {what}; {expected}; rename it, or move it away")
        return files

    @property
    def meanings(self) -> dict[str, str]:
        by = "" if self.annotators in POLICIES else f" by {quoted(self.annotators)}"
        return {
            **super().meanings,
            DISPUTED: "spans that too few annotators marked, left out",
            "unannotated_texts": f"texts without an annotation{by}, left out",
        }

    def selected(self, annotations: Sequence[Annotation], location: str, words: Bounds) -> Selected:
        return select(annotations, self.annotators, location, words)


def shared_text(rows: Sequence[Row], key: str) -> str:
    """The text of rows with one id, each by an annotator; see `shared` and `Row.text`."""
    return shared(rows, lambda row: row.text(key))


def shared(rows: Sequence[Row], content: Callable[[Row], S]) -> S:
    """The content of rows with one id, each by an annotator.

    Raises:
        UserError: they have different contents, so that spans of one would mark words of another.
    """
    first, *others = rows
    common = content(first)
    for other in others:
        if content(other) != common:
            raise UserError(
                f"{other.location}: another text than at {first.location}, but the same id; expected annotations of "
                "one text; read files of different texts by a pattern such as *.jsonl, or give each text its own id"
            )
    return common


def _name(label: str) -> str:
    """The name of a type without spaces around it, in NFC: names that look the same are one type."""
    return normalize("NFC", label.strip())


def _renamed(text: AnnotatedText) -> Iterator[Note]:
    for span in (span for each in text.annotations for span in each.spans):
        if (name := _name(span.label)) != span.label:
            # As ASCII, since NFC and NFD look alike.
            yield Note(RENAMED, f"{text.location}: {shortened(ascii(span.label))} is read as {shortened(ascii(name))}")
