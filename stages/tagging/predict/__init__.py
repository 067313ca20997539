"""Predict: what `predict.py` and your own programs do with an exported model.

from tagging.predict import Tagger
"""

from tagging.predict.answers import Answer, Mention
from tagging.predict.documents import Document
from tagging.predict.tagger import Tagger

__all__ = ["Answer", "Document", "Mention", "Tagger"]
