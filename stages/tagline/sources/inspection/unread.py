"""Layouts that no format reads, known by how a file begins, each with what to write instead."""

import re

from tagline.sources.formats.sniffing import Sample
from tagline.terminal import UserError

_SPANS = 'texts with spans: {"text": "Ada lives.", "spans": [{"start": 0, "end": 3, "label": "PER"}]} (format spans)'
_MENTIONS = 'texts with their entities: {"text": "Ada lives.", "entities": {"PER": ["Ada"]}} (format mentions)'
_COLUMNS = "a word and its tag per line, an empty line after each sentence (format conll)"
# What the first line begins with, or for JSON the text.
_LAYOUTS = (
    (re.compile(r"\S+\|[ta]\|"), "PubTator", _SPANS),
    (re.compile(r"#begin document\b"), "CoNLL-2012", _COLUMNS),
    (re.compile(r"[^\t]*\S\s*####\s*\S"), "a sentence and its labels with #### between", _MENTIONS),
    (re.compile(r"\S+<=>\S+"), "words and tags with <=> between", _COLUMNS),
    (re.compile(r".*\[\[\w+\|[^\[\]|]+\]\]"), "tags inside the text ([[TYPE|name]])", _MENTIONS),
    (re.compile(r'\s*\{[^\[\]]*"documents"\s*:\s*\[[^\[\]]*"passages"', re.DOTALL), "BioC", _SPANS),
    (
        re.compile(r'\s*\{\s*"classes"\s*:\s*\[[^\]]*\],\s*"annotations"\s*:\s*\[', re.DOTALL),
        "tuples of spaCy, as NER Annotator writes them",
        "a DocBin of spaCy (format spacy), or " + _SPANS,
    ),
)


def refuse(sample: Sample) -> None:
    """Raise a `UserError` if a file begins as one of these layouts does."""
    text = sample.text.lstrip()
    for beginning, name, instead in _LAYOUTS:
        if beginning.match(text):
            raise UserError(f"{sample.path}: {name}, which no format reads; convert it to {instead}; docs/data.md")
