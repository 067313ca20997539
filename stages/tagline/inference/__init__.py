"""Inference with an exported model.

from tagline.inference import Tagger
"""

from tagline.inference.documents import Document, Mention
from tagline.inference.rendering import render
from tagline.inference.tagger import Tagger

__all__ = [
    "Document",
    "Mention",
    "Tagger",
    "documents",
    "examples",
    "opening",
    "render",
]
