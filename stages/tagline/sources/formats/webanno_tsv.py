r"""WebAnno TSV 3, which INCEpTION exports: a token per line, with a column per feature of each layer.

The header ``#T_SP=LAYER|FEATURE`` names the columns. ``PER[1]`` in several lines is one span, ``PER[1]|ORG[2]`` are two
spans of one token, ``_`` means no span, ``*`` is a span without a value, a backslash escapes. Offsets count UTF-16
units of the document. Lines with numbers such as ``1-3.1`` are parts of tokens.

https://inception-project.github.io/releases/38.0/docs/user-guide.html#sect_webannotsv
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tagline.core.errors import UserError
from tagline.core.terminal import quoted
from tagline.sources.formats.annotated import AnnotatedText, Errors
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.lines import UTF_8_REMEDY, read_lines
from tagline.sources.formats.offsets import Span, boundaries
from tagline.text.sentence import Note

HEADER = "#FORMAT=WebAnno TSV 3"
_ROW = re.compile(r"\d+-\d+(\.\d+)?\t(\d{1,15})-(\d{1,15})\t([^\t]+)\t?(.*)")
_VALUE = re.compile(r"((?:[^|\\]|\\.)+?)(?:\[(\d+)\])?(?:\||$)")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"t": "\t", "n": "\n", "r": "\r"}
_FIRST_COLUMNS = 3  # of the line after those of the token


def read_sentences(path: Path, layer: str, feature: str, errors: Errors) -> Iterator[AnnotatedText]:
    """Read a file sentence by sentence.

    Raises:
        UserError: the file has another format, or no such layer and feature.
    """
    text: list[str] = []
    rows: list[tuple[int, str]] = []
    columns: list[tuple[str, str]] = []
    column: int | None = None
    for number, line in read_lines(path, remedy=UTF_8_REMEDY):
        if number == 1 and not line.startswith(HEADER):
            raise UserError(f"{path}:1: {quoted(line)}; expected {HEADER}.3, or UIMA CAS as XMI or JSON")
        if line.startswith("#T_SP="):
            name, *features = line.removeprefix("#T_SP=").split("|")
            columns += [(name, each) for each in features or [""]]
        elif line.startswith("#Text="):
            text.append(_unescaped(line.removeprefix("#Text=")))
        elif line and not line.startswith("#"):
            rows.append((number, line))
        elif not line and rows:
            column = _column(columns, layer, feature, path) if column is None else column
            with errors.collected():
                yield _sentence("\n".join(text), rows, column, path)
            text, rows = [], []
    if rows:
        with errors.collected():
            yield _sentence("\n".join(text), rows, _column(columns, layer, feature, path), path)


def _column(columns: Sequence[tuple[str, str]], layer: str, feature: str, path: Path) -> int:
    if (layer, feature) not in columns:
        known = ", ".join(f"{name} {each}" for name, each in columns) or "none"
        raise UserError(
            f"{path}: no feature {feature!r} of layer {layer!r}; the file has {known}; see download.dataset.span_layer "
            "and feature in params.yaml"
        )
    return columns.index((layer, feature))


def _sentence(text: str, rows: Sequence[tuple[int, str]], column: int, path: Path) -> AnnotatedText:
    location = f"{path}:{rows[0][0]}"
    bounds = boundaries(text, "utf16")
    words: list[tuple[int, int]] = []
    spans: dict[str, Span] = {}
    notes = []
    first = 0
    for number, line in rows:
        match = _ROW.fullmatch(line)
        if match is None:
            raise UserError(f"{path}:{number}: {quoted(line)} is not a token; expected SENTENCE-TOKEN, START-END, word")
        part, start, end, form, cells = match.groups()
        first = first if words else int(start)  # a sentence begins with its first token
        start, end = _inside(int(start) - first, int(end) - first, bounds)
        if text[start:end] != _unescaped(form):
            raise UserError(f"{path}:{number}: {quoted(form)} is not at its offsets in the text {quoted(text)}")
        if part is None:
            words.append((start, end))
        for value, reference in _values(cells, column):
            key = reference or f"{number} {len(spans)}"
            if key not in spans and not value:
                notes.append(Note("unlabelled_spans", f"{path}:{number}"))
            before = spans.setdefault(key, Span(start, end, value))
            spans[key] = before._replace(end=max(before.end, end))
    labelled = [span for span in spans.values() if span.label]
    return AnnotatedText(location, text, [Annotation("", labelled)], words=words, document=1, notes=notes)


def _inside(start: int, end: int, bounds: Sequence[int]) -> tuple[int, int]:
    """Convert offsets to code points; those outside the text become empty."""
    return (bounds[start], bounds[end]) if 0 <= start <= end < len(bounds) else (0, 0)


def _values(cells: str, column: int) -> Iterator[tuple[str, str | None]]:
    """The values of a cell with their references; an empty value if a span has none."""
    cell = (cells.split("\t") + [""] * column)[column]
    for value, reference in _VALUE.findall(cell if cell != "_" else ""):
        yield "" if value == "*" else _unescaped(value), reference or None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _CONTROL.get(match[1], match[1]), text)
