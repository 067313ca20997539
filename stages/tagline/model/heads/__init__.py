"""Classifier heads: how labels are learnt and decoded from logits. One file per head."""

from __future__ import annotations

from tagline.core.errors import UserError
from tagline.labels.label_list import Decoding, Labels
from tagline.model.heads.head import Head
from tagline.model.heads.linear import LinearHead

HEADS = {LinearHead.name: LinearHead}


def make_head(name: str, labels: Labels, decoding: Decoding = "greedy") -> Head:
    """Build a head.

    Args:
        name: a key of `HEADS`.
        labels: the task's label list.
        decoding: how labels are chosen.

    Raises:
        UserError: there is no such head.
    """
    if name not in HEADS:
        raise UserError(f"unknown classifier head {name}; expected {', '.join(HEADS)}")
    return HEADS[name](labels, decoding)
