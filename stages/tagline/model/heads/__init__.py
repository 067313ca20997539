"""Classifier heads: how labels are learnt and decoded from logits. One file per head."""

from pathlib import Path

import numpy as np

from tagline.core import reading
from tagline.labels import HEAD_FILE, Labels, shared_labels
from tagline.model.heads.crf import CrfHead
from tagline.model.heads.head import Head, read_head
from tagline.model.heads.linear import LinearHead
from tagline.terminal import UserError

__all__ = ["HEADS", "continued", "load_head", "make_head"]

HEADS: dict[str, type[LinearHead] | type[CrfHead]] = {head.name: head for head in (LinearHead, CrfHead)}


def make_head(name: str, labels: Labels) -> Head:
    """Build an untrained head.

    Raises:
        UserError: the name is not a key of `HEADS`.
    """
    if name not in HEADS:
        raise UserError(f"unknown classifier head {name}; expected {', '.join(HEADS)}")
    return HEADS[name](labels)


def load_head(folder: Path, labels: Labels, made_by: str) -> Head:
    """Load the head of a trained model; linear without head.safetensors.

    Raises:
        UserError: head.safetensors is damaged, or of an unknown head or unknown labels.
    """
    name, weights = read_head(folder, made_by)
    with reading(folder / HEAD_FILE, made_by):
        return make_head(name, labels).with_weights(weights)


def continued(head: Head, folder: Path, labels: Labels) -> Head:
    """Give an untrained head the weights that a trained model has between labels of the same name.

    The head itself is returned if the model has another one; errors are those of `load_head`.
    """
    trained = load_head(folder, labels, made_by="")
    if trained.name != head.name:
        return head
    old, new = shared_labels(labels.names, head.labels.names)
    begun = {key: values.copy() for key, values in head.new_weights().items()}
    for key, values in trained.new_weights().items():
        begun[key][np.ix_(new, new)] = values[np.ix_(old, old)]
    return head.with_weights(begun)
