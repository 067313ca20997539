"""Folds: which sentences are held out together, and which of the others a model may learn from.

The folder data/crossval/division, which changes with no label of test:

folds/SPLIT/00000.arrow     number (of the fold that holds the sentence out; `REPEATED`: none), unlearnt (the folds that
                            do not learn from it): a row per sentence
sentences/test, windows/test    as in data/tokenized_tests, but without labels: -1 and -100
provenance.json             the params of the division
hashes.json                 the SHA-256 of each file

The data of a fold is a folder like data/tokenized with the sentences that a model learns from, and those held out.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tagline.artifacts import raw_data
from tagline.artifacts.raw_data import COPY
from tagline.artifacts.tokenized import COPIES, WINDOW_FEATURES, load_labels, sentence_features, splits
from tagline.core import LEARNT, PROVENANCE, SPLITS, read_json, shards, verify, write_hashes, write_json
from tagline.crossval.crossval_params import Crossval
from tagline.crossval.folding import Folding, Group, division
from tagline.labels.entities import is_outside
from tagline.labels.windows import IGNORED, Ints
from tagline.sources.splitting import drawn_number
from tagline.terminal import UserError

Mask = npt.NDArray[np.bool_]
# The number of a sentence that is there again, since its source is repeated: it is labelled once.
REPEATED = -1
_DIVISION = pa.schema({"number": pa.int32(), "unlearnt": pa.list_(pa.int32())})
# The label of a word without one, as in `datasets`.
_NO_LABEL = -1


def fold_of(words: Sequence[str], seed: int, folds: int) -> int:
    """Draw the fold of a sentence or a document, from 1, from a hash of its words and the seed.

    Equal sentences are in one fold, or a model would learn the label that it is asked about. Other sentences have no
    effect. `sources.splitting.draw` with the same seed draws independently.
    """
    return drawn_number(["fold", seed, *words]) % folds + 1


class Division:
    """Divides the sentences of data/tokenized and data/tokenized_tests into folds.

    Args:
        folding: the division.
        tokenized: data/tokenized.
        tests: data/tokenized_tests.
        raw: data/raw, which knows the documents; read only if they are held out.

    Raises:
        UserError: the labels of some words are unknown; a fold has no sentence to hold out, or no entity that is
            scored; a model would have no sentence to be chosen by; or sentences without documents are grouped by
            document.
    """

    def __init__(self, folding: Folding, tokenized: Path, tests: Path, raw: Path) -> None:
        self.folding = folding
        self.folders = {split: tokenized if split in LEARNT else tests for split in folding.splits}
        self.raw = raw
        self.labels = load_labels(tokenized)
        if folding.group == "document" and not raw_data.load(raw).has_documents("train"):
            raise UserError(
                f"{folding.section}.group: document needs documents of several sentences, but {raw} has none in train; "
                "set it to sentence"
            )
        self._with_entity: set[int] = set()
        # The folds that hold out a sentence with these words, which must not be learnt there.
        self._texts: defaultdict[int, set[int]] = defaultdict(set)
        self.folds = {split: self._read(split) for split in folding.splits}
        self._check()

    def _read(self, split: str) -> Ints:
        """The fold of each sentence, int64 (sentences,), of which is noted what it holds out."""
        numbers = self._draw(split)
        ids = np.arange(len(self.labels.names))
        inside = set(ids[~is_outside(ids, self.labels)].tolist())
        for number, (words, labels) in zip(numbers.tolist(), self._sentences(split), strict=True):
            if max(labels, default=0) >= len(ids):
                raise UserError(
                    f"{self.folders[split]}: words of unknown label; folds need the gold label of each word, to "
                    "compare it with that of a model; expected data in which all words are annotated"
                )
            if not inside.isdisjoint(labels):
                self._with_entity.add(number)
            self._texts[hash(tuple(words))].add(number)
        return numbers

    def _draw(self, split: str) -> Ints:
        """Draw the fold of each sentence, int64 (sentences,)."""
        count = len(self.folding.folds)
        groups: Iterator[list[list[str]]] = ([words] for words, _ in self._sentences(split))
        if self.folding.group == "document":
            groups = self._documents(split)
        numbers: list[int] = []
        for group in groups:
            numbers += [fold_of([*chain.from_iterable(group)], self.folding.seed, count)] * len(group)
        return np.array(numbers, np.int64)

    def _documents(self, split: str) -> Iterator[list[list[str]]]:
        """Yield the words of the sentences of each document; data/raw has the sentences in the same order."""
        numbers = raw_data.load(self.raw).documents(split).tolist()
        words = (words for words, _ in self._sentences(split))
        for _, rows in groupby(zip(numbers, words, strict=True), key=lambda row: row[0]):
            yield [words for _, words in rows]

    def _sentences(self, split: str) -> Iterator[tuple[list[str], list[int]]]:
        """Yield the words and label ids of each sentence."""
        for batch in shards.read_batches(self.folders[split] / "sentences" / split):
            yield from zip(batch["words"].to_pylist(), batch["labels"].to_pylist(), strict=True)

    def _check(self) -> None:
        """Check what all folds hold out, before many trainings."""
        for number in self.folding.folds:
            if not (self.folds["train"] == number).any():
                raise lacking(self.folding, number, "sentence of train to hold out")
            if "validation" in self.folds and (self.folds["validation"] == number).all():
                raise lacking(self.folding, number, "sentence to choose the epoch by")
            if number not in self._with_entity:
                raise lacking(self.folding, number, "entity to hold out")

    def write(self, target: Path) -> None:
        """Write data/crossval/division."""
        for split, numbers in self.folds.items():
            with shards.ShardWriter(target / "folds" / split, _DIVISION) as writer:
                first = 0
                for batch in shards.read_batches(self.folders[split] / "sentences" / split):
                    of_batch = numbers[first : first + batch.num_rows]
                    writer.write(self._columns(split, batch, of_batch))
                    first += batch.num_rows
        if "test" in self.folds:
            _write_unlabelled(self.folders["test"] / "sentences/test", target / "sentences/test", _NO_LABEL)
            _write_unlabelled(self.folders["test"] / "windows/test", target / "windows/test", IGNORED)
        write_json(target / PROVENANCE, division(self.folding.params))
        write_hashes(target)

    def _columns(self, split: str, batch: pa.RecordBatch, numbers: Ints) -> dict[str, pa.Array]:
        """The columns of `_DIVISION` of a batch of sentences, whose folds are given."""
        labelled_by: list[int] = []
        unlearnt: list[list[int]] = []
        for row, number in zip(batch.to_pylist(), numbers.tolist(), strict=True):
            labelled_by.append(REPEATED if COPY.match(row["id"]) else number)
            apart = {number}
            if split == "train":  # documents can share sentences; equal sentences alone are in one fold already
                apart |= self._texts[hash(tuple(row["words"]))]
            unlearnt.append(sorted(apart))
        return {"number": pa.array(labelled_by, pa.int32()), "unlearnt": pa.array(unlearnt, pa.list_(pa.int32()))}


def _write_unlabelled(source: Path, target: Path, label: int) -> None:
    """Copy sentences or windows with one label, which stands for none, in place of theirs."""
    schema = next(shards.read_batches(source)).schema
    with shards.ShardWriter(target, schema) as writer:
        for batch in shards.read_batches(source):
            labels = batch["labels"]
            none = pa.array(np.full(len(labels.values), label), labels.type.value_type)
            columns = {name: batch[name] for name in schema.names}
            writer.write(columns | {"labels": pa.ListArray.from_arrays(labels.offsets, none, labels.type)})


class Fold:
    """The roles of all sentences in one fold.

    Args:
        number: of the fold, from 1.
        folding: the division.
        tokenized: data/tokenized.
        divided: data/crossval/division, whose hashes the caller has verified.

    Attributes:
        held_out: for each split of the division, whether a sentence is held out, bool (sentences,).
        learnable: for train, whether the model learns from a sentence; for validation, whether it helps to choose the
            epoch, bool (sentences,).

    Raises:
        UserError: the division was made with other params, or the model would have no sentence to learn from.
    """

    def __init__(self, number: int, folding: Folding, tokenized: Path, divided: Path) -> None:
        self.number = number
        self.folding = folding
        self.tokenized = tokenized
        self.divided = divided
        self.labels = load_labels(tokenized)
        made_by = f"{folding.section}/dvc.yaml:divide"
        if read_json(divided / PROVENANCE, made_by) != division(folding.params):
            raise UserError(
                f"{divided}: made with other params; expected those of {folding.file}; run `dvc repro {made_by}`"
            )
        self.held_out: dict[str, Mask] = {}
        self.learnable: dict[str, Mask] = {}
        for split in LEARNT:
            of_split = shards.read_batches(tokenized / "sentences" / split)
            self.learnable[split] = np.ones(sum(batch.num_rows for batch in of_split), bool)
        for split in folding.splits:
            rows = pa.Table.from_batches(shards.read_batches(divided / "folds" / split)).combine_chunks()
            self.held_out[split] = rows["number"].to_numpy() == number
            if split in LEARNT:
                is_apart = pc.list_flatten(rows["unlearnt"]).to_numpy() == number
                self.learnable[split][pc.list_parent_indices(rows["unlearnt"]).to_numpy()[is_apart]] = False
        if not self.learnable["train"].any():
            raise lacking(folding, number, "sentence to learn from")

    def folder(self, split: str) -> Path:
        """Where the sentences and windows of a split are; those of test have no labels."""
        return self.tokenized if split in LEARNT else self.divided

    @property
    def numbers(self) -> dict[str, Any]:
        """The numbers of sentences: held out by split, and of train those that are learnt from and all."""
        held_out = {split: int(mask.sum()) for split, mask in self.held_out.items()}
        learnable = self.learnable["train"]
        return {"held_out": held_out, "learnt": int(learnable.sum()), "train": len(learnable)}

    def message(self) -> str:
        """The numbers of sentences in one line."""
        held_out = ", ".join(f"{number:,} of {split}" for split, number in self.numbers["held_out"].items())
        learnt = self.numbers["learnt"]
        train = self.numbers["train"]
        return (
            f"fold {self.number} of {len(self.folding.folds)}: {held_out} held out; {learnt:,} of {train:,} sentences "
            f"of train ({learnt / train:.0%}) are left to learn from"
        )


def lacking(folding: Folding, number: int, lacking: str) -> UserError:
    """The error of a fold that lacks something."""
    group = "" if folding.group == "sentence" else ", or group: sentence"
    return UserError(
        f"{folding.file}: fold {number} of {len(folding.folds)} has no {lacking}; expected at least one; use fewer "
        f"folds or another seed{group}"
    )


def folding_of(params: Crossval, tokenized: Path, tests: Path, raw: Path) -> Folding:
    """Divide train, validation and test; by document only if documents are known.

    Raises:
        UserError: data/raw is missing or damaged.
    """
    group: Group = "sentence"
    if params.group == "document":
        verify(raw, "download")
        if raw_data.load(raw).has_documents("train"):
            group = "document"
    found = [*splits(tokenized), *splits(tests)]
    return Folding("crossval", params, params.folds, [split for split in SPLITS if split in found], group, params.seed)


def folding_in(params: Crossval, divided: Path) -> Folding:
    """How data/crossval/division, whose hashes are verified here, was divided.

    Raises:
        UserError: it is missing or damaged.
    """
    verify(divided, "crossval/dvc.yaml:divide")
    of_splits = [split for split in SPLITS if (divided / "folds" / split).is_dir()]
    return Folding("crossval", params, params.folds, of_splits, params.group, params.seed)


def held_out_name(split: str) -> str:
    """The name of the held-out part of a split."""
    return f"{split}-held-out"


def splits_held_out(folder: Path) -> list[str]:
    """The splits that have a held-out part in a fold's folder, in the order of the pipeline."""
    return [split for split in SPLITS if (folder / "sentences" / held_out_name(split)).is_dir()]


