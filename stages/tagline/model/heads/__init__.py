"""Classifier heads: how labels are learnt from an encoder's states and chosen from scores. One file per head."""

from __future__ import annotations

from tagline.labels.label_list import Decoding, Labels
from tagline.model.heads.head import Head
from tagline.model.heads.linear import LinearHead

HEADS = {"linear": LinearHead}


def make_head(name: str, labels: Labels, decoding: Decoding = "greedy") -> Head:
    """Build the head of a name that `HEADS` has."""
    return HEADS[name](labels, decoding)
