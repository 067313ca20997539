"""Exports made by hand: a model that looks its logits up by sub-word, with nothing to train and nothing to wait for."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import onnx
from helpers.tiny import word_piece
from onnx import TensorProto, helper, numpy_helper

from tagline.artifacts import exported
from tagline.artifacts.exported import GRAPHS, BackendName, Exported
from tagline.labels.label_list import Labels

SPANS = Labels("ner", "spans", ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), "O")
TAGS = Labels("pos", "tags", ("ADP", "PROPN", "PUNCT", "VERB"), "PROPN")
# The label of a word by its first sub-word; of any other sub-word it is the first one.
WORDS = {
    "ner": {"Ada": "B-PER", "Bo": "B-PER", "Lind": "I-PER", "Oslo": "B-LOC", "##lo": "I-LOC"},
    "pos": {"Ada": "PROPN", "Bo": "PROPN", "Lind": "PROPN", "Oslo": "PROPN", "lives": "VERB", "in": "ADP"},
}


def save_export(
    folder: Path, labels: Labels = SPANS, seed: int | None = None, max_length: int = 16, form: BackendName = "onnx"
) -> Path:
    """Write an export of one form.

    Args:
        folder: where.
        labels: the task's.
        seed: draw the logits; None: by `WORDS`, so that the likeliest label has a probability of 0.9.
        max_length: of its windows.
        form: which.
    """
    pieces = [*WORDS["ner"], "lives", "in"]
    tokenizer = word_piece(pieces)
    tokenizer.save_pretrained(folder)
    if seed is not None:
        logits = np.random.default_rng(seed).normal(size=(len(tokenizer), len(labels.names))).astype(np.float32)
    else:
        logits = np.full((len(tokenizer), len(labels.names)), np.log(0.1 / (len(labels.names) - 1)), dtype=np.float32)
        by_piece = (
            {**dict.fromkeys(string.punctuation, "PUNCT"), **WORDS["pos"]} if labels.kind == "tags" else WORDS["ner"]
        )
        for piece, number in tokenizer.get_vocab().items():
            logits[number, labels.names.index(by_piece.get(piece, labels.names[0]))] = np.log(0.9)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["logits"])]
    shape = ["batch", "length"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*shape, len(labels.names)])]
    graph = helper.make_graph(nodes, "lookup", inputs, outputs, [numpy_helper.from_array(logits, "table")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, folder / GRAPHS[form])
    exported.write(Exported(labels, "greedy", max_length, max_length // 4, 0, True), folder)
    return folder
