"""The data set in data/raw: words and tag layers of each sentence, just as the source has them, in Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, load_from_disk

from tagline.artifacts.shards import ShardWriter, read
from tagline.core.errors import UserError, require
from tagline.core.terminal import printable

SPLITS = ("train", "validation", "test")
ID = "id"
WORDS = "words"

Row = Mapping[str, str | Sequence[str]]

# Words of a record batch: few enough to be held as Python strings, enough for their Arrow overhead not to matter.
BATCH_WORDS = 100_000


def write(path: Path, splits: Mapping[str, Iterable[Row]], layers: Sequence[str]) -> dict[str, int]:
    """Write sentences as a `datasets.DatasetDict`, while they are read: no split is ever held in memory.

    For each split the columns are ``id`` (string), ``words`` (list of string) and each layer (list of ClassLabel).
    The label names of a layer are those of all splits together, sorted, so that a label which only the test split
    holds has an id too. They are known at the end only: until then the tags wait in files beside the splits, as
    provisional ids.

    Args:
        path: the folder to make.
        splits: for each split its sentences, each a mapping from ``words`` and every layer to a list of strings, and
            maybe from ``id`` to a string; without it the id is ``SPLIT-N``, counted from 0.
        layers: the tag layers, in the order of their columns.

    Returns:
        The number of sentences of each split.

    Raises:
        UserError: a split has no sentences, or a sentence has more or fewer tags than words.
    """
    path.mkdir(parents=True)
    seen: dict[str, dict[str, int]] = {layer: {} for layer in layers}
    waiting = {split: path / f"{split}.waiting" for split in splits}
    for split, rows in splits.items():
        _write_waiting(waiting[split], split, rows, seen)
    names = {layer: sorted(ids) for layer, ids in seen.items()}
    features = Features(
        {
            ID: Value("string"),
            WORDS: List(Value("string")),
            **{layer: List(ClassLabel(names=names[layer])) for layer in layers},
        }
    )
    final = {layer: np.argsort(np.argsort(np.array(list(ids), dtype=object))) for layer, ids in seen.items()}
    counts = {}
    for split, file in waiting.items():
        with ShardWriter(path / split, features, split) as shards, pa.OSFile(str(file)) as source:
            for batch in pa.ipc.open_stream(source):
                tags = {layer: _map(batch[layer], final[layer]) for layer in layers}
                shards.write({ID: batch[ID], WORDS: batch[WORDS], **tags})
        file.unlink()
        counts[split] = shards.rows
    (path / "dataset_dict.json").write_text(json.dumps({"splits": list(splits)}), encoding="utf-8")
    return counts


def _write_waiting(file: Path, split: str, rows: Iterable[Row], seen: dict[str, dict[str, int]]) -> None:
    """Write the rows of a split with provisional tag ids: their places in ``seen``, which grows by what is new."""
    strings = pa.list_(pa.string())
    schema = pa.schema([(ID, pa.string()), (WORDS, strings), *((layer, pa.list_(pa.int64())) for layer in seen)])
    number = 0
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for batch in _batched(rows):
            columns = [
                pa.array([row.get(ID, f"{split}-{place}") for place, row in enumerate(batch, number)], pa.string()),
                pa.array([row[WORDS] for row in batch], strings),
            ]
            for layer, ids in seen.items():
                tags = pa.array([row[layer] for row in batch], strings)
                _check_lengths(columns[0], columns[1], tags, layer)
                encoded = tags.values.dictionary_encode()
                known = np.array([ids.setdefault(tag, len(ids)) for tag in encoded.dictionary.to_pylist()], np.int64)
                values = known[encoded.indices.to_numpy()]
                columns.append(pa.ListArray.from_arrays(tags.offsets, pa.array(values, pa.int64())))
            writer.write_batch(pa.record_batch(columns, schema=schema))
            number += len(batch)
    if not number:
        raise UserError(f"the split {split} has no sentences: expected at least one")


def _check_lengths(ids: pa.StringArray, words: pa.ListArray, tags: pa.ListArray, layer: str) -> None:
    wrong = np.flatnonzero(words.value_lengths().to_numpy() != tags.value_lengths().to_numpy())
    if len(wrong):
        row = int(wrong[0])
        raise UserError(f"sentence {ids[row]} has {len(words[row])} words, but {len(tags[row])} tags in {layer}")


def _batched(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    words = 0
    for row in rows:
        batch.append(row)
        words += max(1, len(row[WORDS]))
        if words >= BATCH_WORDS:
            yield batch
            batch, words = [], 0
    if batch:
        yield batch


def _map(tags: pa.ListArray, ids: np.ndarray) -> pa.ListArray:
    return pa.ListArray.from_arrays(tags.offsets, pa.array(ids[tags.values.to_numpy()], pa.int64()))


def load(path: Path) -> DatasetDict:
    """Read data/raw.

    Raises:
        UserError: the folder is missing, or no data set that this project wrote.
    """
    require(path, "download")
    try:
        corpus = load_from_disk(str(path))
    except (FileNotFoundError, ValueError) as error:
        raise UserError(f"{path} holds no data set ({error}): run `dvc repro download` again") from None
    if not isinstance(corpus, DatasetDict) or set(corpus) != set(SPLITS):
        raise UserError(f"{path} must hold the splits {', '.join(SPLITS)}: run `dvc repro download` again")
    return corpus


def layers(corpus: DatasetDict) -> list[str]:
    """The tag layers of a data set."""
    return [name for name in corpus["train"].column_names if name not in (ID, WORDS)]


def name_word(batch: pa.RecordBatch, place: int) -> str:
    """Say which word stands at a place among all words of a batch: its sentence, its number there, itself."""
    offsets = batch[WORDS].offsets.to_numpy()
    row = int(np.searchsorted(offsets, place, side="right")) - 1
    word = batch[WORDS].values[place].as_py()
    return f"{batch[ID][row]}, word {place - offsets[row]} ({printable(word)})"


def chunks(split: Dataset, words: int) -> Iterator[pa.RecordBatch]:
    """The rows of a split, as many at a time as have about so many words."""
    held: list[pa.RecordBatch] = []
    for batch in read(split):
        held.append(batch)
        if sum(len(each[WORDS].values) for each in held) >= words:
            yield pa.concat_batches(held)
            held = []
    if held:
        yield pa.concat_batches(held)
