"""Hand-made exports: a model that looks up its logits by sub-word, without training."""

import string
from dataclasses import replace

import numpy as np
import onnx
import torch
from helpers.architectures import config_of
from helpers.onnx_graphs import lookup
from helpers.tiny import word_piece
from transformers import BertForTokenClassification

from tagline.artifacts import exported
from tagline.artifacts.exported import GRAPHS, Exported
from tagline.labels.label_list import Labels
from tagline.metrics.expected import Constants, Reference

SPANS = Labels("ner", "spans", ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), "O")
TAGS = Labels("pos", "tags", ("ADP", "PROPN", "PUNCT", "VERB"), "PROPN")
# The label of each sub-word; the others get the first label of the list.
WORDS = {
    "ner": {"Ada": "B-PER", "Bo": "B-PER", "Lind": "I-PER", "Oslo": "B-LOC", "##lo": "I-LOC"},
    "pos": {"Ada": "PROPN", "Bo": "PROPN", "Lind": "PROPN", "Oslo": "PROPN", "lives": "VERB", "in": "ADP"},
}


def save_export(folder, labels=SPANS, seed=None, max_length=16, backend="onnx"):
    """Write an export with one backend.

    Args:
        folder: where to write.
        labels: of the task.
        seed: of random logits; None: logits by `WORDS`, in which the label has a probability of 0.9.
        max_length: of windows.
        backend: whose file to write.
    """
    tokenizer = word_piece([*WORDS["ner"], "lives", "in"])
    tokenizer.save_pretrained(folder)
    if seed is not None:
        logits = np.random.default_rng(seed).normal(size=(len(tokenizer), len(labels.names))).astype(np.float32)
    else:
        logits = np.full((len(tokenizer), len(labels.names)), np.log(0.1 / (len(labels.names) - 1)), dtype=np.float32)
        punctuation = dict.fromkeys(string.punctuation, "PUNCT")
        by_piece = {**punctuation, **WORDS["pos"]} if labels.kind == "tags" else WORDS["ner"]
        for piece, index in tokenizer.get_vocab().items():
            logits[index, labels.names.index(by_piece.get(piece, labels.names[0]))] = np.log(0.9)
    (folder / "onnx").mkdir()
    onnx.save(lookup(logits), folder / GRAPHS[backend])
    exported.write(Exported(labels, "linear", max_length, max_length // 4, 0, True), folder)
    return folder


def add_reference(folder):
    """Add to an export what scores of texts are estimated from: of test, F1 is 0.8."""
    reference = Reference(Constants(threshold=0.5, ties=0, touching=0.5, missed=1.0, entities=100), 0.8)
    exported.write(replace(exported.read(folder), reference=reference.to_json()), folder)
    return folder


def add_encoder(folder):
    """Add random weights of an encoder to an export, which then has vectors of texts too."""
    labels = exported.read(folder).labels
    torch.manual_seed(0)
    config = config_of("bert", vocab_size=200, id2label=labels.id2label, label2id=labels.label2id)
    BertForTokenClassification(config).save_pretrained(folder)
    return folder
