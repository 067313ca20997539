r"""INCEpTION's exports: UIMA CAS as XMI, with its TypeSystem.xml in the same folder, or as JSON; and WebAnno TSV 3.

The content decides which. A sentence of the document is a sentence here, and its tokens are the words.

WebAnno TSV has a token per line, with a column per feature of each layer, which the header ``#T_SP=LAYER|FEATURE``
names. ``PER[1]`` in several lines is one span, ``PER[1]|ORG[2]`` are two spans of one token, ``_`` means no span, ``*``
is a span without a value, a backslash escapes. Offsets count UTF-16 units of the document. Lines with numbers such as
``1-3.1`` are parts of tokens.
https://inception-project.github.io/releases/38.0/docs/user-guide.html#sect_webannotsv
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from tagline.core.errors import UserError, extra
from tagline.core.reading import reading
from tagline.core.terminal import QUOTED, quoted, shortened
from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, Errors, new_span
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Key
from tagline.sources.formats.lines import UTF_8_REMEDY, paragraphs, read_lines
from tagline.sources.formats.offsets import Span, boundaries
from tagline.sources.formats.sniffing import SPANS, Keys, Sample
from tagline.text.sentence import Note

if TYPE_CHECKING:
    from cassis import Cas

CORE = "de.tudarmstadt.ukp.dkpro.core.api"
ANNOTATION = "uima.tcas.Annotation"
HEADER = "#FORMAT=WebAnno TSV 3"
SENTENCE, TOKEN = f"{CORE}.segmentation.type.Sentence", f"{CORE}.segmentation.type.Token"
_ROW = re.compile(r"\d+-\d+(\.\d+)?\t(\d{1,15})-(\d{1,15})\t([^\t]+)\t?(.*)")
_VALUE = re.compile(r"((?:[^|\\]|\\.)+?)(?:\[(\d+)\])?(?:\||$)")
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = {"t": "\t", "n": "\n", "r": "\r"}


class InceptionFiles(AnnotatedFiles):
    """Exports of INCEpTION: a feature of a span layer, by default the value of its named entities."""

    holds: ClassVar[str] = "INCEpTION's WebAnno TSV 3, or UIMA CAS as XMI or JSON"

    format: Literal["inception"]
    span_layer: Key = f"{CORE}.ner.type.NamedEntity"
    feature: Key = "value"

    @classmethod
    def sniff(cls, sample: Sample) -> Keys | None:
        if sample.lines and sample.lines[0].startswith(HEADER):
            layers = [line.removeprefix("#T_SP=").split("|") for line in sample.lines if line.startswith("#T_SP=")]
            found = [(layer, feature) for layer, *of_layer in layers for feature in of_layer if feature]
        elif ("<xmi:XMI" if sample.text.lstrip().startswith("<") else '"%FEATURE_STRUCTURES"') in sample.text:
            found = features(sample.path)
        else:
            return None
        default = tuple(cls.model_fields[key].default for key in ("span_layer", "feature"))
        chosen = default if default in found or not found else found[0]
        return {**SPANS, **({} if chosen == default else dict(zip(("span_layer", "feature"), chosen, strict=True)))}

    @property
    def meanings(self) -> dict[str, str]:
        return {**super().meanings, "unlabelled_spans": "spans without a value, left out"}

    def files(self, path: Path) -> list[Path]:
        return [path, path.with_name("TypeSystem.xml")] if _begins(path) == b"<" else [path]

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        if _begins(path) not in (b"<", b"{"):
            yield from _read_tsv(path, self.span_layer, self.feature, errors)
            return
        cas = _load(path)
        names = [type_.name for type_ in cas.typesystem.get_types()]
        if self.span_layer not in names:
            known = shortened(", ".join(sorted(names)), QUOTED)
            raise UserError(
                f"{path}: no layer {self.span_layer!r} (has {known}); see download.dataset.span_layer in params.yaml"
            )
        sentences = [(each.begin, each.end) for each in cas.select(SENTENCE)] if SENTENCE in names else []
        yield from self._sentences(cas, sorted(sentences) or [(0, len(cas.sofa_string))], TOKEN in names, path, errors)

    def _sentences(
        self, cas: Cas, sentences: list[tuple[int, int]], has_tokens: bool, path: Path, errors: Errors
    ) -> Iterator[AnnotatedText]:
        """The sentences of a document; cassis has converted offsets to code points."""
        begins = [begin for begin, _ in sentences]
        words: list[list[tuple[int, int]]] = [[] for _ in sentences]
        spans: list[list[Span]] = [[] for _ in sentences]
        notes: list[list[Note]] = [[] for _ in sentences]
        for token in cas.select(TOKEN) if has_tokens else []:
            index = bisect_right(begins, token.begin) - 1
            if index >= 0 and token.end <= sentences[index][1] and cas.sofa_string[token.begin : token.end].strip():
                words[index].append((token.begin - begins[index], token.end - begins[index]))
        for each in cas.select(self.span_layer):
            with errors.collected():
                location = f"{path}: {self.span_layer} {each.begin} to {each.end}"
                index = bisect_right(begins, each.begin) - 1
                if index < 0 or each.end > sentences[index][1]:
                    raise UserError(f"{location} is not inside one sentence of the document")
                label = each.get(self.feature)
                if label is None:
                    notes[index].append(Note("unlabelled_spans", location))
                else:
                    spans[index].append(new_span(each.begin - begins[index], each.end - begins[index], label, location))
        for index, (begin, end) in enumerate(sentences):
            text = cas.sofa_string[begin:end]
            annotations = [Annotation("", spans[index])]
            location = f"{path}: sentence {index + 1}"
            yield AnnotatedText(location, text, annotations, words=words[index] or None, document=1, notes=notes[index])


def features(path: Path) -> list[tuple[str, str]]:
    """The layers of a UIMA CAS whose annotations have a label, each with the feature, the most frequent first.

    Layers of DKPro Core other than its named entities, such as lemmas, are left out.

    Raises:
        UserError: the file is not a UIMA CAS, or damaged.
    """
    default = InceptionFiles.model_fields["span_layer"].default
    counts: Counter[tuple[str, str]] = Counter()
    for each in _load(path).select(ANNOTATION):
        layer = each.type.name
        if layer == default or not layer.startswith((CORE, "uima.")):
            names = [feature.name for feature in each.type.all_features]
            counts.update((layer, name) for name in names if name != "sofa" and isinstance(each.get(name), str))
    return [feature for feature, _ in counts.most_common()]


def _begins(path: Path) -> bytes:
    """The first character of a file, without a byte order mark."""
    with path.open("rb") as file:
        return file.read(16).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _load(path: Path) -> Cas:
    with extra("inception", f"{path}: the format inception"):
        import cassis
    is_xmi = _begins(path) == b"<"
    with reading(path, problem="not a UIMA CAS, or damaged", expected="XMI with its TypeSystem.xml, or JSON"):
        if is_xmi:
            types = cassis.load_typesystem(path.with_name("TypeSystem.xml"))
            cas = cassis.load_cas_from_xmi(path, typesystem=types)
        else:
            cas = cassis.load_cas_from_json(path.read_text(encoding="utf-8-sig"))
        if not isinstance(cas.sofa_string, str):
            raise ValueError("the document has no text")
    return cas


def _read_tsv(path: Path, layer: str, feature: str, errors: Errors) -> Iterator[AnnotatedText]:
    """Read WebAnno TSV sentence by sentence.

    Raises:
        UserError: the file has another format, or no such layer and feature.
    """
    columns: list[tuple[str, str]] = []
    for index, lines in enumerate(paragraphs(read_lines(path, remedy=UTF_8_REMEDY))):
        if index == 0 and not lines[0][1].startswith(HEADER):
            raise UserError(f"{path}:1: {quoted(lines[0][1])}; expected {HEADER}.3, or UIMA CAS as XMI or JSON")
        for layer_and_features in _after("#T_SP=", lines):
            name, *features = layer_and_features.split("|")
            columns += [(name, each) for each in features or [""]]
        rows = [(number, line) for number, line in lines if not line.startswith("#")]
        if rows:
            column = _column(columns, layer, feature, path)
            with errors.collected():
                yield _sentence_of_tsv("\n".join(map(_unescaped, _after("#Text=", lines))), rows, column, path)


def _after(prefix: str, lines: Iterable[tuple[int, str]]) -> list[str]:
    """What follows a prefix in the lines that begin with it."""
    return [line.removeprefix(prefix) for _, line in lines if line.startswith(prefix)]


def _column(columns: Sequence[tuple[str, str]], layer: str, feature: str, path: Path) -> int:
    if (layer, feature) not in columns:
        known = ", ".join(f"{name} {each}" for name, each in columns) or "none"
        raise UserError(
            f"{path}: no feature {feature!r} of layer {layer!r}; the file has {known}; see download.dataset.span_layer "
            "and feature in params.yaml"
        )
    return columns.index((layer, feature))


def _sentence_of_tsv(text: str, rows: Sequence[tuple[int, str]], column: int, path: Path) -> AnnotatedText:
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
