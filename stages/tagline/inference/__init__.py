"""Inference with an exported model, for `tagline predict` and other programs.

from tagline.inference import Tagger
"""

from tagline.inference.documents import Document, Mention
from tagline.inference.tagger import Tagger

__all__ = ["Document", "Mention", "Tagger"]
