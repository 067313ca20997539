"""Small data/tokenized folders and outputs of folds, for tests of folds without a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tagline.artifacts import raw_data
from tagline.artifacts.tokenized import WINDOW_FEATURES, Windowing, sentence_features, write_windowing
from tagline.core.names import LEARNT
from tagline.core.provenance import write_hashes
from tagline.core.shards import ShardWriter
from tagline.labels import label_list
from tagline.labels.label_list import Labels
from tagline.labels.schemes import label_names
from tagline.labels.tagged import TaggedSentences
from tagline.tokenization.unlabelled import write_unlabelled

NAMES = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
LABELS = Labels("ner", "spans", NAMES, "O")

Row = tuple[str, ...]
"""The words and the label names of a sentence, separated by spaces, and its id if it is not numbered."""


def write_tokenized(folder: Path, splits: dict[str, Sequence[Row]], labels: Labels = LABELS) -> Path:
    """Write sentences with one window per two words, whose only sub-word id is a number of the sentence and window."""
    folder.mkdir(parents=True)
    label_list.write(labels, folder / "labels.json")
    write_windowing(Windowing("0" * 64, True, True, 8, 2, 0), folder)
    for split, rows in splits.items():
        words = [row[0].split() for row in rows]
        ids = [[labels.label2id[name] for name in row[1].split()] for row in rows]
        sentences = [
            {"id": [*rows[number][2:], f"{split}-{number}"][:1], "words": [of_words], "labels": [of_labels]}
            for number, (of_words, of_labels) in enumerate(zip(words, ids, strict=True))
        ]
        pairs = [(row, word) for row, of_words in enumerate(words) for word in range(0, len(of_words), 2)]
        windows = {"sentence": [row for row, _ in pairs], "input_ids": [[100 * row + word] for row, word in pairs]}
        windows |= {"word_ids": [[word] for _, word in pairs], "labels": [[ids[row][word]] for row, word in pairs]}
        _write(folder / "sentences" / split, sentence_features(labels).arrow_schema, sentences)
        _write(folder / "windows" / split, WINDOW_FEATURES.arrow_schema, [windows])
    write_hashes(folder)
    return folder


def write_both(
    folder: Path, splits: Mapping[str, Sequence[Row]], documents: Mapping[str, Sequence[str]] | None = None
) -> tuple[Path, Path]:
    """Write data/tokenized and data/tokenized_tests; the documents of sentences are known in splits that have some."""
    tokenized = write_tokenized(folder / "tokenized", {split: splits[split] for split in splits if split in LEARNT})
    of_tests = {split: splits[split] for split in splits if split not in LEARNT}
    used = {name for rows in of_tests.values() for row in rows for name in row[1].split()}
    labels = replace(LABELS, names=tuple(dict.fromkeys([*NAMES, *label_names(sorted(used))])))
    tests = write_tokenized(folder / "tests", of_tests, labels)
    raw: dict[str, list[dict[str, Any]]] = {}
    for split, rows in splits.items():
        raw[split] = [{"words": row[0].split(), **dict(zip(["id"], row[2:], strict=False))} for row in rows]
        for row, document in zip(raw[split], (documents or {}).get(split, ()), strict=False):
            row["document"] = document
    raw_data.write(folder / "raw", raw, [])
    write_unlabelled(raw_data.load(folder / "raw"), tests, LABELS)
    write_hashes(tests)
    return tokenized, tests


def _write(folder: Path, schema: pa.Schema, batches: Sequence[dict[str, list[Any]]]) -> None:
    with ShardWriter(folder, schema) as shards:
        for columns in batches:
            shards.write({name: pa.array(columns[name], schema.field(name).type) for name in schema.names})


def chunk(
    rows: Sequence[tuple[str, str, str]], sure: float = 0.9, labels: Labels = LABELS
) -> tuple[TaggedSentences, np.ndarray]:
    """Sentences of words, gold and predicted labels; the model gives the predicted label a probability, others the rest."""
    words, gold, predicted = ([row[side].split() for row in rows] for side in range(3))
    flat_gold, flat = (np.array([labels.label2id[name] for row in side for name in row]) for side in (gold, predicted))
    probabilities = np.full((len(flat), len(labels.names)), (1 - sure) / (len(labels.names) - 1), np.float32)
    probabilities[np.arange(len(flat)), flat] = sure
    ids = [f"train-{number}" for number in range(len(rows))]
    scores = probabilities[np.arange(len(flat)), flat]
    return TaggedSentences(labels, list(map(len, words)), flat, scores, flat_gold, ids, words), probabilities
