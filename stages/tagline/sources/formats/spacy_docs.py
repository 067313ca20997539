"""spaCy's training data: a DocBin (``.spacy``), or a JSON list of ``["Ada in Oslo", {"entities": [[0, 3, "PER"]]}]``.

The content decides which. JSON may also be an object whose ``annotations`` are this list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tagline.core.params import Section
from tagline.core.reading import reading
from tagline.sources.formats.annotated import AnnotatedText, Errors, OffsetKeys, TextFormat
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.offsets import Unit, list_to_span, new_span
from tagline.sources.formats.rows import Row
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal.command_line import extra
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted

if TYPE_CHECKING:
    from spacy.tokens import Doc

EXPECTED = "a DocBin of spaCy, or a JSON list of texts with their entities"

# A list of lists, or what the tool "NER Annotator for spaCy" writes.
_TUPLES = re.compile(r'\s*(\[\s*\[\s*"|\{\s*"classes")')


class Keys(Section):
    """The entities of documents are read, or a span group."""

    format: Literal["spacy"]
    span_group: Key | None = None


def recognise(sample: Sample) -> Guess | None:
    """Guess the keys of a file."""
    is_tuples = _TUPLES.match(sample.text) and '"entities"' in sample.text
    return {**SPANS} if is_tuples or sample.path.suffix == ".spacy" else None


def unit(path: Path) -> Unit | None:
    """A DocBin has tokens, and offsets in code points."""
    return None if _is_json(path) else "code_points"


def read(path: Path, keys: Keys, errors: Errors) -> Iterator[AnnotatedText]:
    """Read a text per document or tuple."""
    if _is_json(path):
        for number, value in enumerate(_tuples(path), 1):
            with errors.collected():
                yield _of_tuple(value, f"{path}: row {number}", errors)
    else:
        for number, doc in enumerate(_docs(path), 1):
            with errors.collected():
                yield _of_doc(doc, f"{path}: row {number}", keys.span_group)


def _of_doc(doc: Doc, location: str, span_group: str | None) -> AnnotatedText:
    """A document with its tokens, except those of white space."""
    annotated_parts = None
    if span_group is None:
        is_annotated = doc.has_annotation("ENT_IOB")
        spans = doc.ents
        if not all(token.ent_iob for token in doc):  # of some it is missing whether they are O
            annotated_parts = [
                new_span(token.idx, token.idx + len(token), "annotated", location) for token in doc if token.ent_iob
            ]
    else:
        is_annotated = span_group in doc.spans
        spans = doc.spans.get(span_group, [])
    labelled = [new_span(span.start_char, span.end_char, span.label_, location) for span in spans]
    sentences = None
    if doc.has_annotation("SENT_START"):
        sentences = [(sentence.start_char, sentence.end_char) for sentence in doc.sents]
    return AnnotatedText(
        location,
        doc.text,
        [Annotation("", labelled)] if is_annotated else [],
        words=[(token.idx, token.idx + len(token)) for token in doc if not token.text.isspace()],
        sentences=sentences,
        known=annotated_parts,
    )


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1) in (b"[", b"{", b" ", b"\n", b"\xef")


def _docs(path: Path) -> Iterator[Doc]:
    with extra("spacy", f"{path}: the format spacy"):
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    with reading(path, problem="not a DocBin, or damaged", expected=EXPECTED):
        yield from DocBin().from_bytes(path.read_bytes()).get_docs(Vocab())


def _tuples(path: Path) -> list[Any]:
    with reading(path, problem="not JSON", expected=EXPECTED):
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        json.dumps(content, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    values = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(values, list):
        raise UserError(f"{path}: no list of texts; expected {EXPECTED}")
    return [value for value in values if value is not None]


def _of_tuple(value: Any, location: str, errors: Errors) -> AnnotatedText:
    text, annotations = value if isinstance(value, list) and len(value) == 2 else (None, None)
    if not isinstance(text, str) or not isinstance(annotations, dict):
        raise UserError(f"{location}: {quoted(value)} is not a text with its entities; expected {EXPECTED}")
    spans = errors.of_each(Row(location, annotations).items("entities"), list_to_span, location, "an entity")
    # Without entities spaCy takes them to be unknown.
    return AnnotatedText(location, text, [Annotation("", spans)] if "entities" in annotations else [])


FORMAT = TextFormat(
    keys=Keys,
    read=read,
    recognise=recognise,
    holds="a DocBin (.spacy), or a JSON list of training tuples",
    unit=unit,
    shared=(OffsetKeys,),
)
