"""spaCy's training data: a DocBin (``.spacy``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tagline.core import reading
from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.keys import Key
from tagline.sources.formats.offsets import Span, new_span
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal import extra

if TYPE_CHECKING:
    from spacy.tokens import Doc


class SpacyDocs(AnnotatedFiles):
    """The entities of documents are read, or a span group."""

    format: Literal["spacy"]
    span_group: Key | None = None

    @classmethod
    def recognise(cls, sample: Sample) -> Guess | None:
        return {**SPANS} if sample.path.suffix == ".spacy" else None

    def texts(self, path: Path) -> Iterator[AnnotatedText]:
        for number, doc in enumerate(_docs(path), 1):
            yield _text(doc, self, f"{path}: row {number}")


def _text(doc: Doc, keys: SpacyDocs, location: str) -> AnnotatedText:
    """A document with its tokens, but not white space."""
    known = None
    if keys.span_group is None:
        is_annotated = doc.has_annotation("ENT_IOB")
        spans = doc.ents
        if not all(token.ent_iob for token in doc):  # of some it is missing whether they are O
            known = [Span(token.idx, token.idx + len(token), "annotated") for token in doc if token.ent_iob]
    else:
        is_annotated = keys.span_group in doc.spans
        spans = doc.spans.get(keys.span_group, [])
    labelled = [new_span(span.start_char, span.end_char, span.label_, location) for span in spans]
    bounds = None
    if doc.has_annotation("SENT_START"):
        bounds = [(sentence.start_char, sentence.end_char) for sentence in doc.sents]
    return AnnotatedText(
        location,
        doc.text,
        [Annotation("", labelled)] if is_annotated else [],
        words=[(token.idx, token.idx + len(token)) for token in doc if not token.text.isspace()],
        sentences=bounds,
        known=known,
    )


def _docs(path: Path) -> Iterator[Doc]:
    with extra("spacy", f"{path}: the format spacy"):
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    with reading(path, problem="not a DocBin, or damaged", expected="a DocBin of spaCy"):
        yield from DocBin().from_bytes(path.read_bytes()).get_docs(Vocab())
