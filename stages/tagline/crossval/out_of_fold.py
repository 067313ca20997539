"""The folders data/crossval/folds/FOLD: how a model labels the sentences of a fold, on which it was not trained.

SPLIT.parquet       one row per sentence: id, words, gold (of test null: its labels may change), predicted (label
                    names), probabilities (for each word those of all labels, in the order of the label list; 0 for a
                    word without sub-words)
provenance.json     the label list and how the model was made
hashes.json         the SHA-256 of each file
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tagline.artifacts.tokenized import Split, column, load_split, splits
from tagline.core import HASHES, PROVENANCE, read_json, sha256, verify, write_hashes, write_json
from tagline.crossval.crossval_params import CROSSVAL_PARAMS, Crossval
from tagline.labels import AnyInts, Floats, Labels, TaggedSentences, label_list
from tagline.terminal import UserError

Chunk = tuple[TaggedSentences, Floats]
"""Sentences with gold labels, and the probabilities of all labels of their words, float32 (words, labels)."""

# Sentences that are read at a time.
BATCH = 1024


def write(path: Path, labels: Labels, chunks: Iterable[Chunk]) -> None:
    """Write the sentences of a split, a chunk at a time."""
    names = pa.array(labels.names, pa.string())
    # Errors of Python's files have numbers, by which a full disk is recognised.
    with path.open("wb") as file, pq.ParquetWriter(file, _schema(labels)) as writer:
        for sentences, probabilities in chunks:
            offsets = pa.array(sentences.offsets, pa.int32())
            gold = pa.nulls(len(sentences), pa.list_(pa.string()))
            if sentences.gold is not None:
                gold = pa.ListArray.from_arrays(offsets, names.take(pa.array(sentences.gold)))
            predicted = names.take(pa.array(sentences.predicted))
            of_words = pa.FixedSizeListArray.from_arrays(pa.array(probabilities.ravel()), len(names))
            columns = [
                pa.array(sentences.ids, pa.string()),
                pa.array(sentences.words, pa.list_(pa.string())),
                gold,
                pa.ListArray.from_arrays(offsets, predicted),
                pa.ListArray.from_arrays(offsets, of_words),
            ]
            writer.write_batch(pa.record_batch(columns, schema=_schema(labels)))


def read(path: Path, labels: Labels, test: Split | None = None) -> Iterator[Chunk]:
    """Yield the sentences of a split, a chunk at a time; the score of a word is the probability of its predicted label.

    Args:
        path: the Parquet file.
        labels: the label list of its folder, whose hashes `read_provenance` has verified; or that of ``test``, whose
            further labels have the probability 0.
        test: has the gold labels of sentences that are there without.
    """
    names = pa.array(labels.names, pa.string())

    def index(of_words: pa.ListArray) -> AnyInts:
        return pc.index_in(of_words.flatten(), value_set=names).to_numpy()

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            predicted = index(batch["predicted"])
            probabilities = batch["probabilities"].flatten().flatten().to_numpy().reshape(len(predicted), -1)
            probabilities = np.pad(probabilities, [(0, 0), (0, len(names) - probabilities.shape[1])])
            sentences = TaggedSentences(
                labels,
                lengths=batch["words"].value_lengths().to_pylist(),
                predicted=predicted,
                scores=probabilities[np.arange(len(predicted)), predicted],
                gold=_gold_in(test, batch) if test and batch["gold"].null_count else index(batch["gold"]),
                ids=batch["id"].to_pylist(),
                words=batch["words"].to_pylist(),
            )
            yield sentences, probabilities


def _gold_in(test: Split, batch: pa.RecordBatch) -> AnyInts:
    """The gold labels of sentences of test, int64 (words,)."""
    rows = pc.index_in(batch["id"], value_set=column(test.sentences, "id").combine_chunks())
    return pc.list_flatten(column(test.sentences, "labels").take(rows)).to_numpy()


def write_provenance(folder: Path, labels: Labels, made_of: dict[str, Any]) -> None:
    """Write the label list, how the model was made, and the hashes; the splits are written before."""
    write_json(folder / PROVENANCE, {**made_of, "labels": label_list.to_json(labels)})
    write_hashes(folder)


def read_provenance(folder: Path, made_by: str) -> tuple[Labels, dict[str, Any]]:
    """Check the files of a folder, and read the label list and how the model was made.

    Raises:
        UserError: a file is missing or damaged.
    """
    verify(folder, made_by)
    content = read_json(folder / PROVENANCE, made_by)
    return label_list.parse(content.pop("labels")), content


@dataclass(frozen=True)
class FoldOutput:
    """The output of a fold: its folder, the label list of gold, how it was made, and test with its gold labels."""

    folder: Path
    labels: Labels
    made_of: dict[str, Any]
    test: Split | None = None

    def chunks(self, split: str) -> Iterator[Chunk]:
        """Yield the held-out sentences of a split."""
        path = self.folder / f"{split}.parquet"
        if path.exists():  # of a small split, no sentence may be in the fold
            yield from read(path, self.labels, self.test)


def load_test(tests: Path) -> Split | None:
    """Load test with its gold labels from data/tokenized_tests, if there is one."""
    return load_split(tests, "test") if "test" in splits(tests) else None


def read_folds(folder: Path, params: Crossval, tokenized: Path, tests: Path) -> list[FoldOutput]:
    """Check the outputs of all folds and how they were made.

    Args:
        folder: with a folder for each fold.
        params: of the folds.
        tokenized: data/tokenized, of which the folds were made.
        tests: data/tokenized_tests, which has the gold labels of test.

    Raises:
        UserError: a folder is missing or damaged, or a fold was made with other params or other data.
    """
    folds: list[FoldOutput] = []
    verify(tokenized, "tokenize-align")
    verify(tests, "tokenize-align")
    test = load_test(tests)
    made_of_now = {"tokenized": tokenized, "unlabelled": tests / "unlabelled"}
    for number in params.folds:
        of_fold = folder / str(number)
        made_by = f"crossval/dvc.yaml:fold@{number}"
        labels, made_of = read_provenance(of_fold, made_by)
        if made_of["crossval"] != params.model_dump():
            raise UserError(
                f"{of_fold}: made with other params; expected those of {CROSSVAL_PARAMS}; run `dvc repro {made_by}`"
            )
        for key, path in made_of_now.items():
            if made_of[key] != sha256(path / HASHES):
                raise UserError(f"{of_fold}: made of other data than {path}; run `dvc repro crossval/dvc.yaml`")
        folds.append(FoldOutput(of_fold, test.labels if test else labels, made_of, test))
        if made_of["train"] != folds[0].made_of["train"]:
            raise UserError(
                f"{of_fold}: made with other train params than {folds[0].folder}; run `dvc repro crossval/dvc.yaml`"
            )
    return folds


def _schema(labels: Labels) -> pa.Schema:
    lists = {name: pa.list_(pa.string()) for name in ("words", "gold", "predicted")}
    lists["probabilities"] = pa.list_(pa.list_(pa.float32(), len(labels.names)))
    return pa.schema({"id": pa.string(), **lists})
