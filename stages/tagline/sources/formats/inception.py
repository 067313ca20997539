r"""INCEpTION's export as WebAnno TSV 3: a sentence of the document is a sentence here, and its tokens are the words.

There is a token per line, with a column per feature of each layer, which the header ``#T_SP=LAYER|FEATURE`` names.
``PER[1]`` in several lines is one span, ``PER[1]|ORG[2]`` are two spans of one token, ``_`` means no span, ``*`` is a
span without a value, a backslash escapes. Offsets count UTF-16 units of the document. Lines with numbers such as
``1-3.1`` are parts of tokens.
https://inception-project.github.io/releases/38.0/docs/user-guide.html#sect_webannotsv
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.lines import UTF_8_REMEDY, paragraphs, read_lines
from tagline.sources.formats.offsets import Span, boundaries
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal import UserError, quoted
from tagline.text.sentence import Note

HEADER = "#FORMAT=WebAnno TSV 3"
_ROW = re.compile(r"\d+-\d+(\.\d+)?\t(\d{1,15})-(\d{1,15})\t([^\t]+)\t?(.*)")
_VALUE = re.compile(r"((?:[^|\\]|\\.)+?)(?:\[(\d+)\])?(?:\||$)")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"t": "\t", "n": "\n", "r": "\r"}
# The text of a sentence, its rows with their locations, and the column of the feature in these.
Block = tuple[str, Sequence[tuple[str, str]], int]


class Inception(AnnotatedFiles):
    """A feature of a span layer."""

    own_notes = ("unlabelled_spans",)

    format: Literal["inception"]
    span_layer: Key = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    feature: Key = "value"

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        if not sample.lines or not sample.lines[0].startswith(HEADER):
            return None
        features = _features(enumerate(sample.lines))
        default = tuple(cls.model_fields[key].default for key in ("span_layer", "feature"))
        layer, feature = default if default in features or not features else features[0]
        return {**SPANS, "span_layer": layer, "feature": feature}

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        for text, rows, column in _blocks(path, self):
            yield _text(text, rows, column)


def _blocks(path: Path, keys: Inception) -> Iterator[Block]:
    features: list[tuple[str, str]] = []
    for index, lines in enumerate(paragraphs(read_lines(path, remedy=UTF_8_REMEDY))):
        if index == 0 and not lines[0][1].startswith(HEADER):
            raise UserError(f"{path}:1: {quoted(lines[0][1])}; expected {HEADER}.3; export the document as WebAnno TSV")
        features += _features(lines)
        rows = [(f"{path}:{number}", line) for number, line in lines if not line.startswith("#")]
        if rows and (keys.span_layer, keys.feature) not in features:
            raise UserError(
                f"{path}: no feature {keys.feature!r} of layer {keys.span_layer!r}; the file has "
                f"{', '.join(map(' '.join, features)) or 'none'}; see download.dataset.span_layer and feature in "
                "params.yaml"
            )
        if rows:
            text = "\n".join(map(_unescaped, _after("#Text=", lines)))
            yield text, rows, features.index((keys.span_layer, keys.feature))


def _features(lines: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    """Layer and feature of each column in a header; without features, one without name."""
    features = []
    for layer_and_features in _after("#T_SP=", lines):
        layer, *names = layer_and_features.split("|")
        features += [(layer, name) for name in names or [""]]
    return features


def _after(prefix: str, lines: Iterable[tuple[int, str]]) -> list[str]:
    """What follows a prefix in lines that begin with it."""
    return [line.removeprefix(prefix) for _, line in lines if line.startswith(prefix)]


def _text(text: str, rows: Sequence[tuple[str, str]], column: int) -> AnnotatedText:
    words: list[tuple[int, int]] = []
    spans: dict[str, Span] = {}
    notes = []
    for location, part, start, end, cells in _tokens(text, rows):
        if part is None:
            words.append((start, end))
        for value, reference in _values(cells, column):
            key = reference or f"{location} {len(spans)}"
            if key not in spans and not value:
                notes.append(Note("unlabelled_spans", location))
            before = spans.setdefault(key, Span(start, end, value))
            spans[key] = before._replace(end=max(before.end, end))
    annotation = Annotation("", [span for span in spans.values() if span.label])
    return AnnotatedText(rows[0][0], text, [annotation], words=words, document=1, notes=notes)


def _tokens(text: str, rows: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str | None, int, int, str]]:
    """Yield each row's location, part of a word or None, start and end in the text, and cells."""
    bounds = dict(enumerate(boundaries(text, "utf16")))
    begin: int | None = None
    for location, line in rows:
        match = _ROW.fullmatch(line)
        if match is None:
            raise UserError(f"{location}: {quoted(line)} is not a token; expected SENTENCE-TOKEN, START-END, word")
        part, first, last, form, cells = match.groups()
        begin = int(first) if begin is None else begin
        start, end = (bounds.get(int(offset) - begin, 0) for offset in (first, last))
        if text[start:end] != _unescaped(form):
            raise UserError(f"{location}: {quoted(form)} is not at its offsets in the text {quoted(text)}")
        yield location, part, start, end, cells


def _values(cells: str, column: int) -> Iterator[tuple[str, str]]:
    """The values of a cell, perhaps empty, and their references."""
    of_columns = cells.split("\t")
    if column < len(of_columns) and of_columns[column] != "_":
        for value, reference in _VALUE.findall(of_columns[column]):
            yield "" if value == "*" else _unescaped(value), reference


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _CONTROL.get(match[1], match[1]), text)