def write_data(fold: Fold, target: Path) -> None:
    """Write the data of a fold, a batch at a time.

    Args:
        fold: the roles of the sentences.
        target: the folder to make; its splits are train, validation, and the held-out part of each split of the
            division that has one.
    """
    target.mkdir()
    for name in ("labels.json", PROVENANCE):
        shutil.copyfile(fold.tokenized / name, target / name)
    for split, mask in fold.learnable.items():
        _copy_sentences(fold, split, mask, target / "sentences" / split)
        _copy_windows(fold.tokenized, split, mask, target / "windows" / split)
    for copies in COPIES:
        if (fold.tokenized / "windows" / copies).is_dir():
            _copy_windows(fold.tokenized, copies, fold.learnable["train"], target / "windows" / copies)
    for split, mask in fold.held_out.items():
        if mask.any():
            _copy_sentences(fold, split, mask, target / "sentences" / held_out_name(split))
            _copy_windows(fold.folder(split), split, mask, target / "windows" / held_out_name(split))
    write_hashes(target)


def _copy_sentences(fold: Fold, split: str, mask: Mask, target: Path) -> None:
    """Copy the sentences of a split that a mask selects."""
    first = 0
    with shards.ShardWriter(target, sentence_features(fold.labels).arrow_schema) as writer:
        for batch in shards.read_batches(fold.folder(split) / "sentences" / split):
            _write(writer, batch, mask[first : first + batch.num_rows])
            first += batch.num_rows


def _copy_windows(folder: Path, name: str, mask: Mask, target: Path) -> None:
    """Copy the windows of the sentences that a mask selects; they get new numbers."""
    # Mask 0 1 1: the second sentence becomes sentence 0, the third sentence 1.
    renumbered = np.cumsum(mask, dtype=np.int32) - np.int32(1)
    with shards.ShardWriter(target, WINDOW_FEATURES.arrow_schema) as writer:
        for batch in shards.read_batches(folder / "windows" / name):
            owner = batch["sentence"].to_numpy()
            _write(writer, batch, mask[owner], sentence=pa.array(renumbered[owner]))


def _write(writer: shards.ShardWriter, batch: pa.RecordBatch, mask: Mask, **replaced: pa.Array) -> None:
    """Write the rows of a batch that a mask selects, with some columns replaced."""
    if mask.any():
        columns = {name: batch[name] for name in batch.schema.names} | replaced
        writer.write({name: column.filter(pa.array(mask)) for name, column in columns.items()})
