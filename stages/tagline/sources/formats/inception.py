r"""INCEpTION's export as WebAnno TSV 3: a sentence of the document is a sentence here, and its tokens are the words.

The file has a token per line, with a column per feature of each layer, which the header ``#T_SP=LAYER|FEATURE``
names. ``PER[1]`` in several lines is one span, ``PER[1]|ORG[2]`` are two spans of one token, ``_`` means no span, ``*``
is a span without a value, a backslash escapes. Offsets count UTF-16 units of the document. Lines with numbers such as
``1-3.1`` are parts of tokens.
https://inception-project.github.io/releases/38.0/docs/user-guide.html#sect_webannotsv
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.keys import Key
from tagline.sources.formats.lines import UTF_8_REMEDY, paragraphs, read_lines
from tagline.sources.formats.offsets import Span, boundaries
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note, Sentence

HEADER = "#FORMAT=WebAnno TSV 3"
_ROW = re.compile(r"\d+-\d+(\.\d+)?\t(\d{1,15})-(\d{1,15})\t([^\t]+)\t?(.*)")
_VALUE = re.compile(r"((?:[^|\\]|\\.)+?)(?:\[(\d+)\])?(?:\||$)")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"t": "\t", "n": "\n", "r": "\r"}


class Block(NamedTuple):
    """The text of a sentence, its numbered rows, the column of the feature in these, and the file."""

    text: str
    rows: Sequence[tuple[int, str]]
    column: int
    path: Path


class Keys(AnnotatedFiles):
    """A feature of a span layer, by default the value of its named entities."""

    format: Literal["inception"]
    span_layer: Key = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    feature: Key = "value"

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "unlabelled_spans": "spans without a value, left out"}


def recognise(sample: Sample) -> Guess | None:
    """Guess the keys of a file by its header."""
    if not sample.lines or not sample.lines[0].startswith(HEADER):
        return None
    features = _features(enumerate(sample.lines))
    fields = Keys.model_fields
    default = (fields["span_layer"].default, fields["feature"].default)
    named = [(layer, feature) for layer, feature in features if feature]
    if default in named or not named:
        return {**SPANS}
    layer, feature = named[0]
    return {**SPANS, "span_layer": layer, "feature": feature}


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read the sentences of a document."""
    return sentences(path, keys, _blocks(path, keys), _text)


def _blocks(path: Path, keys: Keys) -> Iterator[Block]:
    columns: list[tuple[str, str]] = []
    for index, lines in enumerate(paragraphs(read_lines(path, remedy=UTF_8_REMEDY))):
        if index == 0 and not lines[0][1].startswith(HEADER):
            raise UserError(f"{path}:1: {quoted(lines[0][1])}; expected {HEADER}.3; export the document as WebAnno TSV")
        columns += _features(lines)
        rows = [(number, line) for number, line in lines if not line.startswith("#")]
        if rows:
            column = _column(columns, keys.span_layer, keys.feature, path)
            yield Block("\n".join(map(_unescaped, _after("#Text=", lines))), rows, column, path)


def _features(lines: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    """The layer and the feature of each column that a header names; a layer without features has one without name."""
    features = []
    for layer_and_features in _after("#T_SP=", lines):
        layer, *names = layer_and_features.split("|")
        features += [(layer, name) for name in names or [""]]
    return features


def _after(prefix: str, lines: Iterable[tuple[int, str]]) -> list[str]:
    """What follows a prefix in the lines that begin with it."""
    return [line.removeprefix(prefix) for _, line in lines if line.startswith(prefix)]


def _column(columns: Sequence[tuple[str, str]], layer: str, feature: str, path: Path) -> int:
    if (layer, feature) not in columns:
        names = ", ".join(f"{layer_name} {name}" for layer_name, name in columns) or "none"
        raise UserError(
            f"{path}: no feature {feature!r} of layer {layer!r}; the file has {names}; see download.dataset.span_layer "
            "and feature in params.yaml"
        )
    return columns.index((layer, feature))


def _text(block: Block) -> AnnotatedText:
    words: list[tuple[int, int]] = []
    spans: dict[str, Span] = {}
    notes = []
    for location, is_part, (start, end), cells in _tokens(block):
        if not is_part:
            words.append((start, end))
        for value, reference in _values(cells, block.column):
            key = reference or f"{location} {len(spans)}"
            if key not in spans and not value:
                notes.append(Note("unlabelled_spans", location))
            before = spans.setdefault(key, Span(start, end, value))
            spans[key] = before._replace(end=max(before.end, end))
    labelled = [span for span in spans.values() if span.label]
    first = f"{block.path}:{block.rows[0][0]}"
    return AnnotatedText(first, block.text, [Annotation("", labelled)], words=words, document=1, notes=notes)


def _tokens(block: Block) -> Iterator[tuple[str, bool, tuple[int, int], str]]:
    """Yield the location of each token, whether it is a part of one, its start and end in the text, and its cells."""
    bounds = boundaries(block.text, "utf16")
    begin: int | None = None
    for number, line in block.rows:
        location = f"{block.path}:{number}"
        match = _ROW.fullmatch(line)
        if match is None:
            raise UserError(f"{location}: {quoted(line)} is not a token; expected SENTENCE-TOKEN, START-END, word")
        part, start, end, form, cells = match.groups()
        begin = int(start) if begin is None else begin
        place = _inside(int(start) - begin, int(end) - begin, bounds)
        if block.text[slice(*place)] != _unescaped(form):
            raise UserError(f"{location}: {quoted(form)} is not at its offsets in the text {quoted(block.text)}")
        yield location, part is not None, place, cells


def _inside(start: int, end: int, bounds: Sequence[int]) -> tuple[int, int]:
    """Convert offsets to code points; those outside the text become empty."""
    return (bounds[start], bounds[end]) if 0 <= start <= end < len(bounds) else (0, 0)


def _values(cells: str, column: int) -> Iterator[tuple[str, str | None]]:
    """The values of a cell with their references; an empty value if a span has none."""
    of_columns = cells.split("\t")
    if column >= len(of_columns) or of_columns[column] == "_":
        return
    for value, reference in _VALUE.findall(of_columns[column]):
        yield "" if value == "*" else _unescaped(value), reference or None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _CONTROL.get(match[1], match[1]), text)


FORMAT = Format(keys=Keys, read=read, recognise=recognise, holds="what INCEpTION exports as WebAnno TSV 3")
