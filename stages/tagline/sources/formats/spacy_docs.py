"""spaCy's training data: a DocBin (``.spacy``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tagline.core import reading
from tagline.sources.formats.annotated import AnnotatedFiles, AnnotatedText, sentences
from tagline.sources.formats.annotators import Annotation
from tagline.sources.formats.base import Format
from tagline.sources.formats.keys import Key
from tagline.sources.formats.offsets import Span, new_span
from tagline.sources.formats.sniffing import SPANS, Guess, Sample
from tagline.terminal import extra
from tagline.text.sentence import Sentence

if TYPE_CHECKING:
    from spacy.tokens import Doc


class Keys(AnnotatedFiles):
    """The entities of documents are read, or a span group."""

    format: Literal["spacy"]
    span_group: Key | None = None


def recognise(sample: Sample) -> Guess | None:
    """Guess the keys of a file."""
    return {**SPANS} if sample.path.suffix == ".spacy" else None


def read(path: Path, keys: Keys) -> Iterator[Sentence]:
    """Read a text per document."""
    return sentences(path, keys, _docs(path), _text)


def _text(row: tuple[str, Doc], keys: Keys) -> AnnotatedText:
    """A document with its tokens, except those of white space."""
    location, doc = row
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


def _docs(path: Path) -> Iterator[tuple[str, Doc]]:
    with extra("spacy", f"{path}: the format spacy"):
        from spacy.tokens import DocBin
        from spacy.vocab import Vocab
    with reading(path, problem="not a DocBin, or damaged", expected="a DocBin of spaCy"):
        docs = DocBin().from_bytes(path.read_bytes()).get_docs(Vocab())
        for number, doc in enumerate(docs, 1):
            yield f"{path}: row {number}", doc


FORMAT = Format(keys=Keys, read=read, recognise=recognise, holds="a DocBin (.spacy)")
