"""Predict: what `predict.py` and your own programs do with an exported model.

from tagline.inference import Tagger
"""

from tagline.inference.answers import Answer, Mention
from tagline.inference.documents import Document
from tagline.inference.tagger import Tagger

__all__ = ["Answer", "Document", "Mention", "Tagger"]
