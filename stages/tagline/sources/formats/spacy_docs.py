"""spaCy's training data: a DocBin (``.spacy``), or a JSON list of ``["Ada in Oslo", {"entities": [[0, 3, "PER"]]}]``.

The content decides which. JSON may also be an object whose ``annotations`` are this list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from tagline.core.reading import reading
from tagline.sources.formats.annotated import AnnotatedText, Errors, OffsetFiles
from tagline.sources.formats.annotators import Annotation, Row
from tagline.sources.formats.base import Key
from tagline.sources.formats.offsets import Unit, list_to_span, new_span
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal.command_line import extra
from tagline.terminal.errors import UserError
from tagline.terminal.escaping import quoted

if TYPE_CHECKING:
    from spacy.tokens import Doc

EXPECTED = "a DocBin of spaCy, or a JSON list of texts with their entities"

# A list of lists, or what the tool "NER Annotator for spaCy" writes.
_TUPLES = re.compile(r'\s*(\[\s*\[\s*"|\{\s*"classes")')


class SpacyFiles(OffsetFiles):
    """Training data of spaCy: the entities of its documents, or a span group."""

    holds: ClassVar[str] = "a DocBin (.spacy), or a JSON list of training tuples"

    format: Literal["spacy"]
    span_group: Key | None = None

    @classmethod
    def sniff(cls, sample: Sample) -> Guess | None:
        tuples = _TUPLES.match(sample.text) and '"entities"' in sample.text
        return {**SPANS} if tuples or sample.path.suffix == ".spacy" else None

    def unit(self, path: Path) -> Unit:
        return super().unit(path) if _is_json(path) else "code_points"

    def texts(self, path: Path, errors: Errors) -> Iterator[AnnotatedText]:
        is_json = _is_json(path)
        for number, value in enumerate(_tuples(path) if is_json else _docs(path), 1):
            location = f"{path}: row {number}"
            with errors.collected():
                yield _of_tuple(value, location, errors) if is_json else self._of_doc(value, location)

    def _of_doc(self, doc: Doc, location: str) -> AnnotatedText:
        """A document with its tokens, except those of white space."""
        known = None
        if self.span_group is None:
            annotated, spans = doc.has_annotation("ENT_IOB"), doc.ents
            if not all(token.ent_iob for token in doc):  # of some it is missing whether they are O
                tokens = [(each.idx, each.idx + len(each)) for each in doc if each.ent_iob]
                known = [new_span(*token, "annotated", location) for token in tokens]
        else:
            annotated, spans = self.span_group in doc.spans, doc.spans.get(self.span_group, [])
        labelled = [new_span(span.start_char, span.end_char, span.label_, location) for span in spans]
        words = [(token.idx, token.idx + len(token)) for token in doc if not token.text.isspace()]
        has_sentences = doc.has_annotation("SENT_START")
        sentences = [(each.start_char, each.end_char) for each in doc.sents] if has_sentences else None
        annotations = [Annotation("", labelled)] if annotated else []
        return AnnotatedText(location, doc.text, annotations, words=words, sentences=sentences, known=known)


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
