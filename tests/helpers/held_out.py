"""Small data/raw, data/tokenized and results of folds, for tests of a cross-validation without a model."""

from dataclasses import replace

import pyarrow as pa
from helpers.tagged import sentences

from tagline.artifacts import predictions, raw_data
from tagline.artifacts.tokenized import WINDOW_FEATURES, sentence_features
from tagline.core.names import LEARNT
from tagline.core.outputs import write_json
from tagline.core.provenance import write_hashes
from tagline.core.shards import ShardWriter
from tagline.crossval import runner
from tagline.labels import label_list
from tagline.labels.label_list import Labels
from tagline.labels.schemes import label_names

LABELS = Labels("ner", "spans", ("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), "O")


def write_data(folder, splits, documents=None):
    """Write data/raw, data/tokenized and data/tokenized_tests without windows.

    Args:
        folder: where to write.
        splits: rows of words and labels, separated by spaces, and of an id if the sentence is not numbered.
        documents: of the sentences of some splits.
    """
    raw = {}
    for split, rows in splits.items():
        raw[split] = [{"words": row[0].split(), "ner": row[1].split()} for row in rows]
        for number, (row, content) in enumerate(zip(rows, raw[split], strict=True)):
            content["id"] = [*row[2:], f"{split}-{number}"][0]
        for document, content in zip((documents or {}).get(split, ()), raw[split], strict=False):
            content["document"] = document
    raw_data.write(folder / "raw", raw, ["ner"])
    write_hashes(folder / "raw")
    names = {name for split, rows in splits.items() if split not in LEARNT for row in rows for name in row[1].split()}
    of_tests = replace(LABELS, names=tuple(dict.fromkeys([*LABELS.names, *label_names(sorted(names))])))
    for name, labels in {"tokenized": LABELS, "tests": of_tests}.items():
        (folder / name).mkdir()
        label_list.write(labels, folder / name / "labels.json")
        for split in splits:
            if (split in LEARNT) == (name == "tokenized"):
                _write_split(folder / name, split, raw[split], labels)
        write_hashes(folder / name)
    return folder / "raw", folder / "tokenized", folder / "tests"


def _write_split(folder, split, rows, labels):
    ids = [[labels.label2id[name] for name in row["ner"]] for row in rows]
    schema = sentence_features(labels).arrow_schema
    with ShardWriter(folder / "sentences" / split, schema) as shards:
        columns = {"id": [row["id"] for row in rows], "words": [row["words"] for row in rows], "labels": ids}
        shards.write({name: pa.array(columns[name], schema.field(name).type) for name in schema.names})
    with ShardWriter(folder / "windows" / split, WINDOW_FEATURES.arrow_schema):
        pass


def write_result(folder, rows, best_epoch=1):
    """Write what is kept of a fold's training: words, gold and predicted labels by SPLIT/INDEX."""
    words, gold, predicted = zip(*rows.values(), strict=True)
    folder.mkdir(parents=True)
    predictions.write(folder, "test", sentences(gold, predicted, words=words, ids=[*rows]))
    write_json(folder / runner.SCORES, {"test": {"words_without_subwords": 1}})
    write_json(folder / runner.METRICS, {"train.best_epoch": best_epoch})
    write_hashes(folder)
