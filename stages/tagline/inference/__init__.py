"""Inference with an exported model.

from tagline.inference import Tagger
"""

from tagline.inference.documents import Document, Found, Mention
from tagline.inference.rendering import render
from tagline.inference.tagger import AnyTagger, Tagger
from tagline.inference.taggers import Taggers

__all__ = [
    "AnyTagger",
    "Document",
    "Found",
    "Mention",
    "Tagger",
    "Taggers",
    "documents",
    "examples",
    "opening",
    "render",
]
